//! `[check]` of `kepu.toml`: how strictly the rules of `kepu check` are taken, what is allowed, and the budgets.
//!
//! Which rules exist is known to `check`, which sits above this room: the names are kept with their places.

use indexmap::IndexMap;
use serde::Deserialize;

use super::raw::options;
use super::toml_input::Input;
use crate::diagnostic::Place;

/// How a finding of a rule is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleLevel {
    Error,
    Warning,
    /// Not looked for.
    Off,
}

options! {
    /// One `[[check.allow]]`, or one `[[extra.check.allow]]` of front matter.
    RawAllow {
        rule: String = String::new(),
        /// A pattern for the file, as messages name it, or for the address of the page.
        path: Option<String> = None,
        /// Part of the message, or of what is marked in the source.
        text: Option<String> = None,
        reason: String = String::new(),
    }
}

options! {
    /// `[check.weight]`: sizes from which on something is too heavy.
    Weight {
        /// kB of a page with its style sheets, scripts and fonts, without pictures.
        page_kb: u64 = 1000,
        /// kB of all pictures that a page shows at once (not those that are loaded when they are scrolled to).
        pictures_kb: u64 = 2000,
        picture_kb: u64 = 400,
        attachment_mb: u64 = 20,
        video_mb: u64 = 50,
        /// MB of all files of one column.
        column_mb: u64 = 200,
        /// MB of the whole site.
        site_mb: u64 = 1000,
    }
}

options! {
    /// `[check.external]`: how links to other sites are asked for.
    External {
        /// Requests to one host at the same time.
        per_host: usize = 2,
        /// Milliseconds between two requests to one host.
        pause_ms: u64 = 250,
        /// Hosts that are asked at the same time.
        hosts: usize = 16,
        timeout_seconds: u64 = 20,
        /// Further tries after a failure that may pass.
        retries: u32 = 2,
        /// How long an answer that was good is believed.
        cache_days: u64 = 7,
    }
}

options! {
    /// `[check.privacy]`.
    RawPrivacy {
        /// Mobile numbers, and others that look like a person's, which an office has made public.
        numbers: Vec<String> = vec![],
    }
}

/// `[check.privacy]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Privacy {
    /// Digits only.
    pub numbers: Vec<String>,
}

options! {
    /// `[check]` as it is typed.
    RawCheck {
        rules: IndexMap<String, RuleLevel> = IndexMap::new(),
        allow: Vec<RawAllow> = vec![],
        weight: Weight = Weight::default(),
        external: External = External::default(),
        privacy: RawPrivacy = RawPrivacy::default(),
    }
}

/// `[check]`, with the places of what names a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    pub rules: Vec<(String, RuleLevel, Place)>,
    pub allow: Vec<(RawAllow, Place)>,
    pub weight: Weight,
    pub external: External,
    pub privacy: Privacy,
}

impl Check {
    pub(super) fn new(raw: RawCheck, input: &Input) -> Self {
        let rules = raw.rules.into_iter().map(|(code, level)| {
            let place = input.place(&["check", "rules", &code]);
            (code, level, place)
        });
        let allow = raw.allow.into_iter().enumerate().map(|(index, allow)| {
            let place = input.place(&["check", "allow", &index.to_string(), "rule"]);
            (allow, place)
        });
        let numbers =
            raw.privacy.numbers.iter().map(|number| number.chars().filter(char::is_ascii_alphanumeric).collect());
        let privacy = Privacy { numbers: numbers.collect() };
        Self { rules: rules.collect(), allow: allow.collect(), weight: raw.weight, external: raw.external, privacy }
    }
}

/// The known keys of the table at a path below `[check]`.
pub(super) fn keys(path: &[&str]) -> Option<&'static [&'static str]> {
    match path {
        [] => Some(RawCheck::KEYS),
        ["allow", _] => Some(RawAllow::KEYS),
        ["weight"] => Some(Weight::KEYS),
        ["external"] => Some(External::KEYS),
        ["privacy"] => Some(RawPrivacy::KEYS),
        _ => None,
    }
}
