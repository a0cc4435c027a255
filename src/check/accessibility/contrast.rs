//! Contrast of the colours that a style sheet sets together, in every mode that it has.
//!
//! A pair is what one rule declares: its `color` on its own `background`; or its `background` below the colour that the text has by
//! the rules for the same element or those around it ([`inherit`]). A mode is what changes the variables: the preference for dark
//! colours, and classes on the root such as `.elder` and `.hc`. What lies on a ground of another rule is not looked at, since which
//! lies on which only a browser knows.

use std::collections::{BTreeMap, BTreeSet};

use super::css::{Colour, CssRule, rules};
use super::inherit;

/// A pair that is too weak.
#[derive(Clone, Debug, PartialEq)]
pub struct Weak {
    pub selector: String,
    /// Where its rule stands in the style sheet, in bytes.
    pub at: usize,
    pub text: String,
    pub ground: String,
    /// The selector of the rule that the colour of the text comes from, if it is another.
    pub from: Option<String>,
    pub ratio: f64,
    pub needed: f64,
    /// Names of the modes in which it is too weak.
    pub modes: Vec<String>,
}

/// One way in which the page may be shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mode {
    dark: bool,
    /// Selectors that are on the root besides `:root`.
    classes: BTreeSet<String>,
}

/// Classes that set variables; more are told apart by nobody.
const CLASSES: usize = 6;

/// Pairs below 4.5:1, or 3:1 for large type (WCAG 2.2, 1.4.3).
pub fn weak(css: &str) -> Vec<Weak> {
    let rules = rules(css);
    let declared: BTreeSet<&str> = rules
        .iter()
        .filter(|rule| is_root(&rule.selector))
        .flat_map(|rule| rule.declarations.iter())
        .filter(|(property, _)| property.starts_with("--"))
        .map(|(property, _)| property.as_str())
        .collect();
    let parsed = inherit::parse(&rules);
    let mut found: BTreeMap<(usize, String, String), Weak> = BTreeMap::new();
    for mode in modes(&rules, &declared) {
        let variables = variables(&rules, &mode);
        let coloured = inherit::coloured(&parsed, &|rule| applies(rule, mode.dark));
        for (rule, own) in rules.iter().zip(&parsed).filter(|(rule, _)| applies(rule, mode.dark)) {
            let Some(ground) = last(rule, &["background", "background-color"]) else { continue };
            let of_others = || inherit::text(&coloured, own);
            let Some((text, from)) = last(rule, &["color"]).map(|text| (text, None)).or_else(|| {
                let (text, from) = of_others()?;
                Some((text, Some(from.to_owned())))
            }) else {
                continue;
            };
            // What a component declares for itself goes before what the root says.
            let own: BTreeMap<&str, &str> = rule
                .declarations
                .iter()
                .filter(|(name, _)| name.starts_with("--"))
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let colour = |value: &str| resolve(value, &own, &variables, 0).and_then(|value| Colour::parse(&value));
            let (Some(front), Some(back)) = (colour(text), colour(ground)) else { continue };
            let ratio = front.contrast(back);
            let needed = if is_large(rule) { 3.0 } else { 4.5 };
            // Two decimals are what everybody calculates with.
            if (ratio * 100.0).round() / 100.0 >= needed {
                continue;
            }
            let key = (rule.at, text.to_owned(), ground.to_owned());
            let weak = found.entry(key).or_insert_with(|| Weak {
                selector: rule.selector.clone(),
                at: rule.at,
                text: text.to_owned(),
                ground: ground.to_owned(),
                from: from.clone(),
                ratio,
                needed,
                modes: Vec::new(),
            });
            weak.ratio = weak.ratio.min(ratio);
            weak.modes.push(mode.name());
        }
    }
    found.into_values().collect()
}

impl Mode {
    fn name(&self) -> String {
        let mut parts = vec![if self.dark { "dark" } else { "light" }.to_owned()];
        parts.extend(self.classes.iter().cloned());
        parts.join(" + ")
    }
}

/// Each class that changes the variables by itself, all of them together, and none; in light and in dark.
fn modes(rules: &[CssRule], declared: &BTreeSet<&str>) -> Vec<Mode> {
    let mut classes: Vec<String> = Vec::new();
    for rule in rules {
        if !rule.declarations.iter().any(|(property, value)| declared.contains(property.as_str()) && is_colour(value)) {
            continue;
        }
        for selector in rule.selector.split(',').map(str::trim) {
            if let Some(class) = root_class(selector)
                && !classes.contains(&class)
                && classes.len() < CLASSES
            {
                classes.push(class);
            }
        }
    }
    let mut sets: BTreeSet<BTreeSet<String>> = [BTreeSet::new(), classes.iter().cloned().collect()].into();
    sets.extend(classes.into_iter().map(|class| [class].into()));
    let dark = rules.iter().any(|rule| rule.media.iter().any(|media| media.contains("prefers-color-scheme")));
    let mut modes = Vec::new();
    for classes in sets {
        modes.push(Mode { dark: false, classes: classes.clone() });
        if dark {
            modes.push(Mode { dark: true, classes });
        }
    }
    modes
}

fn is_colour(value: &str) -> bool {
    Colour::parse(value).is_some()
}

fn is_root(selector: &str) -> bool {
    selector.split(',').any(|part| matches!(part.trim(), ":root" | "html" | "body"))
}

/// `.elder`, of `.elder`, `html.elder`, `.elder:not(.hc)`, `[data-theme="dark"]`; none of what lies below something.
fn root_class(selector: &str) -> Option<String> {
    let selector = selector
        .strip_prefix("html")
        .or(selector.strip_prefix(":root"))
        .or(selector.strip_prefix("body"))
        .unwrap_or(selector);
    let selector = selector.split(":not(").next()?;
    let is_one = (selector.starts_with('.') || selector.starts_with('['))
        && selector[1..].chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '=' | '"' | '\'' | ']'));
    is_one.then(|| selector.to_owned())
}

/// Whether the media of a rule are a screen with this preference.
fn applies(rule: &CssRule, dark: bool) -> bool {
    rule.media.iter().all(|media| {
        let media = media.to_ascii_lowercase();
        let for_dark = media.contains("prefers-color-scheme") && media.contains("dark");
        let for_light = media.contains("prefers-color-scheme") && media.contains("light");
        let other = media.contains("print") || media.contains("prefers-contrast") || media.contains("forced-colors");
        !other && (!for_dark || dark) && (!for_light || !dark)
    })
}

/// The variables on the root in a mode, in the order of the cascade.
fn variables(rules: &[CssRule], mode: &Mode) -> BTreeMap<String, String> {
    let mut set: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| applies(rule, mode.dark)) {
        let weight = rule.selector.split(',').map(str::trim).filter_map(|selector| matches(selector, mode)).max();
        let Some(weight) = weight else { continue };
        for (property, value) in rule.declarations.iter().filter(|(property, _)| property.starts_with("--")) {
            let known = set.get(property).map_or(0, |(weight, _)| *weight);
            if weight >= known {
                set.insert(property.clone(), (weight, value.clone()));
            }
        }
    }
    set.into_iter().map(|(property, (_, value))| (property, value)).collect()
}

/// How specific a selector is that fits the root in a mode; none where it does not.
fn matches(selector: &str, mode: &Mode) -> Option<usize> {
    if selector == "body" || selector == "html" {
        return Some(0);
    }
    if let Some((_, negated)) = selector.split_once(":not(") {
        let negated = negated.trim_end_matches(')');
        if mode.classes.contains(negated) {
            return None;
        }
    }
    let positive = selector.split(":not(").next().unwrap_or_default();
    let fits = positive == ":root" || root_class(selector).is_some_and(|class| mode.classes.contains(&class));
    fits.then(|| selector.matches(['.', ':', '[']).count() - selector.matches(":not(").count())
}

/// What a rule sets last of these properties.
fn last<'a>(rule: &'a CssRule, names: &[&str]) -> Option<&'a str> {
    let set = rule.declarations.iter().rev().find(|(property, _)| names.contains(&property.as_str()));
    set.map(|(_, value)| value.as_str())
}

/// 24 px, or 18.66 px in bold, where the rule itself says so.
fn is_large(rule: &CssRule) -> bool {
    let value = |name: &str| {
        rule.declarations.iter().rev().find(|(property, _)| property == name).map(|(_, value)| value.as_str())
    };
    let pixels = value("font-size").and_then(|size| {
        let number = |unit: &str| size.strip_suffix(unit).and_then(|number| number.parse::<f64>().ok());
        number("rem").map(|rem| rem * 16.0).or_else(|| number("px"))
    });
    let bold = value("font-weight")
        .is_some_and(|weight| weight == "bold" || weight.parse().is_ok_and(|weight: u32| weight >= 700));
    pixels.is_some_and(|pixels| pixels >= 24.0 || (bold && pixels >= 18.66))
}

/// A value with its variables put in; none where one is missing.
fn resolve(
    value: &str,
    own: &BTreeMap<&str, &str>,
    variables: &BTreeMap<String, String>,
    depth: u32,
) -> Option<String> {
    let value = value.trim();
    let Some(inner) = value.strip_prefix("var(").and_then(|inner| inner.strip_suffix(')')) else {
        return Some(value.to_owned());
    };
    // Variables may name each other in a circle.
    if depth > 8 {
        return None;
    }
    let (name, fallback) = match inner.split_once(',') {
        Some((name, fallback)) => (name.trim(), Some(fallback)),
        None => (inner.trim(), None),
    };
    let next = own.get(name).copied().or(variables.get(name).map(String::as_str)).or(fallback)?;
    resolve(next, own, variables, depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_calculated() {
        let css = ":root{--ink:#111;--paper:#fff} @media (prefers-color-scheme: dark){:root{--ink:#888;--paper:#777}} .hc{--ink:#ff0;--paper:#000} body{color:var(--ink);background:var(--paper)}";
        let found = weak(css);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].modes, ["dark"]);
        assert!(found[0].ratio < 1.5);
    }

    #[test]
    fn text_of_another_rule_is_seen_in_every_mode() {
        let css = ":root{--ink:#222;--tint:#eee} @media (prefers-color-scheme: dark){:root{--ink:#ddd}} body{color:var(--ink)} .card{background:var(--tint);padding:1em}";
        let found = weak(css);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].selector.as_str(), found[0].from.as_deref()), (".card", Some("body")));
        assert_eq!(found[0].modes, ["dark"]);
    }

    #[test]
    fn large_type_needs_less_and_strangers_are_left_alone() {
        assert!(weak("h1{color:#777;background:#fff;font-size:2rem}").is_empty());
        assert_eq!(weak("p{color:#888;background:#fff}").len(), 1);
        assert!(weak("p{color:#888} div{background:#999}").is_empty());
        assert!(weak("p{color:var(--none);background:#fff}").is_empty());
        assert!(weak("p{--a:var(--b);--b:var(--a);color:var(--a);background:#fff}").is_empty());
        assert!(weak("@media print{p{color:#ccc;background:#fff}}").is_empty());
    }
}
