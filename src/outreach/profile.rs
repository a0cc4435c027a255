//! The rules for public sites that a build can check: what the footer must name, and that dated kinds have dates.

use super::document::Document;
use super::kinds::Kind;
use crate::config::{self, Config, Profile};
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// Footer items that inspections look for: key of `[extra.footer]`, Chinese and English name. The last two are asked
/// of government sites only.
const FOOTER: [(&str, &str, &str); 9] = [
    ("host", "主办单位", "the organisation"),
    ("address", "地址", "the address"),
    ("phone", "联系电话", "the telephone"),
    ("icp", "ICP备案号", "the ICP number"),
    ("police", "公安机关备案号", "the police filing number"),
    ("police_url", "公安备案查询网址", "the address of the police filing"),
    ("conac_url", "党政机关标识", "the CONAC mark"),
    ("site_code", "网站标识码", "the site code"),
    ("report_url", "我为政府网站找错", "the error report link"),
];

/// Kinds whose pages stand in lists with their dates.
const DATED: [&str; 6] = ["activity", "tour", "announcement", "article", "sheet", "notice"];

pub fn check(
    settings: &config::Outreach,
    config: &Config,
    documents: &[Document],
    kinds: &[Option<&'static Kind>],
    told: &mut Vec<Diagnostic>,
) {
    let Some(profile) = settings.profile else { return };
    let diagnostic = |code, message| match profile {
        Profile::Gov => Diagnostic::error(code, message),
        Profile::Association => Diagnostic::warning(code, message),
    };
    let footer = config.extra.get("footer").and_then(toml::Value::as_table);
    let has = |key: &str| {
        footer.and_then(|f| f.get(key)).and_then(toml::Value::as_str).is_some_and(|text| !text.trim().is_empty())
    };
    let asked = if profile == Profile::Gov { FOOTER.len() } else { FOOTER.len() - 2 };
    let missing: Vec<_> = FOOTER.iter().take(asked).filter(|(key, ..)| !has(key)).collect();
    if !missing.is_empty() {
        let en = missing.iter().map(|(key, _, en)| format!("{en} (`{key}`)")).collect::<Vec<_>>().join(", ");
        let zh = missing.iter().map(|(key, zh, _)| format!("{zh}（`{key}`）")).collect::<Vec<_>>().join("、");
        told.push(
            diagnostic("outreach/footer", text!("the footer lacks {en}", "页脚缺少：{zh}"))
                .at(Place::file(&config.file))
                .help(text!(
                    "add the keys to `[extra.footer]`; inspections of public sites look for them",
                    "请在 `[extra.footer]` 里加上；网站检查会看这些内容"
                )),
        );
    }
    for (document, kind) in documents.iter().zip(kinds) {
        if document.date.is_none() && kind.is_some_and(|kind| DATED.contains(&kind.name)) {
            told.push(
                diagnostic("outreach/undated", text!("this page has no `date`", "这个页面没有 `date`"))
                    .at(document.place(&["kind"]))
                    .help(text!(
                        "add `date = 2026-03-01T09:00:00+08:00`; an item without its time of publication counts as not updated",
                        "请加上 `date = 2026-03-01T09:00:00+08:00`；检查时，没有发布时间的内容视为没有更新"
                    )),
            );
        }
    }
}
