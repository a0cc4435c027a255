//! Rendering one route: a pure function of the snapshot, in any order, on any thread.

use std::path::PathBuf;
use std::sync::Arc;

use tera::{Context, Value};

use crate::asset;
use crate::config::Dialect;
use crate::diagnostic::{Diagnostic, Text};
use crate::search;
use crate::template::{ALIAS, WELCOME};
use crate::text;

use super::Site;
use super::feeds;
use super::functions::zola22::without_pages;
use super::pager::Paginator;
use super::relate::{PageId, SectionId};
use super::routes::{Layer, Route};
use super::sitemap::ENTRIES_PER_FILE;
use super::values;

/// `zola_version` in pages of templates of that generation, which other templates did not have: what Zola 0.22.1 calls
/// itself there.
const ZOLA22: &str = "0.21.0";

/// The bytes of one file of the output, or the file that they are copied from.
#[derive(Clone, Debug)]
pub enum Artifact {
    Text(String),
    Shared(Arc<str>),
    Static(&'static str),
    File { source: PathBuf, hard_link: bool },
}

type Rendered = Result<Artifact, Vec<Diagnostic>>;

/// Renders the route of `path`.
pub fn render(site: &Site, path: &str, route: &Route) -> Rendered {
    let text = match route {
        Route::File { source, layer, .. } => {
            let hard_link = site.config.hard_link_static && *layer != Layer::ThemeStatic;
            return Ok(Artifact::File { source: source.clone(), hard_link });
        }
        Route::Stylesheet { css, .. } => return Ok(Artifact::Shared(css.clone())),
        Route::SearchScript => return Ok(Artifact::Static(search::ELASTICLUNR_JS)),
        Route::SearchIndex { lang } => return Ok(Artifact::Text(feeds::search_index(site, lang)?)),
        Route::Calendar { page } => {
            let text = site.outreach.as_ref().map(|outreach| outreach.calendar(page.as_deref()));
            return Ok(Artifact::Text(text.unwrap_or_default()));
        }
        Route::Page(id) => page(site, *id, None)?,
        Route::PagePart { page: id, part } => page(site, *id, Some(*part))?,
        Route::Section(id) => section(site, *id, None)?,
        Route::SectionPager { section: id, paginator, index } => section(site, *id, Some((paginator, *index)))?,
        Route::TaxonomyList(taxonomy) => taxonomy_list(site, *taxonomy)?,
        Route::Term { taxonomy, term } => term_page(site, *taxonomy, *term, None)?,
        Route::TermPager { taxonomy, term, paginator, index } => {
            term_page(site, *taxonomy, *term, Some((paginator, *index)))?
        }
        Route::Feed { of, filename, path } => feeds::render(site, of, filename, path)?,
        Route::Sitemap { part } => sitemap(site, *part)?,
        Route::SitemapIndex { parts } => sitemap_index(site, *parts)?,
        Route::NotFound => site.template("404.html", &default_context(site))?,
        Route::Robots => site.template("robots.txt", &default_context(site))?,
        Route::Redirect { to, .. } => {
            let mut context = Context::new();
            context.insert_value("url", Value::from(to.as_str()));
            site.template(&alias_template(site), &context)?
        }
    };
    let text = if path.ends_with(".xml") { without_forbidden(text) } else { text };
    if site.config.minify_html && path.ends_with(".html") {
        return match asset::minify::html(&text) {
            Ok(text) => Ok(Artifact::Text(text)),
            Err(why) => {
                let (en, zh) = (why.en, why.zh);
                Err(vec![Diagnostic::error(
                    "minify",
                    Text { en: format!("`{path}`: {en}"), zh: format!("`{path}`：{zh}") },
                )])
            }
        };
    }
    Ok(Artifact::Text(text))
}

/// The template that a route is rendered with, if it is; feeds and search indexes count by their own names.
pub fn template_of(site: &Site, route: &Route) -> Option<String> {
    let name = match route {
        Route::Page(id) | Route::PagePart { page: id, .. } => {
            site.relations.page_templates[*id].as_deref().unwrap_or("page.html")
        }
        Route::Section(id) | Route::SectionPager { section: id, .. } => section_template(site, *id),
        Route::TaxonomyList(id) => return Some(taxonomy_template(site, *id, "list")),
        Route::Term { taxonomy, .. } | Route::TermPager { taxonomy, .. } => {
            return Some(taxonomy_template(site, *taxonomy, "single"));
        }
        Route::Feed { filename, .. } => filename,
        Route::Sitemap { .. } => "sitemap.xml",
        Route::SitemapIndex { .. } => "split_sitemap_index.xml",
        Route::NotFound => "404.html",
        Route::Robots => "robots.txt",
        Route::Redirect { .. } => return Some(alias_template(site)),
        Route::SearchIndex { .. }
        | Route::SearchScript
        | Route::Calendar { .. }
        | Route::File { .. }
        | Route::Stylesheet { .. } => return None,
    };
    Some(name.to_owned())
}

fn section_template(site: &Site, id: SectionId) -> &str {
    let section = &site.content.sections[id];
    let default = if section.file.components.is_empty() { "index.html" } else { "section.html" };
    section.meta.template.as_deref().unwrap_or(default)
}

/// A taxonomy's own template, `tags/list.html`, or that of all, `taxonomy_list.html`.
fn taxonomy_template(site: &Site, id: usize, kind: &str) -> String {
    let name = format!("{}/{kind}.html", site.taxonomies[id].definition.name);
    if site.engine.contains(&name) { name } else { format!("taxonomy_{kind}.html") }
}

/// Drops the characters that no XML file may hold, not even escaped (XML 1.0, 2.2); one in a title would make a
/// whole feed unreadable.
fn without_forbidden(text: String) -> String {
    let forbidden =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "") } else { text }
}

impl Site {
    /// Renders a template by name; the kinds of page that every site has fall back to a page that says so.
    pub(super) fn template(&self, name: &str, context: &Context) -> Result<String, Vec<Diagnostic>> {
        let has_welcome = ["index.html", "section.html", "page.html", "single.html", "list.html"].contains(&name);
        if has_welcome && !self.engine.contains(name) {
            let mut context = Context::new();
            context.insert_value("filename", Value::from(name));
            return self.engine.render(WELCOME, &context);
        }
        self.engine.render(name, context)
    }

    pub(super) fn config_value(&self, lang: &str) -> Value {
        self.library.bodies.of.configs.get(lang).cloned().unwrap_or_else(Value::none)
    }
}

/// `config` and `lang` of one language.
pub(super) fn language_context(site: &Site, lang: &str) -> Context {
    let mut context = Context::new();
    context.insert_value("config", site.config_value(lang));
    context.insert_value("lang", Value::from(lang));
    context
}

/// Zola up to 0.22 let sites and themes have their own template of redirects.
fn alias_template(site: &Site) -> String {
    if site.config.dialect == Dialect::Tera1
        && let Some(theme) = &site.config.theme
    {
        let of_theme = format!("{theme}/templates/{ALIAS}");
        if !site.engine.is_replaced(ALIAS) && site.engine.contains(&of_theme) {
            return of_theme;
        }
    }
    ALIAS.to_owned()
}

fn default_context(site: &Site) -> Context {
    language_context(site, &site.config.default_language)
}

fn address(context: &mut Context, permalink: &str, path: &str) {
    context.insert_value("current_url", Value::from(permalink));
    context.insert_value("current_path", Value::from(path));
}

/// A page, or one part of a page that stands on several.
fn page(site: &Site, id: PageId, part: Option<usize>) -> Result<String, Vec<Diagnostic>> {
    let page = &site.content.pages[id];
    let mut context = language_context(site, &page.lang);
    context.insert_value("page", site.library.page(id)?);
    address(&mut context, &page.permalink, &page.path);
    if let (Some(part), Some(outreach)) = (part, &site.outreach) {
        context.insert_value("part", outreach.part_value(&page.file.relative, part));
        if let Some(cut) = outreach.parts(&page.file.relative).get(part) {
            address(&mut context, &cut.permalink, &cut.path);
        }
    }
    let template = site.relations.page_templates[id].as_deref().unwrap_or("page.html");
    if site.engine.dialect(template) == Some(Dialect::Tera1) {
        context.insert_value("zola_version", Value::from(ZOLA22));
    }
    let file = format!("content/{}", page.file.relative);
    site.template(template, &context).map_err(|errors| {
        missing_template(errors, template, &file, text!("`template` of `{file}`", "`{file}` 的 `template`"))
    })
}

fn section(site: &Site, id: SectionId, pager: Option<(&Paginator, usize)>) -> Result<String, Vec<Diagnostic>> {
    let section = &site.content.sections[id];
    let mut context = language_context(site, &section.lang);
    let template = section_template(site, id);
    // Up to Zola 0.22 the pages of a paginated section were those of its pager only.
    let value = site.library.section(id)?;
    let value = match (pager, site.engine.dialect(template)) {
        (Some(_), Some(Dialect::Tera1)) => without_pages(&value),
        _ => value,
    };
    context.insert_value("section", value);
    pager_context(site, &mut context, pager, &section.permalink, &section.path)?;
    let file = format!("content/{}", section.file.relative);
    site.template(template, &context).map_err(|errors| {
        missing_template(errors, template, &file, text!("`template` of `{file}`", "`{file}` 的 `template`"))
    })
}

/// Points at the document that asks for a template that does not exist.
fn missing_template(mut errors: Vec<Diagnostic>, template: &str, file: &str, asked_by: Text) -> Vec<Diagnostic> {
    for error in &mut errors {
        if error.code == "template/missing" && error.place.is_none() && error.message.en.contains(template) {
            error.place = Some(crate::diagnostic::Place::file(file));
            let (en, zh) = (&asked_by.en, &asked_by.zh);
            error.notes.push(Text {
                en: format!("asked for by {en}, or by a section above it"),
                zh: format!("由{zh}或上级栏目要求"),
            });
        }
    }
    errors
}

fn pager_context(
    site: &Site,
    context: &mut Context,
    pager: Option<(&Paginator, usize)>,
    permalink: &str,
    path: &str,
) -> Result<(), Vec<Diagnostic>> {
    match pager {
        None => address(context, permalink, path),
        Some((paginator, index)) => {
            let pages = site.library.list(paginator.pages_of(index))?;
            context.insert_value("paginator", values::paginator(paginator, index, pages));
            address(context, &paginator.permalink_of(index), &paginator.path_of(index));
        }
    }
    Ok(())
}

fn taxonomy_list(site: &Site, id: usize) -> Result<String, Vec<Diagnostic>> {
    let taxonomy = &site.taxonomies[id];
    let mut context = language_context(site, &taxonomy.lang);
    context.insert_value("taxonomy", values::taxonomy_definition(&taxonomy.definition));
    context.insert_value("terms", Value::from(site.library.terms(id)?));
    address(&mut context, &taxonomy.permalink, &taxonomy.path);
    site.template(&taxonomy_template(site, id, "list"), &context)
}

fn term_page(
    site: &Site,
    taxonomy_id: usize,
    term_id: usize,
    pager: Option<(&Paginator, usize)>,
) -> Result<String, Vec<Diagnostic>> {
    let taxonomy = &site.taxonomies[taxonomy_id];
    let term = &taxonomy.terms[term_id];
    let mut context = language_context(site, &taxonomy.lang);
    context.insert_value("taxonomy", values::taxonomy_definition(&taxonomy.definition));
    context.insert_value("term", site.library.term(taxonomy_id, term_id)?);
    pager_context(site, &mut context, pager, &term.permalink, &term.path)?;
    site.template(&taxonomy_template(site, taxonomy_id, "single"), &context)
}

fn sitemap(site: &Site, part: usize) -> Result<String, Vec<Diagnostic>> {
    let entries = match part {
        0 => site.sitemap(),
        part => site.sitemap().chunks(ENTRIES_PER_FILE).nth(part - 1).unwrap_or_default(),
    };
    let mut context = default_context(site);
    context.remove("lang");
    context.insert_value("entries", Value::from(entries.iter().map(|e| e.value()).collect::<Vec<_>>()));
    site.template("sitemap.xml", &context)
}

fn sitemap_index(site: &Site, parts: usize) -> Result<String, Vec<Diagnostic>> {
    let mut context = default_context(site);
    context.remove("lang");
    let urls: Vec<String> = (1..=parts)
        .map(|part| site.config.permalink(&format!("sitemap{part}.xml")).trim_end_matches('/').to_owned())
        .collect();
    context.insert_value("sitemaps", Value::from(urls));
    site.template("split_sitemap_index.xml", &context)
}

/// What a batch of rendering errors has to say: one error in a base template shows up on ten thousand pages.
pub fn summarize(failures: Vec<(Text, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    // By message, file and position.
    type Key = (String, Option<String>, Option<(usize, usize)>);
    let mut seen: indexmap::IndexMap<Key, (Diagnostic, Text, usize)> = indexmap::IndexMap::new();
    for (what, diagnostics) in failures {
        for diagnostic in diagnostics {
            let place = diagnostic.place.as_ref();
            let key = (
                diagnostic.message.en.clone(),
                place.map(|p| p.file.clone()),
                place.and_then(|p| p.excerpt.as_ref()).map(|(_, span)| (span.start, span.end)),
            );
            seen.entry(key).or_insert_with(|| (diagnostic, what.clone(), 0)).2 += 1;
        }
    }
    seen.into_values()
        .map(|(diagnostic, what, count)| {
            let (en, zh) = (what.en, what.zh);
            let more = count - 1;
            diagnostic.note(if more == 0 {
                Text { en: format!("while rendering {en}"), zh: format!("正在生成：{zh}") }
            } else {
                Text {
                    en: format!("while rendering {en}, and {more} more"),
                    zh: format!("正在生成：{zh}，另有 {more} 处"),
                }
            })
        })
        .collect()
}
