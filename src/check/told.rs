//! Rules whose findings come from loading the site: the build tells them too.

use super::rules::{Default, Group, Rule};

pub const GROUP: Group = Group {
    rules: &[
        Rule {
            code: "content/unsortable",
            level: Default::Told,
            inspection: false,
            title: (
                "Pages that are not published, since their section cannot sort them",
                "因缺少排序项而没有发布的页面",
            ),
            remedy: (
                "Add the `date` or `weight` that the section sorts by.",
                "请补上栏目排序用的 `date` 或 `weight`。",
            ),
        },
        Rule {
            code: "outreach/annual",
            level: Default::Told,
            inspection: false,
            title: ("Annual reports that differ from the records", "年度报告的数字与活动记录不一致"),
            remedy: ("Correct the report, or the activities of that year.", "请改正报告，或改正当年的活动页面。"),
        },
        Rule {
            code: "outreach/footer",
            level: Default::Told,
            inspection: false,
            title: ("What the footer lacks", "页脚缺少的项目"),
            remedy: ("Fill in `[extra.footer]` of the configuration.", "请在配置的 `[extra.footer]` 里补上。"),
        },
        Rule {
            code: "outreach/undated",
            level: Default::Told,
            inspection: false,
            title: ("Pages without a date", "没有发布时间的页面"),
            remedy: (
                "Add `date`; without it a page counts as not updated.",
                "请加上 `date`；检查时，没有发布时间视为没有更新。",
            ),
        },
    ],
    ..Group::NONE
};
