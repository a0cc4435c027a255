//! The orders that a section can put its pages in.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use lexical_sort::natural_lexical_cmp;

use crate::content::{Page, SortBy};

use super::relate::PageId;

/// The place of each page when all are sorted by date, those without one at the end.
pub fn newest_first(pages: &[Arc<Page>]) -> Vec<u32> {
    let key = |(id, page): (u32, &Arc<Page>)| (page.meta.date.as_ref().map(|date| Reverse(date.order)), id);
    let mut keys: Vec<_> = (0..).zip(pages).map(key).collect();
    keys.sort_unstable_by(|(a, i), (b, j)| {
        let by_permalink = || pages[*i as usize].permalink.cmp(&pages[*j as usize].permalink);
        match (a, b) {
            (Some(a), Some(b)) => a.cmp(b).then_with(by_permalink).then(i.cmp(j)),
            _ => b.is_some().cmp(&a.is_some()).then(i.cmp(j)),
        }
    });
    let mut places = vec![0; pages.len()];
    (0..).zip(keys).for_each(|(place, (_, id))| places[id as usize] = place);
    places
}

/// The sorted pages, and those that lack what they would be sorted by. Ties go by permalink. `by_date` is what
/// [`newest_first`] says of all pages.
pub fn sort_pages(pages: &[Arc<Page>], by_date: &[u32], ids: &[PageId], sort_by: SortBy) -> (Vec<PageId>, Vec<PageId>) {
    let has_key = |page: &Page| match sort_by {
        SortBy::Date => page.meta.date.is_some(),
        SortBy::UpdateDate => page.meta.date.is_some() || page.meta.updated.is_some(),
        SortBy::Title | SortBy::TitleBytes => page.meta.title.is_some(),
        SortBy::Weight => page.meta.weight.is_some(),
        SortBy::Slug | SortBy::Permalink | SortBy::None => true,
    };
    let (mut sorted, unsortable): (Vec<PageId>, Vec<PageId>) = ids.iter().partition(|id| has_key(pages[**id].as_ref()));
    match sort_by {
        SortBy::Date => sorted.sort_unstable_by_key(|id| by_date[*id]),
        _ => sorted.sort_by(|a, b| compare(&pages[*a], &pages[*b], sort_by)),
    }
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
