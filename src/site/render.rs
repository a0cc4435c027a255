//! Rendering one route: a pure function of the snapshot, in any order, on any thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tera::{Context, Value};

use crate::asset;
use crate::cache::{Digest, Digester, Stamp, nanoseconds};
use crate::config::Dialect;
use crate::content::FileInfo;
use crate::diagnostic::{Diagnostic, Text};
use crate::search;
use crate::template::{ALIAS, Pages, WELCOME};
use crate::text;

use super::Site;
use super::feeds;
use super::fields::{Field, Fields, language_fields};
use super::pager::Paginator;
use super::relate::{DocumentId, PageId, SectionId};
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

/// What a route is made of: all that its rendering sees, but for what its templates ask for.
pub enum Work {
    /// A file that is copied.
    File {
        source: PathBuf,
        hard_link: bool,
    },
    /// What is there without rendering.
    Ready(Artifact),
    /// The search index of a language.
    SearchIndex {
        lang: String,
    },
    Template(Job),
}

/// A template with its context.
pub struct Job {
    template: String,
    fields: Fields,
    /// The document that asks for the template.
    asked_by: Option<DocumentId>,
}

/// Renders the route of `path`.
pub fn render(site: &Site, path: &str, route: &Route) -> Rendered {
    work(site, route).render(site, path)
}

/// Puts together what a route is made of.
pub fn work(site: &Site, route: &Route) -> Work {
    let job = match route {
        Route::File { source, layer, .. } => {
            let hard_link = site.config.hard_link_static && *layer != Layer::ThemeStatic;
            return Work::File { source: source.clone(), hard_link };
        }
        Route::Stylesheet { css, .. } => return Work::Ready(Artifact::Shared(css.clone())),
        Route::SearchScript => return Work::Ready(Artifact::Static(search::ELASTICLUNR_JS)),
        Route::SearchIndex { lang } => return Work::SearchIndex { lang: lang.clone() },
        Route::Calendar { page } => {
            let text = site.outreach.as_ref().map(|outreach| outreach.calendar(page.as_deref()));
            return Work::Ready(Artifact::Text(text.unwrap_or_default()));
        }
        Route::Page(id) => page(site, *id, None),
        Route::PagePart { page: id, part } => page(site, *id, Some(*part)),
        Route::Section(id) => section(site, *id, None),
        Route::SectionPager { section: id, paginator, index } => section(site, *id, Some((paginator, *index))),
        Route::TaxonomyList(taxonomy) => taxonomy_list(site, *taxonomy),
        Route::Term { taxonomy, term } => term_page(site, *taxonomy, *term, None),
        Route::TermPager { taxonomy, term, paginator, index } => {
            term_page(site, *taxonomy, *term, Some((paginator, *index)))
        }
        Route::Feed { of, filename, path } => Job::new(filename, feeds::fields(site, of, filename, path)),
        Route::Sitemap { part } => sitemap(site, *part),
        Route::SitemapIndex { parts } => sitemap_index(site, *parts),
        Route::NotFound => Job::new("404.html", default_fields(site)),
        Route::Robots => Job::new("robots.txt", default_fields(site)),
        Route::Redirect { to, .. } => Job::new(alias_template(site), vec![("url", to.as_str().into())]),
    };
    Work::Template(job)
}

impl Job {
    fn new(template: impl Into<String>, fields: Fields) -> Self {
        Self { template: template.into(), fields, asked_by: None }
    }

    fn render(self, site: &Site) -> Result<String, Vec<Diagnostic>> {
        let mut context = Context::new();
        for (name, field) in &self.fields {
            context.insert_value(*name, field.value(site)?);
        }
        site.template(&self.template, &context).map_err(|errors| match self.asked_by {
            Some(DocumentId::Page(id)) => missing_template(errors, &self.template, &site.content.pages[id].file),
            Some(DocumentId::Section(id)) => missing_template(errors, &self.template, &site.content.sections[id].file),
            None => errors,
        })
    }
}

impl Work {
    /// A digest of everything in it. None where nobody can tell, as of a file that just changed.
    pub fn digest(&self, site: &Site) -> Option<Digest> {
        let mut digester = Digester::new();
        match self {
            Work::File { source, hard_link } => {
                let stamp = Stamp::of(source)?;
                let name = source.as_os_str().as_encoded_bytes();
                // Every link to a file counts as a change of it.
                let changed = if *hard_link { 0 } else { stamp.changed };
                digester.number(1).number(u64::from(*hard_link)).bytes(name).stamp(&Stamp { changed, ..stamp });
                if stamp.is_fresh_at(nanoseconds(SystemTime::now())) {
                    return None;
                }
            }
            Work::Ready(artifact) => {
                let text: &str = match artifact {
                    Artifact::Text(text) => text,
                    Artifact::Shared(text) => text,
                    Artifact::Static(text) => text,
                    Artifact::File { .. } => return None,
                };
                digester.number(2).text(text);
            }
            Work::SearchIndex { lang } => {
                digester.number(3).text(lang);
                for document in feeds::search_documents(site, lang).ok()? {
                    digester.text(document.url).option(document.title).option(document.description);
                    digester.option(document.date.as_deref()).text(document.path).digest(document.content_digest(site));
                }
            }
            Work::Template(Job { template, fields, .. }) => {
                digester.number(4).text(template);
                let known = site.asks.known()?;
                for (name, field) in fields {
                    field.digest(site, known, digester.text(name));
                }
            }
        }
        Some(digester.finish())
    }

    /// Renders it as the file `path` of the output.
    pub fn render(self, site: &Site, path: &str) -> Rendered {
        let text = match self {
            Work::File { source, hard_link } => return Ok(Artifact::File { source, hard_link }),
            Work::Ready(artifact) => return Ok(artifact),
            Work::SearchIndex { lang } => return Ok(Artifact::Text(feeds::search_index(site, &lang)?)),
            Work::Template(job) => job.render(site)?,
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

fn default_fields(site: &Site) -> Fields {
    language_fields(&site.config.default_language)
}

fn address(fields: &mut Fields, permalink: &str, path: &str) {
    fields.push(("current_url", permalink.into()));
    fields.push(("current_path", path.into()));
}

/// A page, or one part of a page that stands on several.
fn page(site: &Site, id: PageId, part: Option<usize>) -> Job {
    let page = &site.content.pages[id];
    let mut fields = language_fields(&page.lang);
    fields.push(("page", Field::Page(id)));
    let (mut permalink, mut path) = (&page.permalink, &page.path);
    if let (Some(part), Some(outreach)) = (part, &site.outreach) {
        fields.push(("part", outreach.part_value(&page.file.relative, part).into()));
        if let Some(cut) = outreach.parts(&page.file.relative).get(part) {
            (permalink, path) = (&cut.permalink, &cut.path);
        }
    }
    address(&mut fields, permalink, path);
    let template = site.relations.page_templates[id].as_deref().unwrap_or("page.html");
    if site.engine.dialect(template) == Some(Dialect::Tera1) {
        fields.push(("zola_version", ZOLA22.into()));
    }
    Job { asked_by: Some(DocumentId::Page(id)), ..Job::new(template, fields) }
}

fn section(site: &Site, id: SectionId, pager: Option<(&Arc<Paginator>, usize)>) -> Job {
    let section = &site.content.sections[id];
    let mut fields = language_fields(&section.lang);
    let template = section_template(site, id);
    let pages = match (pager, site.engine.dialect(template)) {
        // Up to Zola 0.22 the pages of a paginated section were those of its pager only.
        (Some(_), Some(Dialect::Tera1)) => Pages::Unseen,
        _ => site.engine.uses(template).section,
    };
    fields.push(("section", Field::Section(id, pages)));
    pager_fields(&mut fields, pager, &section.permalink, &section.path);
    Job { asked_by: Some(DocumentId::Section(id)), ..Job::new(template, fields) }
}

/// Points at the document that asks for a template that does not exist.
fn missing_template(mut errors: Vec<Diagnostic>, template: &str, file: &FileInfo) -> Vec<Diagnostic> {
    let file = file.shown();
    for error in &mut errors {
        if error.code == "template/missing" && error.place.is_none() && error.message.en.contains(template) {
            error.place = Some(crate::diagnostic::Place::file(file.as_str()));
            error.notes.push(text!(
                "asked for by `template` of `{file}`, or by a section above it",
                "由`{file}` 的 `template`或上级栏目要求"
            ));
        }
    }
    errors
}

fn pager_fields(fields: &mut Fields, pager: Option<(&Arc<Paginator>, usize)>, permalink: &str, path: &str) {
    match pager {
        None => address(fields, permalink, path),
        Some((paginator, index)) => {
            fields.push(("paginator", Field::Pager(paginator.clone(), index)));
            address(fields, &paginator.permalink_of(index), &paginator.path_of(index));
        }
    }
}

fn taxonomy_list(site: &Site, id: usize) -> Job {
    let taxonomy = &site.taxonomies[id];
    let mut fields = language_fields(&taxonomy.lang);
    let template = taxonomy_template(site, id, "list");
    fields.push(("taxonomy", values::taxonomy_definition(&taxonomy.definition).into()));
    fields.push(("terms", Field::Terms(id, site.engine.uses(&template).terms)));
    address(&mut fields, &taxonomy.permalink, &taxonomy.path);
    Job::new(template, fields)
}

fn term_page(site: &Site, taxonomy_id: usize, term_id: usize, pager: Option<(&Arc<Paginator>, usize)>) -> Job {
    let taxonomy = &site.taxonomies[taxonomy_id];
    let term = &taxonomy.terms[term_id];
    let mut fields = language_fields(&taxonomy.lang);
    let template = taxonomy_template(site, taxonomy_id, "single");
    fields.push(("taxonomy", values::taxonomy_definition(&taxonomy.definition).into()));
    let pages = site.engine.uses(&template).term;
    fields.push(("term", Field::Term { taxonomy: taxonomy_id, term: term_id, pages }));
    pager_fields(&mut fields, pager, &term.permalink, &term.path);
    Job::new(template, fields)
}

fn sitemap(site: &Site, part: usize) -> Job {
    let entries = match part {
        0 => site.sitemap(),
        part => site.sitemap().chunks(ENTRIES_PER_FILE).nth(part - 1).unwrap_or_default(),
    };
    let entries = Value::from(entries.iter().map(|e| e.value()).collect::<Vec<_>>());
    let config = Field::Config(site.config.default_language.clone());
    Job::new("sitemap.xml", vec![("config", config), ("entries", entries.into())])
}

fn sitemap_index(site: &Site, parts: usize) -> Job {
    let urls: Vec<String> = (1..=parts)
        .map(|part| site.config.permalink(&format!("sitemap{part}.xml")).trim_end_matches('/').to_owned())
        .collect();
    let config = Field::Config(site.config.default_language.clone());
    Job::new("split_sitemap_index.xml", vec![("config", config), ("sitemaps", urls.into())])
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
