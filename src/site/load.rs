//! From a folder to a [`Site`]: configuration, theme, templates, documents, relations.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::config::{self, Age, Config, Dialect, Mode};
use crate::content::{self, Changes, Content, Stored};
use crate::diagnostic::{Diagnostic, Place};
use crate::markdown::Highlighter;
use crate::outreach;
use crate::search;
use crate::template::{self, Engine, TemplateFile};
use crate::text;

use super::asks;
use super::bodies::{Bodies, Ingredients};
use super::functions::{self, DataCache, Early, Images, Locator, Snippets};
use super::generation::{Clues, Generation};
use super::library::Library;
use super::memo::{Memo, Stores};
use super::memory::{self, Before, Known, Memory, ParsedTemplates, Related, Shared};
use super::relate::{self, Places};
use super::request::{Request, read_config};
use super::sass::Sass;
use super::shortcodes::Definitions;
use super::sources::{colocated, load_templates, static_files};
use super::taxonomy;
use super::trees::Trees;
use super::values;
use super::{Site, shown};

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
        Self::assemble(request, before, true, None, diagnostics)
    }

    /// [`Site::load`], with what an earlier build left of documents that did not change.
    pub fn load_with(request: &Request, stores: Option<Stores>, diagnostics: &mut Vec<Diagnostic>) -> Option<Site> {
        Self::assemble(request, None, true, stores, diagnostics)
    }

    /// [`Site::load_after`] with pages that an earlier build parsed, and without looking at bodies: each is rendered when a
    /// route first needs it, and what is wrong with those that no route needed is for [`Site::report`] to say.
    pub fn open_after(
        request: &Request,
        before: Option<(&Site, &Changes)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Site> {
        let is_first = before.is_none() && !request.no_cache;
        let stores = if is_first { Stores::open(&request.found.root) } else { None };
        Self::assemble(request, before, false, stores, diagnostics)
    }

    fn assemble(
        request: &Request,
        before: Option<(&Site, &Changes)>,
        with_bodies: bool,
        stores: Option<Stores>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Site> {
        let before = before.and_then(|(site, changes)| Before::new(site, changes));
        let root = request.found.root.clone();
        let (mut config, theme_folder) = read_config(request, diagnostics)?;
        let (templates, trees) = load_templates(&root, &mut config, theme_folder.as_deref(), diagnostics);
        let config_dir = request.found.config.parent().unwrap_or(&request.found.root);
        // Only now is the configuration settled: the templates decide of which generation the site is.
        let is_told = request.remember || stores.is_some();
        let made_of = if is_told { memory::config_made_of(&config, config_dir) } else { String::new() };
        // A server has another address than a build, and the same pages.
        let anywhere = || Config { base_url: String::new(), mode: Mode::Build, ..config.clone() };
        let stored =
            stores.as_ref().map(|stores| stores.pages(&memory::config_made_of(&anywhere(), config_dir), with_bodies));
        let torn = stored.as_ref().map(Stored::torn).unwrap_or_default();
        let known_config = before.and_then(|before| before.config(&made_of));
        let before = before.filter(|_| known_config.is_some());
        let config = known_config.unwrap_or_else(|| Arc::new(config));
        let now = request.now.instant(config.outreach.is_some());

        // Templates, style sheets and documents have nothing to do with each other.
        let (mut engine_diagnostics, mut content_diagnostics) = (Vec::new(), Vec::new());
        let (engine, (sass, ((content, content_memory), files))) = rayon::join(
            || load_engine(templates?, &config, now, before, &mut engine_diagnostics),
            || {
                let sass = match before {
                    Some(before) if before.memory.sass.is_left_by(before.changes, &root) => before.memory.sass.clone(),
                    _ => {
                        let store = stores.as_ref().map(Stores::sources);
                        Arc::new(Sass::compile(&root, &config, theme_folder.as_deref(), store))
                    }
                };
                content_diagnostics.extend(sass.told().iter().cloned());
                let known = before.map(|before| (&before.memory.content, before.changes));
                let content = content::load_after(
                    &root,
                    &config,
                    request.drafts,
                    known,
                    stored.as_ref(),
                    &mut content_diagnostics,
                );
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
        let (mut stylesheets, sass_reads) = (sass.sheets(), sass.reads());
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

        let (mut content, mut content_memory) = (content, Some(content_memory));
        let outreach = config.outreach.as_ref().map(|settings| {
            let name = |path: &Path| shown(&root, path);
            Arc::new(outreach::load(&mut content, &config, settings, config_dir, &name, now, diagnostics))
        });
        if has_errors(diagnostics) {
            return None;
        }

        let shortcodes = Arc::new(Definitions::find(&engine, config.theme.as_deref(), diagnostics));
        let generation = Generation::find(clues(&config, &trees), &config, &content, &shortcodes, &engine);
        // One page can decide how all others are read.
        let is_alike = |before: &Before| before.site.generation.dialect == generation.dialect;
        let shared = Shared::find(before.filter(is_alike), &content, &templates.engine);
        let related = match shared.related() {
            Some(known) => known.clone(),
            None => related(&content, &config, shared.places()),
        };
        diagnostics.extend(related.told.iter().cloned());
        let (relations, taxonomies) = (related.relations.clone(), related.taxonomies.clone());
        let generated = stylesheets.iter().map(|(path, css, _)| (path.clone(), css.clone())).collect();
        let theme_static = theme_folder.as_ref().map(|t| t.join("static")).and_then(|t| t.canonicalize().ok());
        let colocated = colocated(&content);
        let locator =
            Arc::new(Locator::new(root.clone(), config.output_dir.clone(), theme_static, generated, colocated));
        let (images, data) = match before {
            Some(Before { site, changes, .. }) => {
                let data = DataCache::after(&site.library.bodies.of.early.data, changes);
                (Images::after(&site.images, changes), data)
            }
            None => (Images::new(&root, request.no_cache), DataCache::default()),
        };
        let images = Arc::new(images);
        let asks = asks::Keeper::default();
        let source = outreach.as_ref().map(|outreach| functions::outreach::Source {
            config: config.clone(),
            outreach: outreach.clone(),
            sections: Arc::new(values::titles(&content)),
            asks: asks.clone(),
        });
        let early = Early {
            config: config.clone(),
            locator: locator.clone(),
            places: relations.places.clone(),
            images: images.clone(),
            data: Arc::new(data),
            taxonomies: taxonomies.clone(),
            now,
            outreach: source,
            asks: asks.clone(),
        };
        functions::register_early(engine.tera_mut(), &early);
        let snippets =
            Snippets { early: early.clone(), highlighter: highlighter.clone(), shortcodes: shortcodes.clone() };
        snippets.register(&mut engine);

        // What a snapshot shares with the next it must have made itself.
        let memo = stores.filter(|_| with_bodies).map(|stores| Memo::new(stores, &made_of, &engine));
        let ingredients = Ingredients {
            memo,
            content: Arc::new(content),
            relations: relations.clone(),
            engine: engine.clone(),
            highlighter: highlighter.clone(),
            shortcodes,
            dialect: generation.dialect,
            configs: values::configs(&config),
            early,
        };
        let mut bodies = Bodies::new(ingredients, &shared);
        if with_bodies {
            diagnostics.extend(bodies.report());
            if has_errors(diagnostics) {
                return None;
            }
        }
        if !request.remember {
            drop(content_memory.take());
            // Only messages about bodies needed the sources.
            if with_bodies {
                bodies.forget_sources();
            }
        }
        let content = bodies.of.content.clone();
        let library = Arc::new(Library::new(bodies, taxonomies.clone(), &shared));
        functions::register_late(engine.tera_mut(), &library.bodies.of.early, &library);

        let memory = content_memory.map(|content| Memory {
            config: Known { made_of, thing: config.clone() },
            highlighter,
            templates,
            content,
            related,
            sass,
        });
        let (theme_static, static_files) = files;
        Some(Site {
            root,
            config,
            config_dir: (config_dir != request.found.root).then(|| config_dir.to_path_buf()),
            theme_folder,
            engine,
            generation,
            content,
            relations,
            taxonomies,
            library,
            sitemap: OnceLock::new(),
            stylesheets,
            theme_static,
            static_files,
            outreach,
            images,
            asks,
            locator,
            torn,
            sass_reads,
            trees,
            memory,
        })
    }
}

/// How the documents relate to each other.
fn related(content: &Content, config: &Config, places: Option<Arc<Places>>) -> Related {
    let mut told = Vec::new();
    let relations = relate::relate(content, config, places, &mut told);
    let taxonomies = taxonomy::collect(content, &relations, config);
    Related { relations: Arc::new(relations), taxonomies: Arc::new(taxonomies), told }
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

/// What the author should know of the search indexes that will be made.
fn search_warnings(config: &Config) -> Vec<Diagnostic> {
    let indexed = |(lang, language): &(&String, &config::Language)| {
        config.build_search_index && (**lang == config.default_language || language.build_search_index)
    };
    let warning = |(lang, _): (&String, &config::Language)| search::warning(lang, config.search.index_format);
    let warnings = config.languages.iter().filter(indexed).filter_map(warning);
    warnings.map(|why| Diagnostic::warning("search/language", why).at(Place::file(&config.file))).collect()
}
