//! The rules of inspections.

use crate::check::rules::{Default, Rule};

const NEWS: (&str, &str) = (
    "Publish something new. Never change the date of an old page.",
    "请发布新内容。不要改旧页面的日期：伪造发稿日期本身就是单项否决。",
);

pub const RULES: &[Rule] = &[
    Rule::inspection(
        "inspect/home-stale",
        Default::Error,
        ("Veto item: the home page is stale", "单项否决：首页超期未更新"),
        NEWS,
    ),
    Rule::inspection(
        "inspect/columns-overdue",
        Default::Error,
        ("Veto item: too many columns are overdue", "单项否决：超期未更新的栏目过多"),
        NEWS,
    ),
    Rule::inspection(
        "inspect/columns-empty",
        Default::Error,
        ("Veto item: too many columns are empty", "单项否决：空白栏目过多"),
        ("Fill or remove the columns.", "请补充内容，或撤掉这些栏目。"),
    ),
    Rule::inspection("inspect/column-stale", Default::Profile, ("Columns that are overdue", "超期未更新的栏目"), NEWS),
    Rule::inspection("inspect/column-due", Default::Warning, ("Columns that are due soon", "快到期的栏目"), NEWS),
    Rule::inspection(
        "inspect/column-empty",
        Default::Profile,
        ("Empty columns", "空白栏目"),
        ("Publish something in the column, or remove it.", "请发布内容，或撤掉这个栏目。"),
    ),
    Rule::inspection(
        "inspect/undated",
        Default::Profile,
        ("Items without a time of publication", "没有发布时间的内容"),
        ("Add `date` to the page.", "请给页面加上 `date`。"),
    ),
    Rule::inspection(
        "inspect/interval",
        Default::Error,
        ("Intervals that cannot be read", "写错的更新周期"),
        ("Write `14d`, `2w`, `6m`, `1y` or `none`.", "请写 `14d`、`2w`、`6m`、`1y` 或 `none`。"),
    ),
    Rule::inspection(
        "inspect/meta",
        Default::Profile,
        ("Pages without the meta tags of 国办发〔2017〕47号", "缺少《政府网站发展指引》规定的 meta 标签"),
        (
            "Let the template print them, and fill in the fields they come from.",
            "请让模板输出这些标签，并补上它们所用的信息。",
        ),
    ),
    Rule::inspection(
        "inspect/footer-hidden",
        Default::Profile,
        ("Footer items that are set but not shown", "已经填写却没有显示的页脚项目"),
        ("Show them in the template of the footer.", "请在页脚的模板里显示出来。"),
    ),
    Rule {
        code: "inspect/icp-link",
        level: Default::Error,
        inspection: false,
        title: ("The ICP number is not linked", "ICP备案号没有链接"),
        remedy: (
            "Link it to https://beian.miit.gov.cn/; without the link there may be a fine.",
            "请链接到 https://beian.miit.gov.cn/ ，没有链接可能被罚款。",
        ),
    },
    Rule {
        code: "inspect/future-date",
        level: Default::Warning,
        inspection: false,
        title: ("Pages dated in the future", "日期在将来的页面"),
        remedy: (
            "Correct the date, or write `publish_at` to publish the page then.",
            "请改正日期；要到时才发布，请写 `publish_at`。",
        ),
    },
];
