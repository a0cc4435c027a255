//! Ids of headings, unique in a page.

use std::collections::{HashMap, HashSet};

/// The ids of one page that are taken.
#[derive(Default)]
pub struct Ids {
    taken: HashSet<String>,
    /// The number after which to look for a free one, for each name that clashed.
    last: HashMap<String, usize>,
    explicit: HashSet<String>,
}

impl Ids {
    /// Keeps an id that the author wrote for the author, also from headings above it.
    pub fn reserve(&mut self, id: &str) {
        self.taken.insert(id.to_owned());
    }

    /// Whether an id that the author wrote is used for the first time.
    pub fn explicit(&mut self, id: &str) -> bool {
        self.explicit.insert(id.to_owned())
    }

    /// `name` itself, or with the first free number: `name-1`, `name-2`, ….
    pub fn unique(&mut self, name: String) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        let mut number = self.last.get(&name).copied().unwrap_or(0);
        loop {
            number += 1;
            let candidate = format!("{name}-{number}");
            if self.taken.insert(candidate.clone()) {
                self.last.insert(name, number);
                return candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clashing_names_are_numbered_around_reserved_ids() {
        let mut ids = Ids::default();
        ids.reserve("sun-1");
        let given: Vec<String> = ["sun", "sun", "sun", "moon"].iter().map(|n| ids.unique((*n).to_owned())).collect();
        assert_eq!(given, ["sun", "sun-2", "sun-3", "moon"]);
    }
}
