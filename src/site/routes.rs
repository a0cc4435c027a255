//! The route table: every path of the output and what makes it, known before anything is rendered. [`super::plan`] fills it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::PaginatedInSitemap;
use crate::diagnostic::Text;
use crate::text;

use super::Site;
use super::pager::Paginator;
use super::relate::{DocumentId, PageId, SectionId};

/// What makes one file of the output.
#[derive(Clone, Debug)]
pub enum Route {
    Page(PageId),
    /// One part, counted from 0, of a directory that is too long for one page.
    PagePart {
        page: PageId,
        part: usize,
    },
    Section(SectionId),
    /// One pager, counted from 1.
    SectionPager {
        section: SectionId,
        paginator: Arc<Paginator>,
        index: usize,
    },
    TaxonomyList(usize),
    Term {
        taxonomy: usize,
        term: usize,
    },
    TermPager {
        taxonomy: usize,
        term: usize,
        paginator: Arc<Paginator>,
        index: usize,
    },
    Feed {
        of: FeedOf,
        filename: String,
        path: String,
    },
    /// A part of the sitemap, counted from 1, or all of it (0).
    Sitemap {
        part: usize,
    },
    SitemapIndex {
        parts: usize,
    },
    NotFound,
    Robots,
    /// A page that leads elsewhere, and the file that asks for it.
    Redirect {
        to: String,
        asked_by: String,
    },
    /// A file that is copied, and how messages name it.
    File {
        source: PathBuf,
        shown: String,
        layer: Layer,
    },
    /// A style sheet that is ready, and where it comes from.
    Stylesheet {
        css: Arc<str>,
        from: String,
    },
    SearchIndex {
        lang: String,
    },
    SearchScript,
    /// Events as iCalendar: of the page with this content path, or of the whole site.
    Calendar {
        page: Option<String>,
    },
}

/// Where a copied file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    ThemeStatic,
    SiteStatic,
    Colocated,
}

/// Whose pages a feed lists.
#[derive(Clone, Debug)]
pub enum FeedOf {
    Site { lang: String },
    Section(SectionId),
    Term { taxonomy: usize, term: usize },
}

/// All routes by output path (`blog/index.html`), in order.
pub type Routes = BTreeMap<String, Route>;

impl Route {
    /// Whether a file of the site's own `static/` may take this route's place: kepu makes these unasked.
    pub(super) fn yields_to_static(&self) -> bool {
        matches!(
            self,
            Route::Sitemap { .. }
                | Route::SitemapIndex { .. }
                | Route::NotFound
                | Route::Robots
                | Route::Feed { .. }
                | Route::Stylesheet { .. }
                | Route::SearchIndex { .. }
                | Route::SearchScript
                | Route::Calendar { .. }
                | Route::File { layer: Layer::ThemeStatic, .. }
        )
    }

    /// How messages name the route, and the file behind it.
    pub fn describe(&self, site: &Site) -> (Text, Option<String>) {
        let section = |id: &SectionId| format!("content/{}", site.content.sections[*id].file.relative);
        let term = |taxonomy: &usize, term: &usize| {
            let taxonomy = &site.taxonomies[*taxonomy];
            let (kind, name) = (&taxonomy.definition.name, &taxonomy.terms[*term].name);
            (text!("the term `{name}` of `{kind}`", "分类 `{kind}` 的词条 `{name}`"), None)
        };
        match self {
            Route::Page(id) | Route::PagePart { page: id, .. } => {
                let file = format!("content/{}", site.content.pages[*id].file.relative);
                (text!("the page `{file}`", "页面 `{file}`"), Some(file))
            }
            Route::Section(id) | Route::SectionPager { section: id, .. } => {
                let file = section(id);
                (text!("the section `{file}`", "栏目 `{file}`"), Some(file))
            }
            Route::TaxonomyList(taxonomy) => {
                let kind = &site.taxonomies[*taxonomy].definition.name;
                (text!("the list of `{kind}`", "分类 `{kind}` 的列表"), None)
            }
            Route::Term { taxonomy, term: t } | Route::TermPager { taxonomy, term: t, .. } => term(taxonomy, t),
            Route::Feed { of, filename, .. } => match of {
                FeedOf::Site { .. } => (text!("the site's feed `{filename}`", "网站的订阅源 `{filename}`"), None),
                FeedOf::Section(id) => {
                    let file = section(id);
                    (text!("the feed `{filename}` of `{file}`", "`{file}` 的订阅源 `{filename}`"), Some(file))
                }
                FeedOf::Term { taxonomy, term: t } => term(taxonomy, t),
            },
            Route::Sitemap { .. } | Route::SitemapIndex { .. } => (text!("the sitemap", "站点地图"), None),
            Route::NotFound => (text!("the 404 page", "404 页面"), None),
            Route::Robots => (text!("robots.txt", "robots.txt"), None),
            Route::Redirect { asked_by, .. } => {
                (text!("a redirect to `{asked_by}`", "指向 `{asked_by}` 的跳转"), Some(asked_by.clone()))
            }
            Route::File { shown, .. } => (text!("the file `{shown}`", "文件 `{shown}`"), Some(shown.clone())),
            Route::Stylesheet { from, .. } => {
                (text!("the style sheet of `{from}`", "`{from}` 的样式表"), Some(from.clone()))
            }
            Route::SearchIndex { lang } => (text!("the search index of `{lang}`", "`{lang}` 的搜索索引"), None),
            Route::SearchScript => (text!("elasticlunr.min.js", "elasticlunr.min.js"), None),
            Route::Calendar { page: None } => (text!("the calendar", "日历"), None),
            Route::Calendar { page: Some(page) } => {
                let file = format!("content/{page}");
                (text!("the calendar of `{file}`", "`{file}` 的日历"), Some(file))
            }
        }
    }
}

/// Whether a link leads to another site.
pub fn is_external(link: &str) -> bool {
    link.starts_with("http:") || link.starts_with("https:")
}

impl Site {
    /// How a section's pages are cut, if they are.
    pub fn section_paginator(&self, id: SectionId) -> Option<Paginator> {
        let section = &self.content.sections[id];
        let mut pages = self.relations.section_pages[id].clone();
        if section.meta.paginate_reversed {
            pages.reverse();
        }
        Some(Paginator {
            paginate_by: section.meta.paginate_by.filter(|n| *n > 0)?,
            path: section.path.clone(),
            permalink: section.permalink.clone(),
            paginate_path: section.meta.paginate_path.clone(),
            pages,
        })
    }

    /// How a term's pages are cut, if they are.
    pub fn term_paginator(&self, taxonomy: usize, term: usize) -> Option<Paginator> {
        let taxonomy = &self.taxonomies[taxonomy];
        let term = &taxonomy.terms[term];
        Some(Paginator {
            paginate_by: taxonomy.definition.paginate_by()?,
            path: term.path.clone(),
            permalink: term.permalink.clone(),
            paginate_path: taxonomy.definition.paginate_path().to_owned(),
            pages: term.pages.clone(),
        })
    }

    /// Whether the sitemap lists the numbered addresses of pagers.
    pub fn sitemap_lists_pagers(&self) -> bool {
        self.config.exclude_paginated_pages_in_sitemap == PaginatedInSitemap::None
    }

    /// The document behind a content path.
    pub fn document(&self, relative: &str) -> Option<DocumentId> {
        self.relations.places.document(relative)
    }
}
