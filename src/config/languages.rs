//! The languages of a site: the top-level keys are those of the default language.

use indexmap::IndexMap;

use super::raw::{Raw, RawLanguage, RawTaxonomy, Search, Slugify, default_feed_filenames};
use super::toml_input::Input;
use super::{Taxonomy, slugify_path};
use crate::diagnostic::Diagnostic;
use crate::text;

/// What one language of the site has of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Language {
    pub title: Option<String>,
    pub description: Option<String>,
    pub generate_feeds: bool,
    pub feed_filenames: Vec<String>,
    pub taxonomies: Vec<Taxonomy>,
    pub build_search_index: bool,
    pub search: Search,
    pub translations: IndexMap<String, String>,
}

/// Every language, the default one first unless the file has a section for it.
pub fn collect(raw: &Raw, input: &Input, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<String, Language> {
    let default = default_language(raw, input, diagnostics);
    let mut languages = IndexMap::new();
    languages.insert(raw.default_language.clone(), checked(default, &raw.slugify));
    for (code, language) in &raw.languages {
        if *code != raw.default_language {
            languages.insert(code.clone(), checked(language.clone(), &raw.slugify));
        }
    }
    languages
}

/// The top-level keys together with `[languages.<default>]`; a key in both places is an error.
fn default_language(raw: &Raw, input: &Input, diagnostics: &mut Vec<Diagnostic>) -> RawLanguage {
    let top = RawLanguage {
        title: raw.title.clone(),
        description: raw.description.clone(),
        generate_feeds: raw.generate_feeds,
        feed_filenames: raw.feed_filenames.clone(),
        taxonomies: raw.taxonomies.clone(),
        build_search_index: raw.build_search_index,
        search: raw.search.clone(),
        translations: raw.translations.clone(),
    };
    let code = raw.default_language.as_str();
    let Some(own) = raw.languages.get(code) else { return top };
    if top == RawLanguage::default() {
        return own.clone();
    }
    diagnostics.push(
        Diagnostic::warning(
            "config/default-language",
            text!(
                "the default language `{code}` is described at the top level and in [languages.{code}]",
                "默认语言 `{code}` 在顶层和 [languages.{code}] 里都有设置"
            ),
        )
        .at(input.place(&["languages", code]))
        .help(text!("keep one of the two places", "请只在一处设置")),
    );
    let mut twice = |key: &str| {
        diagnostics.push(
            Diagnostic::error(
                "config/default-language",
                text!("`{key}` of the default language is set twice", "默认语言的 `{key}` 设置了两次"),
            )
            .at(input.place(&["languages", code, key])),
        );
    };
    fn pick<T: PartialEq + Clone>(top: &T, own: &T, unset: T, twice: &mut dyn FnMut()) -> T {
        if *top == unset {
            return own.clone();
        }
        if *own != unset && top != own {
            twice();
        }
        top.clone()
    }
    RawLanguage {
        title: pick(&top.title, &own.title, None, &mut || twice("title")),
        description: pick(&top.description, &own.description, None, &mut || twice("description")),
        generate_feeds: top.generate_feeds || own.generate_feeds,
        feed_filenames: pick(&top.feed_filenames, &own.feed_filenames, default_feed_filenames(), &mut || {
            twice("feed_filenames")
        }),
        taxonomies: pick(&top.taxonomies, &own.taxonomies, vec![], &mut || twice("taxonomies")),
        build_search_index: top.build_search_index || own.build_search_index,
        search: pick(&top.search, &own.search, Search::default(), &mut || twice("search")),
        translations: pick(&top.translations, &own.translations, IndexMap::new(), &mut || twice("translations")),
    }
}

fn checked(raw: RawLanguage, slugify: &Slugify) -> Language {
    Language {
        title: raw.title,
        description: raw.description,
        generate_feeds: raw.generate_feeds,
        feed_filenames: raw.feed_filenames,
        taxonomies: raw.taxonomies.into_iter().map(|t| taxonomy(t, slugify)).collect(),
        build_search_index: raw.build_search_index,
        search: raw.search,
        translations: raw.translations,
    }
}

fn taxonomy(raw: RawTaxonomy, slugify: &Slugify) -> Taxonomy {
    Taxonomy {
        slug: slugify_path(&raw.name, slugify.taxonomies),
        name: raw.name,
        paginate_by: raw.paginate_by,
        paginate_path: raw.paginate_path,
        render: raw.render,
        feed: raw.feed,
    }
}
