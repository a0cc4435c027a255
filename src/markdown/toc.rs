//! The headings of a page, as a tree.

use serde::Serialize;

/// One heading and those below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    pub id: String,
    /// The page's address with the id as fragment.
    pub permalink: String,
    /// Plain text, not escaped.
    pub title: String,
    pub children: Vec<Heading>,
}

/// Nests headings in document order: each goes below the nearest earlier heading of a higher rank that is
/// still the last of its siblings.
pub fn nest(flat: Vec<Heading>) -> Vec<Heading> {
    let mut tree: Vec<Heading> = Vec::new();
    for heading in flat {
        let mut siblings = &mut tree;
        // Levels grow on the way down, so this takes at most five steps.
        while siblings.last().is_some_and(|last| heading.level > last.level) {
            let last = siblings.len() - 1;
            siblings = &mut siblings[last].children;
        }
        siblings.push(heading);
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(levels: &[u8]) -> String {
        fn print(headings: &[Heading]) -> String {
            headings
                .iter()
                .map(|h| {
                    format!(
                        "{}{}",
                        h.level,
                        if h.children.is_empty() { String::new() } else { format!("({})", print(&h.children)) }
                    )
                })
                .collect()
        }
        let flat = levels.iter().map(|&level| Heading {
            level,
            id: String::new(),
            permalink: String::new(),
            title: String::new(),
            children: Vec::new(),
        });
        print(&nest(flat.collect()))
    }

    #[test]
    fn headings_nest_by_rank() {
        assert_eq!(shape(&[1, 2, 3, 3, 2, 1]), "1(2(33)2)1");
    }

    #[test]
    fn skipped_ranks_do_not_lose_headings() {
        assert_eq!(shape(&[3, 2, 4, 3, 1, 6, 5]), "32(43)1(65)");
    }
}
