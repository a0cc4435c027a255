//! What claims which path of the output.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::config::Dialect;
use crate::content::{Asset, Page};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::outreach::CALENDAR;
use crate::search;
use crate::text;

use super::routes::{FeedOf, Layer, Route, Routes, is_external};
use super::{Site, sitemap};

/// Whether the second of two claims is the one of a taxonomy, where the other is a document or a redirect. Zola up to
/// 0.22 wrote taxonomies last, over whatever stood there.
fn taxonomy_against_document(first: &Route, second: &Route) -> Option<bool> {
    let taxonomy = |r: &Route| matches!(r, Route::TaxonomyList(_) | Route::Term { .. } | Route::TermPager { .. });
    let document = |r: &Route| {
        matches!(r, Route::Page(_) | Route::Section(_) | Route::SectionPager { .. } | Route::Redirect { .. })
    };
    match (first, second) {
        (first, second) if document(first) && taxonomy(second) => Some(true),
        (first, second) if taxonomy(first) && document(second) => Some(false),
        _ => None,
    }
}

fn shadowed(path: &str, (winner, loser): (Text, Text), place: Option<Place>) -> Diagnostic {
    let warning = Diagnostic::warning(
        "routes/shadowed",
        Text {
            en: format!("`/{path}` is {}; {} is not shown", winner.en, loser.en),
            zh: format!("`/{path}` 是{}；{}不会显示", winner.zh, loser.zh),
        },
    )
    .help(text!(
        "Zola up to 0.22 did the same without a word; today's refuses it",
        "Zola 0.22 及以前也这样处理，但不提示；新版会报错"
    ));
    match place {
        Some(place) => warning.at(place),
        None => warning,
    }
}

/// Collects claims on output paths.
struct Planner<'a> {
    site: &'a Site,
    routes: Routes,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Planner<'_> {
    fn claim(&mut self, path: String, route: Route) {
        let path = if path.starts_with('/') || path.ends_with('/') { path.trim_matches('/').to_owned() } else { path };
        let path = match self.routes.entry(path) {
            Entry::Vacant(place) => {
                place.insert(route);
                return;
            }
            Entry::Occupied(taken) => taken.key().clone(),
        };
        let Some(other) = self.routes.get(&path) else { return };
        if let (Route::File { layer: Layer::SiteStatic, .. }, true) = (&route, other.yields_to_static()) {
            let theme = matches!(other, Route::File { .. });
            if !theme {
                let (what, _) = other.describe(self.site);
                let (en, zh) = (what.en, what.zh);
                self.diagnostics.push(
                    Diagnostic::warning(
                        "routes/static",
                        Text {
                            en: format!("`static/{path}` takes the place of {en}"),
                            zh: format!("`static/{path}` 取代了{zh}"),
                        },
                    )
                    .at(Place::file(format!("static/{path}"))),
                );
            }
            self.routes.insert(path, route);
            return;
        }
        if matches!(
            (other, &route),
            (Route::Feed { of: FeedOf::Site { .. }, .. }, Route::Feed { of: FeedOf::Section(_), .. })
                | (Route::Redirect { .. }, Route::Redirect { .. })
        ) && self.harmless(other, &route)
        {
            return;
        }
        let ((a, a_file), (b, b_file)) = (other.describe(self.site), route.describe(self.site));
        let place = b_file.or(a_file).map(Place::file);
        if self.site.config.dialect == Dialect::Tera1
            && let Some(taxonomy_wins) = taxonomy_against_document(other, &route)
        {
            self.diagnostics.push(shadowed(&path, if taxonomy_wins { (b, a) } else { (a, b) }, place));
            if taxonomy_wins {
                self.routes.insert(path, route);
            }
            return;
        }
        let (a_en, a_zh, b_en, b_zh) = (a.en, a.zh, b.en, b.zh);
        let mut diagnostic = Diagnostic::error(
            "routes/collision",
            Text {
                en: format!("two things want to be `/{path}`: {a_en}, and {b_en}"),
                zh: format!("`/{path}` 被占用两次：{a_zh}，和{b_zh}"),
            },
        )
        .help(text!(
            "change `slug`, `path` or `aliases` of one of them, or its file name",
            "请修改其中一个的 `slug`、`path`、`aliases` 或文件名"
        ));
        if let Some(place) = place {
            diagnostic = diagnostic.at(place);
        }
        self.diagnostics.push(diagnostic);
    }

    /// No path may be a file and a folder at once.
    fn folders(&mut self) {
        let site = self.site;
        let below = |path: &str| {
            let folder = format!("{path}/");
            let next = self.routes.range(folder.clone()..).next();
            next.filter(|(inner, _)| inner.starts_with(&folder))
        };
        let both: Vec<Diagnostic> = self
            .routes
            .iter()
            .filter_map(|(path, route)| {
                let (inner, other) = below(path)?;
                let ((a, file), (b, _)) = (route.describe(site), other.describe(site));
                let error = Diagnostic::error(
                    "routes/collision",
                    Text {
                        en: format!(
                            "`/{path}` cannot be a file and a folder at once: it is {}, and `/{inner}` is {}",
                            a.en, b.en
                        ),
                        zh: format!("`/{path}` 不能既是文件又是文件夹：它是{}，而 `/{inner}` 是{}", a.zh, b.zh),
                    },
                );
                let error = error.help(text!("give one of them another name", "请给其中一个换个名称"));
                Some(match file {
                    Some(file) => error.at(Place::file(file)),
                    None => error,
                })
            })
            .collect();
        self.diagnostics.extend(both);
    }

    /// The index section's feed has the site feed's path; the site's lists more. Two redirects to one place are one.
    fn harmless(&self, other: &Route, route: &Route) -> bool {
        match (other, route) {
            (Route::Redirect { to: a, .. }, Route::Redirect { to: b, .. }) => a == b,
            _ => true,
        }
    }

    fn pages(&mut self) {
        let site = self.site;
        for (id, page) in site.content.pages.iter().enumerate() {
            if !site.relations.rendered[id] {
                continue;
            }
            self.claim(index_of(&page.path), Route::Page(id));
            if let Some(outreach) = &site.outreach {
                for (part, cut) in outreach.parts(&page.file.relative).iter().enumerate() {
                    self.claim(index_of(&cut.path), Route::PagePart { page: id, part });
                }
            }
            if !page.meta.aliases.is_empty() {
                let shown = format!("content/{}", page.file.relative);
                self.aliases(&page.meta.aliases, &page.permalink, &shown);
            }
            self.assets(&page.path, &page.assets);
        }
    }

    fn aliases(&mut self, aliases: &[String], to: &str, asked_by: &str) {
        for alias in aliases {
            let parts: Vec<&str> = alias.split('/').filter(|part| !part.is_empty()).collect();
            let alias = parts.join("/");
            let path = if alias.ends_with(".html") { alias } else { index_of(&alias) };
            self.claim(path, Route::Redirect { to: to.to_owned(), asked_by: asked_by.to_owned() });
        }
    }

    fn assets(&mut self, path: &str, assets: &[Asset]) {
        for asset in assets {
            let shown = self.site.shown(&asset.source);
            let route = Route::File { source: asset.source.clone(), shown, layer: Layer::Colocated };
            self.claim(format!("{path}{}", asset.name), route);
        }
    }

    fn sections(&mut self) {
        let site = self.site;
        for (id, section) in site.content.sections.iter().enumerate() {
            let shown = format!("content/{}", section.file.relative);
            if section.meta.generate_feeds {
                for filename in &site.config.languages[&section.lang].feed_filenames {
                    let path = format!("{}{filename}", section.path);
                    self.claim(path.clone(), Route::Feed { of: FeedOf::Section(id), filename: filename.clone(), path });
                }
            }
            if !section.meta.render {
                // Zola up to 0.22 copies what stands beside such a section all the same.
                if site.config.dialect == Dialect::Tera1 {
                    self.assets(&section.path, &section.assets);
                }
                continue;
            }
            self.aliases(&section.meta.aliases, &section.permalink, &shown);
            if let Some(to) = &section.meta.redirect_to {
                let to = if is_external(to) { to.clone() } else { site.config.permalink(to) };
                self.claim(index_of(&section.path), Route::Redirect { to, asked_by: shown });
                continue;
            }
            self.assets(&section.path, &section.assets);
            match site.section_paginator(id) {
                None => self.claim(index_of(&section.path), Route::Section(id)),
                Some(paginator) => {
                    let paginator = Arc::new(paginator);
                    for index in 1..=paginator.number_pagers() {
                        let path = index_of(&paginator.path_of(index));
                        let route = Route::SectionPager { section: id, paginator: paginator.clone(), index };
                        self.claim(path, route);
                    }
                    let to = paginator.permalink.clone();
                    self.claim(index_of(&paginator.first_number_path()), Route::Redirect { to, asked_by: shown });
                }
            }
        }
    }

    fn taxonomies(&mut self) {
        let site = self.site;
        for (t, taxonomy) in site.taxonomies.iter().enumerate() {
            if !taxonomy.definition.render || taxonomy.terms.is_empty() {
                continue;
            }
            self.claim(index_of(&taxonomy.path), Route::TaxonomyList(t));
            for (i, term) in taxonomy.terms.iter().enumerate() {
                match site.term_paginator(t, i) {
                    None => self.claim(index_of(&term.path), Route::Term { taxonomy: t, term: i }),
                    Some(paginator) => {
                        let paginator = Arc::new(paginator);
                        for index in 1..=paginator.number_pagers() {
                            let path = index_of(&paginator.path_of(index));
                            let route = Route::TermPager { taxonomy: t, term: i, paginator: paginator.clone(), index };
                            self.claim(path, route);
                        }
                        let redirect =
                            Route::Redirect { to: term.permalink.clone(), asked_by: site.config.file.clone() };
                        self.claim(index_of(&paginator.first_number_path()), redirect);
                    }
                }
                if taxonomy.definition.feed {
                    for filename in &site.config.languages[&taxonomy.lang].feed_filenames {
                        let path = format!("{}{filename}", term.path);
                        let of = FeedOf::Term { taxonomy: t, term: i };
                        self.claim(path.clone(), Route::Feed { of, filename: filename.clone(), path });
                    }
                }
            }
        }
    }

    fn site_feeds(&mut self) {
        let site = self.site;
        for (lang, language) in &site.config.languages {
            let allowed = site.config.root_generate_feeds || site.config.own_language_feeds();
            if !language.generate_feeds || !allowed {
                continue;
            }
            let prefix = if *lang == site.config.default_language { String::from("/") } else { format!("/{lang}/") };
            for filename in &language.feed_filenames {
                let path = format!("{prefix}{filename}");
                let of = FeedOf::Site { lang: lang.clone() };
                self.claim(path.clone(), Route::Feed { of, filename: filename.clone(), path });
            }
        }
    }

    fn made_by_kepu(&mut self) {
        let site = self.site;
        self.claim("404.html".into(), Route::NotFound);
        if site.config.generate_robots_txt {
            self.claim("robots.txt".into(), Route::Robots);
        }
        if site.config.generate_sitemap {
            // Whatever it lists has a route by now, so most sites need not be counted.
            let is_small = self.routes.len() < sitemap::ENTRIES_PER_FILE;
            if is_small || site.sitemap().len() < sitemap::ENTRIES_PER_FILE {
                self.claim("sitemap.xml".into(), Route::Sitemap { part: 0 });
            } else {
                let parts = site.sitemap().len().div_ceil(sitemap::ENTRIES_PER_FILE);
                for part in 1..=parts {
                    self.claim(format!("sitemap{part}.xml"), Route::Sitemap { part });
                }
                self.claim("sitemap.xml".into(), Route::SitemapIndex { parts });
            }
        }
        for (path, css, from) in &site.stylesheets {
            self.claim(path.clone(), Route::Stylesheet { css: css.clone(), from: from.clone() });
        }
        if site.config.build_search_index {
            for (lang, language) in &site.config.languages {
                if *lang == site.config.default_language || language.build_search_index {
                    let name = search::file_name(site.config.search.index_format, lang);
                    self.claim(name, Route::SearchIndex { lang: lang.clone() });
                }
            }
            if search::is_elasticlunr(site.config.search.index_format) {
                self.claim("elasticlunr.min.js".into(), Route::SearchScript);
            }
        }
    }

    fn calendars(&mut self) {
        let Some(outreach) = &self.site.outreach else { return };
        self.claim(CALENDAR.to_owned(), Route::Calendar { page: None });
        for (path, page) in outreach.pages_with_events() {
            self.claim(path, Route::Calendar { page: Some(page) });
        }
    }

    fn static_files(&mut self) {
        let site = self.site;
        // The theme's files first: the site's own take their place, and generated files take the theme's.
        for (files, layer) in [(&site.theme_static, Layer::ThemeStatic), (&site.static_files, Layer::SiteStatic)] {
            for file in files {
                let route = Route::File { source: file.source.clone(), shown: site.shown(&file.source), layer };
                if layer == Layer::ThemeStatic && self.routes.get(&file.output).is_some_and(Route::yields_to_static) {
                    self.routes.insert(file.output.clone(), route);
                    continue;
                }
                self.claim(file.output.clone(), route);
            }
        }
    }
}

/// Plans every route of a site. Two claims on one path are an error, and so is what a public site must have and lacks.
pub fn plan(site: &Site, diagnostics: &mut Vec<Diagnostic>) -> Routes {
    let mut planner = Planner { site, routes: Routes::new(), diagnostics };
    planner.pages();
    planner.site_feeds();
    planner.sections();
    planner.taxonomies();
    planner.made_by_kepu();
    planner.calendars();
    planner.static_files();
    planner.folders();
    let Planner { routes, diagnostics, .. } = planner;
    diagnostics.extend(site.outreach.iter().flat_map(|outreach| outreach.findings.iter().cloned()));
    routes
}

/// Whether a site has the very routes of the one before it.
pub fn has_same_routes(before: &Site, site: &Site) -> bool {
    let same_page = |(a, b): (&Arc<Page>, &Arc<Page>)| {
        Arc::ptr_eq(a, b) || (a.meta.aliases == b.meta.aliases && a.assets == b.assets)
    };
    let same_outreach = match (&before.outreach, &site.outreach) {
        (Some(a), Some(b)) => {
            a.pages_with_events() == b.pages_with_events()
                && a.part_paths() == b.part_paths()
                && a.findings == b.findings
        }
        (a, b) => a.is_none() && b.is_none(),
    };
    Arc::ptr_eq(&before.config, &site.config)
        // Relations are shared only where all documents are in the same places, and sections make the same of them.
        && Arc::ptr_eq(&before.relations, &site.relations)
        && before.content.pages.iter().zip(&site.content.pages).all(same_page)
        && before.stylesheets == site.stylesheets
        && (&before.theme_static, &before.static_files) == (&site.theme_static, &site.static_files)
        && same_outreach
}

/// `/blog/` → `blog/index.html`.
fn index_of(path: &str) -> String {
    match path.trim_matches('/') {
        "" => "index.html".to_owned(),
        path => format!("{path}/index.html"),
    }
}
