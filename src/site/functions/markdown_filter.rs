//! The filter `markdown`.

use std::sync::Arc;

use tera::{Filter, Kwargs, State, TeraResult, Value};

use super::Early;
use crate::config::InsertAnchor;
use crate::diagnostic::Text;
use crate::markdown::{self, Highlighter};
use crate::site::body;
use crate::template::{self, Engine};

/// Renders a string as Markdown, with the links of the page or section that is being rendered.
pub struct MarkdownFilter {
    pub early: Early,
    pub engine: Arc<Engine>,
    pub highlighter: Arc<Highlighter>,
}

impl Filter<&str, TeraResult<String>> for MarkdownFilter {
    fn call(&self, value: &str, kwargs: Kwargs, state: &State) -> TeraResult<String> {
        let config = &self.early.config;
        let document = ["page", "section"].iter().find_map(|name| state.get::<Value>(name).ok().flatten());
        let field = |name: &'static str| {
            document.as_ref().and_then(|d| d.get_from_path(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let lang = match &document {
            Some(_) => state.get::<String>("lang").ok().flatten(),
            None => None,
        }
        .unwrap_or_else(|| config.default_language.clone());
        let (path, permalink) = (field("relative_path"), field("permalink"));
        let file = format!("content/{path}");
        let context = markdown::Context {
            config,
            highlighter: &self.highlighter,
            file: &file,
            content_path: &path,
            source: None,
            permalink: &permalink,
            insert_anchor: InsertAnchor::None,
            unpublished: &|path| self.early.unpublished(path),
            resolve: &|path| self.early.permalinks.get(path).cloned(),
            anchor_link: &|id, level| body::anchor_link(&self.engine, id, level, &lang),
            summary_cutoff: &|summary| body::summary_cutoff(&self.engine, summary, &lang),
        };
        let mut diagnostics = Vec::new();
        let html = if kwargs.get::<bool>("inline")?.unwrap_or(false) {
            markdown::render_inline(value, &context, &mut diagnostics)
        } else {
            markdown::render(value, &context, &mut diagnostics).body
        };
        match diagnostics.into_iter().find(|d| d.is_error()) {
            None => Ok(html),
            Some(error) => {
                let Text { en, zh } = error.message;
                Err(template::error(Text { en: format!("`markdown`: {en}"), zh: format!("`markdown`：{zh}") }))
            }
        }
    }
}
