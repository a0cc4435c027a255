//! A plan as a tree with sizes.

use std::collections::BTreeMap;

use humansize::{BINARY, format_size};

use super::plan::Plan;

/// Folders with more changes than this are shown as one line.
const SHOWN: usize = 40;

#[derive(Default)]
struct Node<'a> {
    folders: BTreeMap<&'a str, Node<'a>>,
    files: Vec<(char, &'a str, Option<u64>)>,
}

impl Node<'_> {
    fn count(&self) -> usize {
        self.files.len() + self.folders.values().map(Node::count).sum::<usize>()
    }

    fn bytes(&self) -> u64 {
        self.files.iter().filter_map(|(_, _, size)| *size).sum::<u64>()
            + self.folders.values().map(Node::bytes).sum::<u64>()
    }
}

/// Lines like `+ a/index.html  3 KiB`: `+` new, `~` changed, `-` deleted.
pub fn tree(plan: &Plan) -> Vec<String> {
    let mut root = Node::default();
    for step in &plan.steps {
        let sign = if step.replaces { '~' } else { '+' };
        insert(&mut root, &step.path, sign, Some(step.entry.size));
    }
    plan.deletes.iter().for_each(|path| insert(&mut root, path, '-', None));
    let mut lines = Vec::new();
    write(&root, 0, &mut lines);
    lines
}

fn insert<'a>(node: &mut Node<'a>, path: &'a str, sign: char, size: Option<u64>) {
    match path.split_once('/') {
        Some((folder, rest)) => insert(node.folders.entry(folder).or_default(), rest, sign, size),
        None => node.files.push((sign, path, size)),
    }
}

fn write(node: &Node, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    for (name, folder) in &node.folders {
        let (mut name, mut folder) = ((*name).to_owned(), folder);
        // A folder that only holds one folder is shown with it.
        while folder.files.is_empty()
            && let (1, Some((inner, next))) = (folder.folders.len(), folder.folders.first_key_value())
        {
            name = format!("{name}/{inner}");
            folder = next;
        }
        if let (true, [(sign, file, size)]) = (folder.folders.is_empty(), folder.files.as_slice()) {
            lines.push(line(&indent, *sign, &format!("{name}/{file}"), *size));
            continue;
        }
        let (count, size) = (folder.count(), format_size(folder.bytes(), BINARY));
        lines.push(format!("{indent}  {name}/  ({count}, {size})"));
        if folder.folders.len() + folder.files.len() <= SHOWN {
            write(folder, depth + 1, lines);
        }
    }
    for (sign, name, size) in &node.files {
        lines.push(line(&indent, *sign, name, *size));
    }
}

fn line(indent: &str, sign: char, name: &str, size: Option<u64>) -> String {
    match size {
        Some(size) => format!("{indent}{sign} {name}  {}", format_size(size, BINARY)),
        None => format!("{indent}{sign} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Entry, Files};
    use super::super::plan::{Known, plan};
    use super::*;

    #[test]
    fn the_tree_shows_signs_sizes_and_folders() {
        let entry = |size: u64| Entry { hash: size.to_string(), size, headers: String::new() };
        let new: Files = [("index.html", 2048), ("a/b/index.html", 10), ("p/x.png", 1), ("p/y.png", 2)]
            .map(|(path, size)| (path.to_owned(), entry(size)))
            .into();
        let known: Known = [("index.html", 1), ("p/old.png", 1)].map(|(p, s)| (p.to_owned(), Some(entry(s)))).into();
        let lines = tree(&plan(&known, &new, |_, _| None));
        assert_eq!(
            lines,
            [
                "+ a/b/index.html  10 B",
                "  p/  (3, 3 B)",
                "  + x.png  1 B",
                "  + y.png  2 B",
                "  - old.png",
                "~ index.html  2 KiB"
            ]
        );
    }
}
