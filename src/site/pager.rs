//! Lists cut into pagers.

use crate::config::Config;

use super::relate::PageId;

/// A list of pages cut into pagers. There is always at least one.
#[derive(Debug)]
pub struct Paginator {
    pub paginate_by: usize,
    /// The list's own address, which is the first pager's too.
    pub path: String,
    pub permalink: String,
    pub paginate_path: String,
    pub pages: Vec<PageId>,
}

impl Paginator {
    pub fn number_pagers(&self) -> usize {
        self.pages.len().div_ceil(self.paginate_by).max(1)
    }

    /// The pages of a pager, counted from 1.
    pub fn pages_of(&self, index: usize) -> &[PageId] {
        let start = (index.saturating_sub(1) * self.paginate_by).min(self.pages.len());
        let end = (start + self.paginate_by).min(self.pages.len());
        &self.pages[start..end]
    }

    /// The path of a pager, counted from 1.
    pub fn path_of(&self, index: usize) -> String {
        if index == 1 { self.path.clone() } else { self.numbered(&self.path, index) }
    }

    /// The address of a pager, counted from 1.
    pub fn permalink_of(&self, index: usize) -> String {
        if index == 1 { self.permalink.clone() } else { self.numbered(&self.permalink, index) }
    }

    /// The address below which pagers are numbered, `paginator.base_url` in templates.
    pub fn base_url(&self) -> String {
        if self.paginate_path.is_empty() {
            self.permalink.clone()
        } else {
            format!("{}{}/", self.permalink, self.paginate_path)
        }
    }

    /// Where `page/1/` would be: a redirect to the list itself.
    pub fn first_number_path(&self) -> String {
        self.numbered(&self.path, 1)
    }

    /// The numbered addresses of all pagers, the first one's too, as the sitemap lists them.
    pub fn numbered_permalinks(&self, config: &Config) -> Vec<String> {
        let count = self.pages.len().div_ceil(self.paginate_by);
        (1..=count).map(|index| config.permalink(&self.numbered(&self.path, index))).collect()
    }

    fn numbered(&self, base: &str, index: usize) -> String {
        if self.paginate_path.is_empty() {
            format!("{base}{index}/")
        } else {
            format!("{base}{}/{index}/", self.paginate_path)
        }
    }
}
