//! Links to other sites, followed: each address once, each host gently, good answers remembered for some days.

mod cache;
mod fetch;
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use url::{Host, Url};

use super::links::{Use, at, shorten};
use super::rules::{Default, Group, Rule, finding};
use super::{Context, Facts, Found};
use crate::config::glob_set;
use crate::diagnostic::{Diagnostic, Text};
use crate::text;

use cache::Cache;
pub use fetch::Outcome;

pub const GROUP: Group = Group { rules: RULES, site: Some(of_site), ..Group::NONE };

const RULES: &[Rule] = &[
    Rule::new(
        "link/external",
        Default::External,
        ("Links to other sites that do not work", "打不开的外部链接"),
        ("Find the new address, or remove the link.", "请换成新的地址，或删去链接。"),
    ),
    Rule::new(
        "link/external-anchor",
        Default::External,
        ("Links to a place that a page of another site does not have", "外部链接指向对方页面里不存在的位置"),
        ("Take away `#` and what follows it, or find the new place.", "请去掉 `#` 及其后的部分，或找到新的位置。"),
    ),
    Rule::new(
        "link/external-refused",
        Default::Warning,
        ("Links that other sites do not let programs follow", "对方网站不让程序检查的链接"),
        (
            "Open the link in a browser; if it works, nothing has to be done.",
            "请在浏览器里打开看看；能打开就不用处理。",
        ),
    ),
    Rule::new(
        "link/external-moved",
        Default::Off,
        ("Links to pages of other sites that have moved for good", "对方网站已经永久搬走的页面"),
        ("Link to the new address.", "请改用新的地址。"),
    ),
    Rule::new(
        "link/local",
        Default::Error,
        ("Links to computers that readers cannot reach", "链接指向读者打不开的本机或内网地址"),
        ("Put the file into the site and link to it there.", "请把文件放进网站，再链接过去。"),
    ),
];

/// The pages that name an address: file behind the page, address of the page.
type Named = BTreeSet<(Option<String>, String)>;

fn of_site(context: &Context, facts: &Facts, found: &mut Found) {
    let config = &context.site.config;
    let checker = &config.link_checker;
    let ignored = glob_set("link_checker.ignored_files", &checker.ignored_files).unwrap_or_default();
    let mut named: BTreeMap<&str, Named> = BTreeMap::new();
    for file in facts.files.values() {
        let is_ignored = file.source.as_deref().is_some_and(|source| {
            ignored.is_match(source) || source.strip_prefix("content/").is_some_and(|source| ignored.is_match(source))
        });
        if is_ignored {
            continue;
        }
        for (of, address) in &file.external {
            // Search engines and feed readers follow relations, and `preconnect` names no page.
            if matches!(of, Use::Relation | Use::Extra) {
                continue;
            }
            named.entry(address).or_default().insert((file.source.clone(), file.address.clone()));
        }
    }
    let mut wanted = Vec::new();
    for (address, pages) in &named {
        if checker.skip_prefixes.iter().any(|prefix| address.starts_with(prefix.as_str())) {
            continue;
        }
        if found.wants("link/local") && is_local(address) {
            let shown = shorten(address);
            let local = || {
                finding("link/local", text!("`{shown}` is on this computer or its network", "`{shown}` 在本机或内网里"))
                    .help(text!("put the file into the site and link to it there", "请把文件放进网站，再链接过去"))
            };
            push(context, address, pages, &local, found);
        } else {
            wanted.push(*address);
        }
    }
    if !context.options.external || !(found.wants("link/external") || found.wants("link/external-anchor")) {
        return;
    }
    let settings = &config.check.external;
    let mut cache = Cache::read(&context.site.root, settings.cache_days);
    let (known, open): (Vec<&str>, Vec<&str>) = wanted.into_iter().partition(|address| cache.knows(address));
    let with_anchor = |address: &str| {
        !checker.skip_anchor_prefixes.iter().any(|prefix| address.starts_with(prefix.as_str()))
            && found.wants("link/external-anchor")
    };
    let mut outcomes: BTreeMap<&str, Outcome> = known.into_iter().map(|address| (address, Outcome::Good)).collect();
    outcomes.extend(queue::ask(&open, settings, &with_anchor));
    for (address, outcome) in &outcomes {
        let works = matches!(outcome, Outcome::Good | Outcome::Moved(_));
        if works && (*outcome == Outcome::Good || !found.wants("link/external-moved")) {
            cache.remember(address);
        } else if let Some(pages) = named.get(address) {
            push(context, address, pages, &|| describe(address, outcome), found);
        }
    }
    // A cache that cannot be written costs time only.
    let _ = cache.write();
}

fn push(context: &Context, address: &str, pages: &Named, finding: &dyn Fn() -> Diagnostic, found: &mut Found) {
    for (source, page) in pages {
        let decoded = percent_encoding::percent_decode_str(address).decode_utf8_lossy().into_owned();
        let place = context.sources.locate(source.as_deref(), &[address.to_owned(), decoded]);
        found.push(at(finding(), place).on(page));
    }
}

fn describe(address: &str, outcome: &Outcome) -> Diagnostic {
    let shown = shorten(address);
    let (code, Text { en, zh }) = match outcome {
        Outcome::Good => ("link/external", text!("works", "可以打开")),
        Outcome::Status(404) => ("link/external", text!("the page does not exist (404)", "页面不存在（404）")),
        Outcome::Status(410) => ("link/external", text!("the page was removed (410)", "页面已删除（410）")),
        Outcome::Status(status @ (401 | 403 | 405 | 406 | 999)) => (
            "link/external-refused",
            text!("the host does not show it to programs ({status})", "对方不让程序查看（{status}）"),
        ),
        Outcome::Status(429) => {
            ("link/external-refused", text!("the host asks to come back later (429)", "对方要求过一段时间再来（429）"))
        }
        Outcome::Status(status @ 500..) => {
            ("link/external", text!("the host has an error ({status})", "对方服务器出错（{status}）"))
        }
        Outcome::Status(status) => ("link/external", text!("the answer is {status}", "对方的回答是 {status}")),
        Outcome::NoAnchor(anchor) => {
            ("link/external-anchor", text!("the page has no anchor `#{anchor}`", "页面里没有锚点 `#{anchor}`"))
        }
        Outcome::Moved(to) => {
            let to = shorten(to);
            ("link/external-moved", text!("it has moved to `{to}`", "已经搬到 `{to}`"))
        }
        Outcome::Circle => ("link/external", text!("its redirects go in a circle", "它的跳转绕成了圈")),
        Outcome::TooFar => ("link/external", text!("it redirects too often", "它跳转的次数太多")),
        Outcome::NoHost => ("link/external", text!("there is no such host", "找不到这个网站")),
        Outcome::Refused => ("link/external", text!("the host takes no connections", "对方不接受连接")),
        Outcome::Timeout => ("link/external", text!("the host does not answer in time", "对方没有及时回答")),
        Outcome::Tls(why) => {
            ("link/external", text!("its certificate or encryption is broken: {why}", "它的证书或加密有问题：{why}"))
        }
        Outcome::Broken(why) => ("link/external", text!("its answer makes no sense: {why}", "它的回答有误：{why}")),
    };
    let message = Text { en: format!("`{shown}`: {en}"), zh: format!("`{shown}`：{zh}") };
    let finding = finding(code, message);
    match code {
        "link/external-refused" => finding.help(text!(
            "open it in a browser; if it works, leave it, or name it in `skip_prefixes` of `[link_checker]`",
            "请在浏览器里打开看看；能打开就不用改，也可以写进 `[link_checker]` 的 `skip_prefixes`"
        )),
        _ => finding.help(text!("find the new address, or remove the link", "请换成新的地址，或删去链接")),
    }
}

/// Whether an address leads to this computer or a private network (RFC 1918, RFC 3927).
fn is_local(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let private = |ip: Ipv4Addr| ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified();
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local"),
        Some(Host::Ipv4(ip)) => private(ip),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
        // A path of Windows has a letter where others have a scheme.
        None => url.scheme() == "file" || url.scheme().len() == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn addresses_that_readers_cannot_reach_are_known() {
        for local in [
            "http://localhost:1111/",
            "http://192.168.1.5/a",
            "http://10.0.0.1/",
            "file:///C:/a.doc",
            "http://[::1]/",
            "http://oa.local/",
            "D:\\\\a.doc",
        ] {
            assert!(is_local(local), "{local}");
        }
        for public in [
            "http://example.com/",
            "http://11.0.0.1/",
            "https://localhost.example.com/",
            "mailto:a@b.c",
            "http://172.32.0.1/",
        ] {
            assert!(!is_local(public), "{public}");
        }
    }
}
