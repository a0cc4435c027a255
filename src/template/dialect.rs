//! Which generation of Tera a template is written for.
//!
//! Everything up to Zola 0.22 is Tera 1. Its front end will stand here; until then such a file is refused with the
//! place of the first thing that only Tera 1 has.

use std::sync::LazyLock;

use regex::Regex;

use super::TemplateFile;
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// Tags that exist in Tera 1 only. Tera 2 has no meaning for any of them, so one hit is proof.
static TERA1_TAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\{%-?\s*(macro\s|import\s|endmacro|set_global\s|include\s*\[|include\s[^%]*ignore\s+missing)").ok()
});

/// An error for a template of the first generation.
pub fn refuse_tera1(template: &TemplateFile) -> Option<Diagnostic> {
    if !template.text.contains("{%") {
        return None;
    }
    let found = TERA1_TAG
        .as_ref()?
        .captures_iter(&template.text)
        .find(|c| c.get(0).is_some_and(|whole| !is_raw_or_comment(&template.text[..whole.start()])))?;
    let tag = found.get(1)?;
    let name = tag.as_str().split_whitespace().next().unwrap_or_default().to_owned();
    Some(
        Diagnostic::error(
            "template/tera1",
            text!(
                "`{name}` belongs to Tera 1, the templates of Zola up to 0.22",
                "`{name}` 属于 Tera 1（Zola 0.22 及以前的模板）"
            ),
        )
        .at(Place::span(&template.file, &*template.text, tag.start()..tag.start() + name.len()))
        .help(text!(
            "kepu reads Tera 2 so far: replace macros by components, or use the theme's version for Zola 0.23",
            "目前只支持 Tera 2：请把宏改成组件（component），或使用主题的 Zola 0.23 版本"
        )),
    )
}

/// Whether the text ends inside `{% raw %}` or `{# … #}`.
fn is_raw_or_comment(before: &str) -> bool {
    let open = |start: &str, end: &str| match (before.rfind(start), before.rfind(end)) {
        (Some(start), Some(end)) => start > end,
        (Some(_), None) => true,
        _ => false,
    };
    open("{#", "#}") || open("{% raw", "{% endraw") || open("{%- raw", "endraw")
}
