//! Which generation of Zola each template belongs to: 0.22 and before (Tera 1), or 0.23 and later (Tera 2).
//!
//! The site's templates and the theme's are a tree each. A file that only one generation can read belongs to that one;
//! a file that both can read belongs to its tree's. What a tree is follows from its files, and where these tell
//! nothing from the versions that its theme and the configuration are written for.

use crate::config::{Age, Config};
use crate::diagnostic::{Diagnostic, Place, Text, line_column};
use crate::template::{Dialect, Sign, TemplateFile, signs};
use crate::text;

/// What was found out about the templates of one folder.
#[derive(Debug)]
pub struct Tree {
    /// Relative to the site's root.
    pub folder: String,
    pub dialect: Dialect,
    pub why: Text,
    /// Whether files prove it, or `kepu.toml` says it.
    pub is_proven: bool,
    pub files: usize,
    /// The files that are of the other generation, and the sign that proves it.
    pub others: Vec<(String, Text)>,
}

/// The generations of a site's templates.
#[derive(Debug, Default)]
pub struct Trees {
    /// The theme's, if there is one, and the site's own.
    pub trees: Vec<Tree>,
}

impl Trees {
    /// What was taken as what, one line each.
    pub fn report(&self) -> Vec<Text> {
        let mut lines = Vec::new();
        for tree in &self.trees {
            let (folder, dialect, files) = (&tree.folder, name(tree.dialect), tree.files);
            let Text { en, zh } = &tree.why;
            let s = if files == 1 { "" } else { "s" };
            lines
                .push(text!("{folder}: {dialect}, {files} file{s}; {en}", "{folder}：{dialect}，{files} 个文件；{zh}"));
            let other = name(other(tree.dialect));
            for (file, why) in &tree.others {
                let Text { en, zh } = why;
                lines.push(text!("  {file}: {other}; {en}", "  {file}：{other}；{zh}"));
            }
        }
        lines
    }
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Tera1 => "Tera 1",
        Dialect::Tera2 => "Tera 2",
    }
}

fn other(dialect: Dialect) -> Dialect {
    match dialect {
        Dialect::Tera1 => Dialect::Tera2,
        Dialect::Tera2 => Dialect::Tera1,
    }
}

/// Settles the dialect of every file. `theme` and `own` are the templates of the two trees. Files that bear signs of
/// both generations are errors.
pub fn settle(
    config: &Config,
    theme: Option<(&str, &mut Vec<TemplateFile>)>,
    own: &mut [TemplateFile],
    diagnostics: &mut Vec<Diagnostic>,
) -> Trees {
    let mut trees = Vec::new();
    if let Some((folder, files)) = theme {
        let set = config.templates.theme_dialect;
        let doubtful = || {
            let min = config.theme_min_version.as_deref();
            min.and_then(by_version).or_else(|| by_age(config)).unwrap_or_else(by_default)
        };
        trees.push(tree(folder, set, files, doubtful, diagnostics));
    }
    let theme = trees.first().map(|t| t.dialect);
    let doubtful = || {
        let by_theme = || {
            let why = text!("nothing else tells, and so is its theme", "没有其他依据，随主题");
            theme.map(|dialect| (dialect, why))
        };
        by_age(config).or_else(by_theme).unwrap_or_else(by_default)
    };
    trees.push(tree("templates", config.templates.dialect, own, doubtful, diagnostics));
    Trees { trees }
}

fn by_default() -> (Dialect, Text) {
    (Dialect::Tera2, text!("nothing tells, so it is taken for today's", "没有任何依据，按现行版本处理"))
}

/// By `min_version` of a theme.
fn by_version(version: &str) -> Option<(Dialect, Text)> {
    let mut parts = version.split('.').map(|part| part.trim().parse::<u32>().ok());
    let (major, minor) = (parts.next()??, parts.next().flatten().unwrap_or(0));
    let dialect = if (major, minor) < (0, 23) { Dialect::Tera1 } else { Dialect::Tera2 };
    Some((dialect, text!("by `min_version = \"{version}\"`", "依据 `min_version = \"{version}\"`")))
}

/// By the keys of the configuration.
fn by_age(config: &Config) -> Option<(Dialect, Text)> {
    let file = &config.file;
    match config.age {
        Age::Old => Some((Dialect::Tera1, text!("by the old keys of `{file}`", "依据 `{file}` 里的旧键"))),
        Age::New => Some((
            Dialect::Tera2,
            text!("by keys of `{file}` that only Zola 0.23 has", "依据 `{file}` 里 0.23 才有的键"),
        )),
        Age::Unknown => None,
    }
}

fn tree(
    folder: &str,
    set: Option<Dialect>,
    files: &mut [TemplateFile],
    doubtful: impl FnOnce() -> (Dialect, Text),
    diagnostics: &mut Vec<Diagnostic>,
) -> Tree {
    // How many files prove each generation, and the first of them.
    let mut proofs: [(usize, Option<Text>); 2] = Default::default();
    let mut proven = Vec::with_capacity(files.len());
    for file in files.iter() {
        let found = signs(&file.text);
        if let (Some(old), Some(new)) = (&found.tera1, &found.tera2) {
            diagnostics.push(contradiction(file, old, new));
        }
        // In older versions this folder had a meaning; what is in it is called by content.
        let is_shortcode = file.name.rsplit('/').nth(1) == Some("shortcodes") && file.name.matches('/').count() < 5;
        let proof = match found.proven() {
            Some(Dialect::Tera1) => found.tera1.map(|sign| (Dialect::Tera1, shown(file, &sign))),
            Some(Dialect::Tera2) => found.tera2.map(|sign| (Dialect::Tera2, shown(file, &sign))),
            None if is_shortcode => {
                let name = &file.file;
                Some((Dialect::Tera1, text!("`{name}` is a shortcode", "`{name}` 是短代码（shortcode）")))
            }
            None => None,
        };
        if let Some((dialect, why)) = &proof {
            let (count, first) = &mut proofs[usize::from(*dialect == Dialect::Tera2)];
            *count += 1;
            first.get_or_insert_with(|| why.clone());
        }
        proven.push(proof);
    }
    let [(old, old_why), (new, new_why)] = proofs;
    let is_proven = set.is_some() || old != new;
    let (dialect, why) = match (set, old.cmp(&new)) {
        (Some(dialect), _) => (dialect, text!("by `kepu.toml`", "依据 `kepu.toml`")),
        (None, std::cmp::Ordering::Greater) => (Dialect::Tera1, why(old, old_why)),
        (None, std::cmp::Ordering::Less) => (Dialect::Tera2, why(new, new_why)),
        (None, std::cmp::Ordering::Equal) => doubtful(),
    };
    let mut others = Vec::new();
    for (file, proof) in files.iter_mut().zip(proven) {
        file.dialect = proof.as_ref().map_or(dialect, |(proven, _)| *proven);
        if let Some((_, why)) = proof.filter(|(proven, _)| *proven != dialect) {
            others.push((file.file.clone(), why));
        }
    }
    Tree { folder: folder.to_owned(), dialect, why, is_proven, files: files.len(), others }
}

fn why(count: usize, first: Option<Text>) -> Text {
    let Text { en, zh } = first.unwrap_or(Text { en: String::new(), zh: String::new() });
    let more = count.saturating_sub(1);
    match more {
        0 => Text { en, zh },
        _ => text!("{en}, and {more} more", "{zh}，另有 {more} 处"),
    }
}

fn shown(file: &TemplateFile, sign: &Sign) -> Text {
    let (line, _) = line_column(&file.text, sign.span.start);
    let (name, what) = (&file.file, &sign.what);
    text!("`{what}` in {name}:{line}", "{name}:{line} 有 `{what}`")
}

fn contradiction(file: &TemplateFile, old: &Sign, new: &Sign) -> Diagnostic {
    let (a, b) = (&old.what, &new.what);
    let (line, _) = line_column(&file.text, old.span.start);
    Diagnostic::error(
        "template/two-dialects",
        text!(
            "`{b}` is Tera 2, but line {line} of this file has `{a}`, which only Tera 1 has",
            "`{b}` 属于 Tera 2，但此文件第 {line} 行的 `{a}` 只有 Tera 1 才有"
        ),
    )
    .at(Place::span(&file.file, &*file.text, new.span.clone()))
    .help(text!("write the whole file for one of the two", "请让整个文件只用其中一种"))
}
