//! From a folder to a [`Site`]: configuration, theme, templates, documents, relations, bodies, values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use tera::Context;

use crate::asset;
use crate::config::{self, Age, Config, Dialect, InsertAnchor};
use crate::content::{self, Changes, Content};
use crate::diagnostic::{Diagnostic, Place};
use crate::markdown::Highlighter;
use crate::outreach;
use crate::search;
use crate::template::reads::{self, Reads};
use crate::template::{self, Engine, TemplateFile};
use crate::text;

use super::asks::Asks;
use super::body::{Body, BodyRenderer, Source};
use super::functions::{self, ByPath, Early, Images, Locator, Lookup, Snippets, TaxonomyEntry};
use super::generation::{Clues, Generation};
use super::memory::{self, Before, Kept, Known, Memory, ParsedTemplates, Related, Shared};
use super::relate::{self, Relations};
use super::request::{Request, read, read_config};
use super::shortcodes::Definitions;
use super::taxonomy::{self, TaxonomyTerms};
use super::trees::{self, Trees};
use super::values::{self, Documents, Values};
use super::{Site, links, shown, sitemap};

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

impl Site {
    /// Reads everything. Every error and warning goes to `diagnostics`; none when there was an error.
    pub fn load(request: &Request, diagnostics: &mut Vec<Diagnostic>) -> Option<Site> {
        Self::load_after(request, None, diagnostics)
    }

    /// [`Site::load`], sharing with an earlier snapshot of the same request what did not change since.
    pub fn load_after(
        request: &Request,
        before: Option<(&Site, &Changes)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Site> {
        let before = before.and_then(|(site, changes)| Before::new(site, changes));
        let root = request.found.root.clone();
        let (mut config, theme_folder) = read_config(request, diagnostics)?;
        let (templates, trees) = load_templates(&root, &mut config, theme_folder.as_deref(), diagnostics);
        let config_dir = request.found.config.parent().unwrap_or(&request.found.root);
        // Only now is the configuration settled: the templates decide of which generation the site is.
        let made_of = if request.remember { memory::config_made_of(&config, config_dir) } else { String::new() };
        let known_config = before.and_then(|before| before.config(&made_of));
        // Everything depends on the configuration, and all of an outreach site on its records, tables and time.
        let before = before.filter(|_| known_config.is_some() && config.outreach.is_none());
        let config = known_config.unwrap_or_else(|| Arc::new(config));
        let now = request.now.instant(config.outreach.is_some());

        // Templates, style sheets and documents have nothing to do with each other.
        let (mut engine_diagnostics, mut content_diagnostics) = (Vec::new(), Vec::new());
        let mut sass_reads = Vec::new();
        let (engine, (stylesheets, ((content, content_memory), files))) = rayon::join(
            || load_engine(templates?, &config, now, before, &mut engine_diagnostics),
            || {
                let sass = compile_sass(&root, &config, theme_folder.as_deref(), &mut sass_reads, &mut content_diagnostics);
                let known = before.map(|before| (&before.memory.content, before.changes));
                let content = content::load_after(&root, &config, request.drafts, known, &mut content_diagnostics);
                let files = static_files(&root, &config, theme_folder.as_deref(), &mut content_diagnostics);
                (sass, (content, files))
            },
        );
        diagnostics.append(&mut engine_diagnostics);
        diagnostics.append(&mut content_diagnostics);
        diagnostics.extend(search_warnings(&config));
        if theme_folder.is_none() && !root.join("templates").is_dir() {
            diagnostics.push(
                Diagnostic::warning(
                    "template/none",
                    text!("the site has neither templates nor a theme", "网站既没有模板，也没有主题"),
                )
                .at(Place::file(&config.file))
                .help(text!(
                    "add `theme = \"outreach\"`, which comes with kepu, or files in `templates/`",
                    "请加上 `theme = \"outreach\"`（kepu 自带），或在 `templates/` 里放模板"
                )),
            );
        }
        let highlighter = match before {
            Some(before) => before.memory.highlighter.clone(),
            None => Arc::new(Highlighter::new(&config, config_dir)),
        };
        diagnostics.extend(highlighter.check());
        let mut stylesheets = stylesheets;
        match highlighter.css() {
            Ok(css) => stylesheets.extend(css.into_iter().map(|(name, css)| {
                // Under the name that the templates of an old site ask for.
                let old = config.css_files.iter().find(|old| old.dark == name.contains("dark"));
                let name = old.map_or(name, |old| old.name.as_str());
                (name.to_owned(), css.into(), "[markdown.highlighting]".to_owned())
            })),
            Err(error) => diagnostics.push(*error),
        }
        let templates = engine?;
        let mut engine = templates.engine.clone();
        if has_errors(diagnostics) {
            return None;
        }

        let mut content = content;
        let outreach = config.outreach.as_ref().map(|settings| {
            let name = |path: &Path| shown(&root, path);
            Arc::new(outreach::load(&mut content, &config, settings, config_dir, &name, now, diagnostics))
        });
        if has_errors(diagnostics) {
            return None;
        }

        let shortcodes = Arc::new(Definitions::find(&engine, config.theme.as_deref(), diagnostics));
        let generation = Generation::find(clues(&config, &trees), &config, &content, &shortcodes, &engine);
        // Bodies with shortcodes may ask for anything, and one page can decide how all others are read.
        let is_alike = |before: &Before| [before.site.generation.dialect, generation.dialect] == [Dialect::Tera2; 2];
        let shared = Shared::find(before.filter(is_alike), &content, &templates.engine);
        let related = match shared.related() {
            Some(known) => known.clone(),
            None => related(&content, &config),
        };
        diagnostics.extend(related.told.iter().cloned());
        let (relations, taxonomies) = (related.relations.clone(), related.taxonomies.clone());
        let generated = stylesheets.iter().map(|(path, css, _)| (path.clone(), css.clone())).collect();
        let theme_static = theme_folder.as_ref().map(|t| t.join("static")).and_then(|t| t.canonicalize().ok());
        let colocated = colocated(&content);
        let locator =
            Arc::new(Locator::new(root.clone(), config.output_dir.clone(), theme_static, generated, colocated));
        let images = Arc::new(Images::new(&root));
        let permalinks = related.permalinks.clone();
        let asks: Arc<Asks> = Arc::default();
        let early =
            Early::new(config.clone(), locator.clone(), permalinks, images.clone(), now, outreach.clone(), asks.clone());
        functions::register_early(engine.tera_mut(), &early);
        let asked = outreach.as_ref().map(|outreach| functions::outreach::Source {
            config: config.clone(),
            outreach: outreach.clone(),
            sections: Arc::new(values::titles(&content)),
            asks: asks.clone(),
        });
        if let Some(source) = &asked {
            functions::outreach::register(engine.tera_mut(), source, None, &asks);
        }
        let snippets =
            Snippets { early: early.clone(), highlighter: highlighter.clone(), shortcodes: shortcodes.clone() };
        snippets.register(&mut engine);

        functions::zola22::register_terms(engine.tera_mut(), &config, &taxonomies, &asks);
        let configs = values::configs(&config);
        let resolve = |path: &str| early.permalinks.get(path).cloned();
        let unpublished = |path: &str| early.unpublished(path);
        let renderer = BodyRenderer {
            config: &config,
            engine: &engine,
            highlighter: &highlighter,
            shortcodes: &shortcodes,
            dialect: generation.dialect,
            resolve: &resolve,
            unpublished: &unpublished,
        };
        let body_reads = Mutex::new(Reads::default());
        let (kept_pages, kept_sections) =
            render_bodies(&content, &relations, &renderer, &configs, &shared, &body_reads, diagnostics);
        if has_errors(diagnostics) {
            return None;
        }
        let bodies = |kept: &[Kept]| -> Vec<Arc<Body>> { kept.iter().map(|kept| kept.body.clone()).collect() };
        let (page_bodies, section_bodies) = (bodies(&kept_pages), bodies(&kept_sections));
        links::check_anchors(&content, &relations, &page_bodies, &section_bodies, &config, diagnostics);
        if has_errors(diagnostics) {
            return None;
        }
        let mut content_memory = Some(content_memory);
        if !request.remember {
            // Only messages about bodies needed the sources.
            drop(content_memory.take());
            content.pages.iter_mut().filter_map(Arc::get_mut).for_each(|page| page.text = String::new());
            content.sections.iter_mut().filter_map(Arc::get_mut).for_each(|section| section.text = String::new());
        }
        let backlinks = links::backlinks(&page_bodies, &section_bodies);
        let bodies = (&*page_bodies, &*section_bodies);
        let (values, without_neighbours) =
            values::build(&content, &relations, &taxonomies, bodies, &backlinks, configs, &shared);
        let lookup = lookup(&content, &taxonomies, &values);
        let lookup = Arc::new(lookup);
        functions::register_late(engine.tera_mut(), &config, lookup.clone(), &asks);
        if let Some(source) = &asked {
            functions::outreach::register(engine.tera_mut(), source, Some(lookup), &asks);
        }

        let memory = content_memory.map(|content| Memory {
            config: Known { made_of, thing: config.clone() },
            highlighter,
            templates,
            content,
            related,
            page_bodies: kept_pages,
            section_bodies: kept_sections,
            values: without_neighbours,
        });
        let (theme_static, static_files) = files;
        let mut site = Site {
            root,
            config,
            config_dir: (config_dir != request.found.root).then(|| config_dir.to_path_buf()),
            theme_folder,
            engine,
            generation,
            content,
            relations,
            taxonomies,
            values,
            sitemap: Vec::new(),
            stylesheets,
            theme_static,
            static_files,
            outreach,
            images,
            asks,
            body_reads: body_reads.into_inner().unwrap_or_else(PoisonError::into_inner),
            locator,
            sass_reads,
            backlinks,
            trees,
            memory,
        };
        if site.config.generate_sitemap {
            site.sitemap = sitemap::entries(&site);
        }
        Some(site)
    }
}

/// How the documents relate to each other.
fn related(content: &Content, config: &Config) -> Related {
    let mut told = Vec::new();
    let relations = relate::relate(content, config, &mut told);
    let taxonomies = taxonomy::collect(content, &relations, config);
    let pages = content.pages.iter().map(|p| (p.file.relative.clone(), p.permalink.clone()));
    let sections = content.sections.iter().map(|s| (s.file.relative.clone(), s.permalink.clone()));
    let permalinks = Arc::new(pages.chain(sections).collect());
    Related { relations: Arc::new(relations), taxonomies: Arc::new(taxonomies), permalinks, told }
}

/// What the site tells of its generation beside its bodies.
fn clues(config: &Config, trees: &Trees) -> Clues {
    let [of_theme @ .., own] = trees.trees.as_slice() else { return Clues::default() };
    Clues {
        setting: config.content_dialect,
        templates: own.is_proven.then_some(own.dialect),
        configuration: match config.age {
            Age::Old => Some(Dialect::Tera1),
            Age::New => Some(Dialect::Tera2),
            Age::Unknown => None,
        },
        theme: of_theme.first().map(|theme| theme.dialect),
    }
}

fn load_engine(
    templates: Vec<TemplateFile>,
    config: &Config,
    now: jiff::Timestamp,
    before: Option<Before>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ParsedTemplates> {
    let default_language = config.default_language.clone();
    let register = |tera: &mut tera::Tera| {
        template::filters::register(tera, &default_language, now);
        functions::register_names(tera);
        if config.outreach.is_some() {
            functions::outreach::register_names(tera);
        }
    };
    let made_of = now.to_string();
    if let Some(known) = before.and_then(|before| before.templates(&made_of, &templates)) {
        diagnostics.extend(known.told.iter().cloned());
        let (engine, told) = (known.engine.clone(), known.told.clone());
        return Some(ParsedTemplates { made_of, files: templates, engine, told });
    }
    let mut told = Vec::new();
    let engine = Engine::new(templates.clone(), config.theme.as_deref(), register, &mut told);
    diagnostics.extend(told.iter().cloned());
    Some(ParsedTemplates { made_of, files: templates, engine: engine?, told })
}

/// Reads all templates and settles which generation each is of; the site's own decides how its content is read. No
/// templates where there was an error.
fn load_templates(
    root: &Path,
    config: &mut Config,
    theme: Option<&Path>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Vec<TemplateFile>>, Trees) {
    let before = diagnostics.len();
    let mut of_theme = None;
    if let (Some(folder), Some(name)) = (theme, &config.theme) {
        let mut files = Vec::new();
        let own = (&*folder.join("templates"), folder);
        read_templates(root, own, &format!("{name}/templates/"), &mut files, diagnostics);
        of_theme = Some((shown(root, &folder.join("templates")), files));
    }
    let mut own = Vec::new();
    read_templates(root, (&root.join("templates"), root), "", &mut own, diagnostics);
    let theme = of_theme.as_mut().map(|(folder, files)| (folder.as_str(), files.as_mut_slice()));
    let mut trees = trees::settle(config, theme, &mut own, diagnostics);
    let mut of_theme = of_theme.map(|(_, files)| files).unwrap_or_default();
    let mut known = trees.trees.iter_mut().rev();
    if let Some(tree) = known.next() {
        config.dialect = tree.dialect;
        own.retain(|file| is_template(&file.name, tree.dialect, false));
        tree.files = own.len();
    }
    if let Some(tree) = known.next() {
        of_theme.retain(|file| is_template(&file.name, tree.dialect, true));
        tree.files = of_theme.len();
    }
    of_theme.append(&mut own);
    // The engine would only stumble over the same files.
    let failed = diagnostics.iter().skip(before).any(Diagnostic::is_error);
    ((!failed).then_some(of_theme), trees)
}

/// File kinds that may be templates. Up to Zola 0.22 every kind that ends in `ml`, and in themes little else.
fn is_template(name: &str, dialect: Dialect, in_theme: bool) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default();
    match dialect {
        Dialect::Tera2 => ["html", "xml", "md", "txt", "json", "ics"].contains(&extension),
        Dialect::Tera1 if extension.ends_with("ml") || extension == "md" => true,
        Dialect::Tera1 if in_theme => name.ends_with("/templates/robots.txt"),
        Dialect::Tera1 => ["txt", "json", "ics"].contains(&extension),
    }
}

/// Reads what may be a template in `folder`, whose links must stay inside `allowed`.
fn read_templates(
    root: &Path,
    (folder, allowed): (&Path, &Path),
    prefix: &str,
    templates: &mut Vec<TemplateFile>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (files, problems) = asset::static_files::walk(folder, allowed, &globset::GlobSet::empty());
    diagnostics.extend(problems);
    for asset::static_files::StaticFile { output: name, source: path } in files {
        let file = shown(root, &path);
        let name = format!("{prefix}{name}");
        let candidate = [Dialect::Tera1, Dialect::Tera2].iter().any(|dialect| is_template(&name, *dialect, false));
        if candidate && let Some(text) = read(&path, &file, diagnostics) {
            templates.push(TemplateFile { name, file, text: text.into(), dialect: Dialect::Tera2 });
        }
    }
}

/// The theme's Sass is compiled whenever it exists, the site's when the configuration says so.
fn compile_sass(
    root: &Path,
    config: &Config,
    theme: Option<&Path>,
    reads: &mut Vec<PathBuf>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(String, Arc<str>, String)> {
    let mut out: Vec<(String, Arc<str>, String)> = Vec::new();
    for allowed in theme.into_iter().chain(config.compile_sass.then_some(root)) {
        let (sheets, problems) = asset::sass::compile(&allowed.join("sass"), allowed);
        diagnostics.extend(problems);
        for sheet in sheets {
            reads.extend(sheet.reads);
            // The site's own style sheet takes the place of the theme's.
            out.retain(|(other, ..)| *other != sheet.output);
            out.push((sheet.output, sheet.css.into(), sheet.source));
        }
    }
    out
}

/// The files beside pages and sections, by output path.
fn colocated(content: &Content) -> HashMap<String, PathBuf> {
    let of = |path: &str, assets: &[content::Asset]| -> Vec<(String, PathBuf)> {
        let folder = path.trim_start_matches('/');
        assets.iter().map(|asset| (format!("{folder}{}", asset.name), asset.source.clone())).collect()
    };
    let pages = content.pages.iter().flat_map(|page| of(&page.path, &page.assets));
    pages.chain(content.sections.iter().flat_map(|section| of(&section.path, &section.assets))).collect()
}

type Files = Vec<asset::static_files::StaticFile>;

fn static_files(
    root: &Path,
    config: &Config,
    theme: Option<&Path>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Files, Files) {
    let mut walk = |allowed: &Path, ignore: &globset::GlobSet| -> Files {
        let (files, problems) = asset::static_files::walk(&allowed.join("static"), allowed, ignore);
        diagnostics.extend(problems);
        files
    };
    let theme_static = theme.map(|t| walk(t, &globset::GlobSet::empty())).unwrap_or_default();
    (theme_static, walk(root, &config.ignored_static))
}

/// Renders all bodies in parallel, or takes those of the snapshot before; the diagnostics come in the order of the documents.
fn render_bodies(
    content: &Content,
    relations: &Relations,
    renderer: &BodyRenderer,
    configs: &HashMap<String, tera::Value>,
    shared: &Shared,
    asked: &Mutex<Reads>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Kept>, Vec<Kept>) {
    let config = renderer.config;
    let render = |source: &Source, context: &dyn Fn(Dialect) -> Context, told: &mut Vec<Diagnostic>| {
        let (body, reads) = reads::record(|| renderer.render(source, context, told));
        if reads.clock || reads.outside {
            asked.lock().unwrap_or_else(PoisonError::into_inner).merge(&reads);
        }
        body
    };
    let documents = Documents { content, relations, backlinks: &HashMap::new() };
    let context = |lang: &str| {
        let mut context = Context::new();
        context.insert_value("lang", lang.into());
        context.insert_value("config", configs.get(lang).cloned().unwrap_or_else(tera::Value::none));
        context
    };
    let section_anchor =
        |id: usize| content.sections[id].meta.insert_anchor_links.unwrap_or(config.markdown.insert_anchor_links);
    let keep = |body: Body, source: &Source, told: Vec<Diagnostic>| Kept {
        body: Arc::new(body),
        insert_anchor: source.insert_anchor,
        told: told.into(),
    };
    let pages: Vec<Kept> = content
        .pages
        .par_iter()
        .enumerate()
        .with_min_len(8)
        .map(|(id, page)| {
            if let Some(kept) = shared.page_body_by_outline(id) {
                return kept;
            }
            let source = Source::page(page, parent_anchor(relations, config, page, &section_anchor));
            if let Some(kept) = shared.page_body(id, &source, renderer.resolve) {
                return kept;
            }
            let mut told = Vec::new();
            let context = |dialect: Dialect| {
                let mut context = context(&page.lang);
                let page = documents.page(id, page, &Body::empty());
                context.insert_value("page", for_body(page, dialect));
                context
            };
            keep(render(&source, &context, &mut told), &source, told)
        })
        .collect();
    let sections: Vec<Kept> = content
        .sections
        .par_iter()
        .enumerate()
        .map(|(id, section)| {
            let source = Source::section(section, section_anchor(id));
            if let Some(kept) = shared.section_body(id, &source, renderer.resolve) {
                return kept;
            }
            let mut told = Vec::new();
            let context = |dialect: Dialect| {
                let mut context = context(&section.lang);
                let section = documents.section(id, section, &Body::empty(), Vec::new());
                context.insert_value("section", for_body(section.into_map().unwrap_or_default(), dialect));
                context
            };
            keep(render(&source, &context, &mut told), &source, told)
        })
        .collect();
    diagnostics.extend(pages.iter().chain(&sections).flat_map(|kept| kept.told.iter().cloned()));
    (pages, sections)
}

/// A document as its own body sees it. Shortcodes were called before documents knew of each other.
fn for_body(mut document: tera::Map, dialect: Dialect) -> tera::Value {
    if dialect == Dialect::Tera1 {
        for key in ["translations", "subsections"] {
            if let Some(value) = document.get_mut(&tera::value::Key::from(key)) {
                *value = Vec::<tera::Value>::new().into();
            }
        }
    }
    document.into()
}

/// Anchor links of a page are those of the section of its folder, else the configuration's.
fn parent_anchor(
    relations: &Relations,
    config: &Config,
    page: &content::Page,
    section_anchor: &(dyn Fn(usize) -> InsertAnchor + Sync),
) -> InsertAnchor {
    let index = content::index_filename(&page.lang, config);
    let relative = if page.file.parent.is_empty() { index } else { format!("{}/{index}", page.file.parent) };
    match relations.by_relative.get(&relative) {
        Some(relate::DocumentId::Section(id)) => section_anchor(*id),
        _ => config.markdown.insert_anchor_links,
    }
}

/// What the author should know of the search indexes that will be made.
fn search_warnings(config: &Config) -> Vec<Diagnostic> {
    let indexed = |(lang, language): &(&String, &config::Language)| {
        config.build_search_index && (**lang == config.default_language || language.build_search_index)
    };
    let warning = |(lang, _): (&String, &config::Language)| search::warning(lang, config.search.index_format);
    let warnings = config.languages.iter().filter(indexed).filter_map(warning);
    warnings.map(|why| Diagnostic::warning("search/language", why).at(Place::file(&config.file))).collect()
}

/// Indexes the finished values by the names that templates use.
fn lookup(content: &Content, taxonomies: &[TaxonomyTerms], values: &Values) -> Lookup {
    fn insert(into: &mut ByPath, relative: &str, canonical: &str, lang: &str, value: &tera::Value) {
        into.canonical.insert(relative.to_owned(), (canonical.to_owned(), lang.to_owned()));
        into.values.entry(canonical.to_owned()).or_default().insert(lang.to_owned(), value.clone());
    }
    let mut lookup = Lookup::default();
    for (page, value) in content.pages.iter().zip(&values.pages) {
        insert(&mut lookup.pages, &page.file.relative, &page.file.canonical, &page.lang, value);
    }
    for (section, value) in content.sections.iter().zip(&values.sections) {
        insert(&mut lookup.sections, &section.file.relative, &section.file.canonical, &section.lang, value);
    }
    for (id, taxonomy) in taxonomies.iter().enumerate() {
        let terms = taxonomy.terms.iter().zip(&values.terms[id]);
        let entry = TaxonomyEntry {
            name: taxonomy.definition.name.clone(),
            value: values.taxonomies[id].clone(),
            terms: terms.map(|(term, value)| (term.slug.clone(), value.clone())).collect(),
        };
        lookup.taxonomies.entry(taxonomy.lang.clone()).or_default().insert(taxonomy.definition.slug.clone(), entry);
    }
    lookup
}
