//! The rules of links.

use crate::check::rules::{Default, Rule};

pub const RULES: &[Rule] = &[
    Rule::new(
        "link/missing-page",
        Default::Internal,
        ("Links to pages that do not exist", "链接指向不存在的页面"),
        ("Correct the address, or remove the link.", "请改正链接地址，或删去链接。"),
    ),
    Rule::new(
        "link/missing-file",
        Default::Internal,
        ("Pictures, attachments and other files that do not exist", "图片、附件等文件不存在"),
        ("Put the file where the link expects it, or correct the link.", "请把文件放到链接所指的位置，或改正链接。"),
    ),
    Rule::new(
        "link/anchor",
        Default::Internal,
        ("Links to a place that the page does not have", "链接指向页面里不存在的位置"),
        ("Link to a heading that exists, or to the page as a whole.", "请链接到存在的标题，或只链接到页面。"),
    ),
    Rule::new(
        "link/anchor-case",
        Default::Told,
        ("Links to a place whose capitals differ", "链接位置的大小写不一致"),
        ("Write it with the same capitals.", "请按原样的大小写来写。"),
    ),
    Rule::new(
        "link/case",
        Default::Error,
        ("Addresses whose capitals differ from the file", "地址的大小写与文件不一致"),
        (
            "Write the address exactly as the file is named; it works on Windows but not on most servers.",
            "请按文件名的大小写来写：在 Windows 上看起来正常，放到服务器上就打不开。",
        ),
    ),
    Rule::new(
        "link/base-path",
        Default::Error,
        ("Links that leave the site by mistake", "链接误指到网站之外"),
        ("Write the link relative to the page.", "请改用相对地址。"),
    ),
    Rule::new(
        "link/unpublished",
        Default::Error,
        ("Links to drafts and pages that are not published now", "链接指向草稿或尚未发布的页面"),
        ("Publish the page, or remove the link until then.", "请发布那个页面，或暂时删去链接。"),
    ),
    Rule::new(
        "markdown/unpublished-link",
        Default::Told,
        ("Links to pages that are not published now, shown as text", "指向未发布页面的链接，暂时显示为文字"),
        ("Nothing has to be done if that is meant.", "如果本意如此，不用处理。"),
    ),
    Rule::new(
        "link/empty",
        Default::Warning,
        ("Links and pictures without an address", "链接或图片没有地址"),
        ("Write the address, or remove the link.", "请补上地址，或删去链接。"),
    ),
    Rule::new(
        "link/invalid",
        Default::Error,
        ("Addresses that are none", "写错的地址"),
        ("Correct the address.", "请改正地址。"),
    ),
    Rule::new(
        "link/redirect",
        Default::Warning,
        ("Links to addresses that only lead on", "链接指向只做跳转的旧地址"),
        ("Link to the new address.", "请直接链接到新地址。"),
    ),
    Rule::new(
        "link/redirect-broken",
        Default::Error,
        ("Old addresses that lead nowhere or in circles", "旧地址的跳转失效或绕圈"),
        ("Correct `aliases` or `redirect_to`.", "请改正 `aliases` 或 `redirect_to`。"),
    ),
    Rule::new(
        "link/redirect-chain",
        Default::Warning,
        ("Old addresses that lead on in several steps", "要跳转多次的旧地址"),
        ("Let them lead to the last address at once.", "请直接跳转到最后的地址。"),
    ),
    Rule::new(
        "link/double-slash",
        Default::Warning,
        ("Addresses with two slashes in a row", "地址里有两个连在一起的斜杠"),
        ("Take one of the slashes away.", "请去掉一个斜杠。"),
    ),
    Rule::new(
        "link/orphan",
        Default::Warning,
        ("Pages that no link leads to", "没有任何链接能到达的页面"),
        ("Put the page into a section, or link to it.", "请把页面放进栏目，或在别处链接到它。"),
    ),
    Rule::new(
        "link/feed",
        Default::Error,
        ("Feeds and sitemaps that name missing pages", "订阅源或站点地图里有不存在的页面"),
        ("Correct the template of the feed.", "请改正订阅源的模板。"),
    ),
    Rule::new(
        "link/malformed-feed",
        Default::Error,
        ("Feeds and sitemaps that programs cannot read", "程序无法读取的订阅源或站点地图"),
        ("Correct the template of the feed.", "请改正订阅源的模板。"),
    ),
];
