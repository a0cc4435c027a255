//! How strictly each rule is taken, and what is allowed with a reason.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobMatcher};
use tera::Value;

use super::Options;
use super::rules::{self, Default, Rule};
use crate::config::{Config, Level, Profile, RawAllow, RuleLevel};
use crate::content::place_of_key;
use crate::diagnostic::{Diagnostic, Place, Severity, Text};
use crate::site::Site;
use crate::text;

/// The levels of all rules and the allowances of a site.
#[derive(Debug)]
pub struct Settings {
    /// None where the rule is off. Rules that are taken as the build says are not in it.
    levels: HashMap<&'static str, Option<Severity>>,
    allow: Vec<Allow>,
}

/// One `[[check.allow]]`.
#[derive(Debug)]
struct Allow {
    rule: &'static str,
    path: Option<GlobMatcher>,
    /// The only file that it speaks of, if it stands in one.
    file: Option<String>,
    text: Option<String>,
    place: Place,
    used: AtomicBool,
}

impl Settings {
    /// What `[check]` and the front matter of a site say. What is wrong with it goes to `told`.
    pub fn new(site: &Site, options: Options, told: &mut Vec<Diagnostic>) -> Self {
        let config = &site.config;
        let mut levels: HashMap<&'static str, Option<Severity>> = HashMap::new();
        for rule in rules::all() {
            if rule.inspection && !options.inspect {
                levels.insert(rule.code, None);
            } else if let Some(level) = default_level(rule, config) {
                levels.insert(rule.code, level);
            }
        }
        for (code, level, place) in &config.check.rules {
            let Some(rule) = rules::find(code) else {
                told.push(unknown_rule(code).at(place.clone()));
                continue;
            };
            if rule.inspection && !options.inspect {
                continue;
            }
            let level = match level {
                RuleLevel::Error => Some(Severity::Error),
                RuleLevel::Warning => Some(Severity::Warning),
                RuleLevel::Off => None,
            };
            levels.insert(rule.code, level);
        }
        let mut allow = Vec::new();
        for (raw, place) in &config.check.allow {
            allow.extend(Allow::new(raw, None, place.clone(), told));
        }
        let pages = site.content.pages.iter().map(|page| (&page.file, &page.text, &page.meta.extra));
        let sections = site.content.sections.iter().map(|section| (&section.file, &section.text, &section.meta.extra));
        for (file, text, extra) in pages.chain(sections) {
            let Some(list) = extra.get_from_path("check.allow") else { continue };
            let shown = file.shown();
            let read = if text.is_empty() {
                std::fs::read_to_string(site.root.join(&shown)).unwrap_or_default()
            } else {
                text.to_string()
            };
            let place = |path: &[&str]| place_of_key(&shown, &read, &[&["extra", "check", "allow"], path].concat());
            for (index, item) in list.as_array().unwrap_or_default().iter().enumerate() {
                let raw = raw_allow(item);
                allow.extend(Allow::new(&raw, Some(&shown), place(&[&index.to_string(), "rule"]), told));
            }
            if list.as_array().is_none() {
                told.push(
                    Diagnostic::error("check/allow", text!("`allow` is no list of tables", "`allow` 不是表的列表"))
                        .at(place(&[]))
                        .help(text!(
                            "write `[[extra.check.allow]]` with `rule` and `reason`",
                            "请写 `[[extra.check.allow]]`，其中有 `rule` 和 `reason`"
                        )),
                );
            }
        }
        Self { levels, allow }
    }

    /// Whether findings of a rule are of interest.
    pub fn wants(&self, code: &str) -> bool {
        self.levels.get(code).is_none_or(Option::is_some)
    }

    /// The finding with the level of its rule; none where the rule is off or the finding is allowed.
    pub(super) fn apply(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        if rules::find(finding.code).is_none() {
            return Some(finding);
        }
        match self.levels.get(finding.code) {
            Some(None) => return None,
            Some(Some(level)) => finding.severity = *level,
            None => {}
        }
        // All that fit are used, so that none of two is called useless by chance.
        let fitting = self.allow.iter().filter(|allow| allow.fits(&finding));
        let used = fitting.map(|allow| allow.used.store(true, Ordering::Relaxed)).count();
        (used == 0).then_some(finding)
    }

    /// Whether a finding is allowed.
    pub(super) fn allows(&self, finding: &Diagnostic) -> bool {
        self.allow.iter().any(|allow| allow.fits(finding))
    }

    /// A warning for each allowance that allowed nothing.
    pub(super) fn unused(&self) -> Vec<Diagnostic> {
        let unused = self.allow.iter().filter(|allow| !allow.used.load(Ordering::Relaxed) && self.wants(allow.rule));
        unused
            .map(|allow| {
                let rule = allow.rule;
                Diagnostic::warning(
                    "check/unused-allow",
                    text!("nothing of `{rule}` is found here any more", "这里已经没有 `{rule}` 的问题"),
                )
                .at(allow.place.clone())
                .help(text!("remove this allowance", "请删去这条许可"))
            })
            .collect()
    }
}

fn default_level(rule: &Rule, config: &Config) -> Option<Option<Severity>> {
    let of = |level: Level| match level {
        Level::Error => Severity::Error,
        Level::Warn => Severity::Warning,
    };
    let profile = config.outreach.as_ref().and_then(|outreach| outreach.profile);
    Some(match rule.level {
        Default::Told => return None,
        Default::Error => Some(Severity::Error),
        Default::Warning => Some(Severity::Warning),
        Default::Off => None,
        Default::Profile if profile == Some(Profile::Gov) => Some(Severity::Error),
        Default::Outreach if config.outreach.is_some() => Some(Severity::Error),
        Default::Profile | Default::Outreach => Some(Severity::Warning),
        Default::Internal => Some(of(config.link_checker.internal_level)),
        Default::External => Some(of(config.link_checker.external_level)),
    })
}

fn raw_allow(value: &Value) -> RawAllow {
    let text = |key: &str| value.get_from_path(key).and_then(Value::as_str).map(str::to_owned);
    RawAllow {
        rule: text("rule").unwrap_or_default(),
        path: text("path"),
        text: text("text"),
        reason: text("reason").unwrap_or_default(),
    }
}

fn unknown_rule(code: &str) -> Diagnostic {
    let error = Diagnostic::error("check/rule", text!("there is no rule `{code}`", "没有 `{code}` 这条规则"));
    error.help(match rules::nearest(code) {
        Some(near) => text!("did you mean `{near}`?", "您是不是要写 `{near}`？"),
        None => text!("`docs/checks.md` lists the rules", "规则见 `docs/checks.zh-CN.md`"),
    })
}

impl Allow {
    fn new(raw: &RawAllow, file: Option<&str>, place: Place, told: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(rule) = rules::find(&raw.rule) else {
            told.push(unknown_rule(&raw.rule).at(place));
            return None;
        };
        if raw.reason.trim().is_empty() {
            let code = rule.code;
            told.push(
                Diagnostic::error(
                    "check/allow",
                    text!(
                        "this allows findings of `{code}` without a reason",
                        "这里允许了 `{code}` 的问题，却没有写理由"
                    ),
                )
                .at(place)
                .help(text!(
                    "add `reason = \"…\"`, so that the next reader knows why",
                    "请加上 `reason = \"……\"`，让以后的人知道为什么"
                )),
            );
            return None;
        }
        let path = match raw.path.as_deref().map(Glob::new).transpose() {
            Ok(glob) => glob.map(|glob| glob.compile_matcher()),
            Err(error) => {
                let why = error.to_string();
                told.push(
                    Diagnostic::error(
                        "check/allow",
                        text!("`path` is not a valid pattern: {why}", "`path` 不是有效的通配式：{why}"),
                    )
                    .at(place),
                );
                return None;
            }
        };
        let (file, text) = (file.map(str::to_owned), raw.text.clone());
        Some(Self { rule: rule.code, path, file, text, place, used: AtomicBool::new(false) })
    }

    fn fits(&self, finding: &Diagnostic) -> bool {
        let file = finding.place.as_ref().map(|place| place.file.as_str());
        finding.code == self.rule
            && self.file.as_deref().is_none_or(|own| file == Some(own))
            && self.path.as_ref().is_none_or(|path| {
                file.is_some_and(|file| path.is_match(file)) || finding.pages.iter().any(|page| path.is_match(page))
            })
            && self.text.as_deref().is_none_or(|text| {
                let Text { en, zh } = &finding.message;
                let marked = finding.place.as_ref().and_then(|place| place.excerpt.as_ref());
                let marked = marked.and_then(|(all, span)| all.get(span.clone()));
                en.contains(text) || zh.contains(text) || marked.is_some_and(|marked| marked.contains(text))
            })
    }
}
