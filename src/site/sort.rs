//! The orders that a section can put its pages in.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use lexical_sort::natural_lexical_cmp;

use crate::content::{Page, SortBy};

use super::relate::PageId;

/// The sorted pages, and those that lack what they would be sorted by. Ties go by permalink.
pub fn sort_pages(pages: &[Arc<Page>], ids: &[PageId], sort_by: SortBy) -> (Vec<PageId>, Vec<PageId>) {
    let has_key = |page: &Page| match sort_by {
        SortBy::Date => page.meta.date.is_some(),
        SortBy::UpdateDate => page.meta.date.is_some() || page.meta.updated.is_some(),
        SortBy::Title | SortBy::TitleBytes => page.meta.title.is_some(),
        SortBy::Weight => page.meta.weight.is_some(),
        SortBy::Slug | SortBy::Permalink | SortBy::None => true,
    };
    let (mut sorted, unsortable): (Vec<PageId>, Vec<PageId>) = ids.iter().partition(|id| has_key(pages[**id].as_ref()));
    sorted.sort_by(|a, b| compare(&pages[*a], &pages[*b], sort_by));
    (sorted, unsortable)
}

/// The front matter key that an order goes by.
pub fn sort_key(sort_by: SortBy) -> &'static str {
    match sort_by {
        SortBy::Date => "date",
        SortBy::UpdateDate => "date",
        SortBy::Title | SortBy::TitleBytes => "title",
        SortBy::Weight => "weight",
        SortBy::Slug => "slug",
        SortBy::Permalink | SortBy::None => "path",
    }
}

fn compare(a: &Page, b: &Page, sort_by: SortBy) -> Ordering {
    let date = |page: &Page| Reverse(page.meta.date.as_ref().map(|d| d.order));
    let update = |page: &Page| {
        Reverse(page.meta.date.as_ref().map(|d| d.order).max(page.meta.updated.as_ref().map(|d| d.order)))
    };
    let by_key = match sort_by {
        SortBy::Date => date(a).cmp(&date(b)),
        SortBy::UpdateDate => update(a).cmp(&update(b)),
        SortBy::Title => natural_lexical_cmp(title(a), title(b)),
        SortBy::TitleBytes => a.meta.title.cmp(&b.meta.title),
        SortBy::Weight => a.meta.weight.cmp(&b.meta.weight),
        SortBy::Slug => natural_lexical_cmp(&a.slug, &b.slug),
        SortBy::Permalink | SortBy::None => Ordering::Equal,
    };
    by_key.then_with(|| a.permalink.cmp(&b.permalink))
}

fn title(page: &Page) -> &str {
    page.meta.title.as_deref().unwrap_or_default()
}
