//! What the sitemap lists.

use tera::Value;

use super::Site;
use super::values::map;

/// Larger sitemaps are split; search engines refuse more than 50,000 entries in one file.
pub const ENTRIES_PER_FILE: usize = 30_000;

/// One address.
#[derive(Clone, Debug)]
pub struct Entry {
    pub permalink: String,
    updated: Option<String>,
    extra: Option<Value>,
}

impl Entry {
    fn plain(permalink: String) -> Self {
        Self { permalink, updated: None, extra: None }
    }

    pub fn value(&self) -> Value {
        Value::from(map! {
            "permalink": self.permalink.as_str(),
            "updated": self.updated.clone(),
            "extra": self.extra.clone(),
        })
    }
}

/// All addresses, sorted and unique: rendered pages and sections, pagers, taxonomies and their terms.
pub fn entries(site: &Site) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (_, page) in site.content.pages.iter().enumerate().filter(|(id, _)| site.relations.rendered[*id]) {
        let updated = page.meta.updated.as_ref().or(page.meta.date.as_ref()).map(|d| d.text.clone());
        entries.push(Entry { permalink: page.permalink.clone(), updated, extra: Some(page.meta.extra.clone()) });
        let parts = site.outreach.iter().flat_map(|outreach| outreach.parts(&page.file.relative));
        entries.extend(parts.map(|part| Entry::plain(part.permalink.clone())));
    }
    for (id, section) in site.content.sections.iter().enumerate() {
        if !section.meta.render {
            continue;
        }
        let extra = Some(section.meta.extra.clone());
        entries.push(Entry { permalink: section.permalink.clone(), updated: None, extra });
        if site.sitemap_lists_pagers()
            && let Some(paginator) = site.section_paginator(id)
        {
            entries.extend(paginator.numbered_permalinks(&site.config).into_iter().map(Entry::plain));
        }
    }
    for (t, taxonomy) in site.taxonomies.iter().enumerate().filter(|(_, t)| t.definition.render && !t.terms.is_empty())
    {
        entries.push(Entry::plain(taxonomy.permalink.clone()));
        for (i, term) in taxonomy.terms.iter().enumerate() {
            entries.push(Entry::plain(term.permalink.clone()));
            if site.sitemap_lists_pagers()
                && let Some(paginator) = site.term_paginator(t, i)
            {
                entries.extend(paginator.numbered_permalinks(&site.config).into_iter().map(Entry::plain));
            }
        }
    }
    entries.sort_by(|a, b| a.permalink.cmp(&b.permalink));
    entries.dedup_by(|a, b| a.permalink == b.permalink);
    entries
}
