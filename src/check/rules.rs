//! The table of rules. Each rule has a section in `docs/checks.md` and its Chinese edition under its code, and a site in
//! `tests/checks`.

use super::{
    Context, Facts, File, Found, Page, Source, accessibility, external, inspect, language, links, privacy, told, weight,
};
use crate::diagnostic::{Diagnostic, Text, did_you_mean};

/// One thing that is looked for.
#[derive(Debug)]
pub struct Rule {
    /// Stable, `group/what`.
    pub code: &'static str,
    pub level: Default,
    /// Whether it is looked for in inspections only.
    pub inspection: bool,
    /// In English and Chinese, for the headings of reports.
    pub title: Both,
    /// What to do, for people who are no programmers.
    pub remedy: Both,
}

/// English and Chinese.
type Both = (&'static str, &'static str);

impl Rule {
    pub const fn new(code: &'static str, level: Default, title: Both, remedy: Both) -> Self {
        Self { code, level, inspection: false, title, remedy }
    }

    /// One that is looked for in inspections only.
    pub const fn inspection(code: &'static str, level: Default, title: Both, remedy: Both) -> Self {
        Self { inspection: true, ..Self::new(code, level, title, remedy) }
    }
}

/// The level of a rule that the configuration says nothing about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    Error,
    Warning,
    Off,
    /// As the build says.
    Told,
    /// An error with `profile = "gov"`, else a warning.
    Profile,
    /// An error on outreach sites, else a warning.
    Outreach,
    /// `link_checker.internal_level`.
    Internal,
    /// `link_checker.external_level`.
    External,
}

/// Rules that are looked for together, and how.
pub struct Group {
    pub rules: &'static [Rule],
    /// Once for each HTML page, on any thread.
    pub page: Option<fn(&Context, &Page, &mut Found)>,
    /// Once for each other file, on any thread.
    pub file: Option<fn(&Context, &File, &mut Found)>,
    /// Once for each text file of the sources, on any thread.
    pub source: Option<fn(&Context, &Source, &mut Found)>,
    /// Once, when all pages are rendered.
    pub site: Option<fn(&Context, &Facts, &mut Found)>,
}

impl Group {
    pub const NONE: Group = Group { rules: &[], page: None, file: None, source: None, site: None };
}

/// All groups, in the order of reports.
pub const GROUPS: &[Group] = &[
    inspect::GROUP,
    privacy::GROUP,
    language::GROUP,
    links::GROUP,
    external::GROUP,
    accessibility::GROUP,
    weight::GROUP,
    told::GROUP,
];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.rules)
}

/// The rule with a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code == code)
}

/// The code that is most like one that was typed.
pub fn nearest(code: &str) -> Option<&'static str> {
    did_you_mean(code, all().map(|rule| rule.code))
}

/// A finding of a rule; its level is settled by [`Found`].
pub fn finding(code: &'static str, message: Text) -> Diagnostic {
    debug_assert!(find(code).is_some(), "{code}");
    Diagnostic::warning(code, message)
}
