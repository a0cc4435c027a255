//! Findings on their way into the report: levels and allowances are applied, and what a template repeats on every page
//! becomes one.

use std::collections::{HashMap, HashSet};

use super::settings::Settings;
use crate::diagnostic::Diagnostic;
use crate::personal;

/// What rules push their findings into.
pub struct Found<'a> {
    settings: &'a Settings,
    list: Vec<Diagnostic>,
}

/// From how many pages on the same words about different files are one finding: a template says them.
const REPEATED: usize = 5;

impl<'a> Found<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings, list: Vec::new() }
    }

    /// Whether findings of this rule are of interest.
    pub fn wants(&self, code: &str) -> bool {
        self.settings.wants(code)
    }

    /// Adds a finding, unless its rule is off or it is allowed.
    pub fn push(&mut self, finding: Diagnostic) {
        if let Some(finding) = self.settings.apply(finding) {
            self.list.push(finding);
        }
    }

    /// Adds findings that have passed through another `Found`.
    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(findings);
    }

    pub(super) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }

    /// One finding for each thing that is wrong, with all its pages.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let same_place = merge(self.list, |finding| {
            let place = finding.place.as_ref()?;
            let span = place.excerpt.as_ref().map(|(_, span)| (span.start, span.end));
            Some((place.file.clone(), span))
        });
        // What stands somewhere in a page, but not in the author's file, comes from a template or a shortcode. What is
        // wrong with a picture or an attachment is the fault of that one file.
        // The build says it with what to write.
        let dated: HashSet<String> = same_place
            .iter()
            .filter(|finding| finding.code == "outreach/undated")
            .filter_map(|finding| Some(finding.place.as_ref()?.file.clone()))
            .collect();
        let is_said = |finding: &Diagnostic| {
            finding.code == "inspect/undated" && finding.place.as_ref().is_some_and(|place| dated.contains(&place.file))
        };
        let same_place: Vec<Diagnostic> = same_place.into_iter().filter(|finding| !is_said(finding)).collect();
        let is_vague = |finding: &Diagnostic| {
            let is_exact =
                finding.place.as_ref().is_some_and(|place| place.excerpt.is_some() || !place.file.ends_with(".md"));
            !finding.pages.is_empty() && !is_exact
        };
        let mut count: HashMap<(&'static str, String), usize> = HashMap::new();
        let key = |finding: &Diagnostic| (finding.code, finding.message.en.clone());
        for finding in same_place.iter().filter(|finding| is_vague(finding)) {
            *count.entry(key(finding)).or_default() += 1;
        }
        let is_repeated = |finding: &Diagnostic| {
            is_vague(finding) && count.get(&key(finding)).is_some_and(|count| *count >= REPEATED)
        };
        let (many, mut all): (Vec<_>, Vec<_>) = same_place.into_iter().partition(is_repeated);
        all.extend(merge(many, |_| ()).into_iter().map(|finding| Diagnostic { place: None, ..finding }));
        all.extend(self.settings.unused());
        cover(&mut all);
        all
    }
}

/// Covers the numbers of people in whatever is shown of a source: what is found beside a number must not spread it, in a
/// report least of all.
fn cover(findings: &mut [Diagnostic]) {
    let mut covered: HashMap<(String, usize), String> = HashMap::new();
    for finding in findings {
        if finding.code.starts_with("accessibility/") || finding.code.starts_with("language/") {
            for said in [&mut finding.message.en, &mut finding.message.zh] {
                *said = personal::mask_text(said);
            }
        }
        let Some(place) = &mut finding.place else { continue };
        if let Some((text, _)) = &mut place.excerpt {
            let known = covered.entry((place.file.clone(), text.len())).or_insert_with(|| personal::excerpt(text));
            text.clone_from(known);
        }
    }
}

/// Makes one of findings with the same code, message and key.
fn merge<K: std::hash::Hash + Eq>(findings: Vec<Diagnostic>, key: impl Fn(&Diagnostic) -> K) -> Vec<Diagnostic> {
    let mut merged: indexmap::IndexMap<(&'static str, String, K), Diagnostic> = indexmap::IndexMap::new();
    for finding in findings {
        let key = (finding.code, finding.message.en.clone(), key(&finding));
        match merged.entry(key) {
            indexmap::map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let new: Vec<String> =
                    finding.pages.into_iter().filter(|page| known.pages.last() != Some(page)).collect();
                known.pages.extend(new);
            }
            indexmap::map::Entry::Vacant(place) => {
                place.insert(finding);
            }
        }
    }
    merged.into_values().collect()
}
