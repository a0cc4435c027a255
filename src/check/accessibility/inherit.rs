//! The colour of the text in an element whose own rule sets only what it lies on.
//!
//! A style sheet alone does not tell which element is in which. What it does tell: rules for the same element
//! (`a` and `.more` for `a.more`), and those for what a selector names as its ancestors (`.card` in `.card .note`), up to the
//! root. Where children have colours of their own, nothing is said, nor of a ground without padding: icons, shades and classes
//! that are for any element hold no text of their own.

use super::css::CssRule;

/// One simple selector after the other of one element: `a`, `.more`, `[hidden]`.
type Compound = Vec<String>;

/// The selectors of a rule, each as its compounds from the outermost on.
pub struct Parsed<'a> {
    rule: &'a CssRule,
    selectors: Vec<Vec<Compound>>,
}

/// Elements that browsers give a colour of their own.
const COLOURED: [&str; 9] = ["a", "button", "input", "select", "textarea", "mark", "option", "meter", "progress"];

pub fn parse(rules: &[CssRule]) -> Vec<Parsed<'_>> {
    rules
        .iter()
        .map(|rule| Parsed {
            rule,
            selectors: split(&rule.selector, ',').iter().filter_map(|s| compounds(s)).collect(),
        })
        .collect()
}

/// Those that set the colour of a text in a mode; `applies` tells whether a rule is for it.
pub fn coloured<'p, 'a>(all: &'p [Parsed<'a>], applies: &dyn Fn(&CssRule) -> bool) -> Vec<&'p Parsed<'a>> {
    all.iter().filter(|parsed| colour(parsed.rule).is_some() && applies(parsed.rule)).collect()
}

/// The value of the text's colour where the rule `own` sets a ground alone, and the selector that it comes from.
pub fn text<'a>(coloured: &[&Parsed<'a>], own: &Parsed) -> Option<(&'a str, &'a str)> {
    // A list of selectors may stand for elements with colours of several sources.
    let [selector] = own.selectors.as_slice() else { return None };
    if !own.rule.declarations.iter().any(|(property, _)| property.starts_with("padding")) {
        return None;
    }
    let (element, ancestors) = selector.split_last()?;
    let is_ancestor = |parsed: &Parsed| {
        parsed
            .selectors
            .iter()
            .any(|other| other.split_last().is_some_and(|(_, around)| around.iter().any(|c| fits(element, c))))
    };
    if coloured.iter().any(|parsed| is_ancestor(parsed)) {
        return None;
    }
    let strongest = |element: &Compound, around: &[Compound]| {
        coloured
            .iter()
            .filter_map(|parsed| {
                let fitting = parsed.selectors.iter().filter(|other| {
                    other.split_last().is_some_and(|(last, before)| {
                        fits(last, element) && before.iter().all(|c| around.iter().any(|own| fits(c, own)))
                    })
                });
                let weight = fitting.map(|other| weight(other)).max()?;
                Some((weight, parsed.rule))
            })
            .max_by_key(|(weight, rule)| (*weight, rule.at))
            .map(|(_, rule)| rule)
    };
    let of_rule = |rule: &'a CssRule| Some((colour(rule)?, rule.selector.as_str()));
    if let Some(rule) = strongest(element, ancestors) {
        return of_rule(rule);
    }
    if element.iter().any(|simple| COLOURED.contains(&simple.as_str())) {
        return None;
    }
    for (number, around) in ancestors.iter().enumerate().rev() {
        if let Some(rule) = strongest(around, &ancestors[..number]) {
            return of_rule(rule);
        }
    }
    ["body", "html", ":root"].iter().find_map(|root| of_rule(strongest(&vec![(*root).to_owned()], &[])?))
}

fn colour(rule: &CssRule) -> Option<&str> {
    let set = rule.declarations.iter().rev().find(|(property, _)| property == "color");
    set.map(|(_, value)| value.as_str()).filter(|value| !matches!(*value, "inherit" | "unset" | "currentcolor"))
}

/// Whether every simple selector of one compound is among those of another.
fn fits(part: &Compound, whole: &Compound) -> bool {
    part.iter().all(|simple| simple == "*" || whole.contains(simple))
}

/// Classes and the like before names of elements.
fn weight(selector: &[Compound]) -> (usize, usize, usize) {
    let count = |wanted: &dyn Fn(&str) -> bool| selector.iter().flatten().filter(|simple| wanted(simple)).count();
    (
        count(&|simple| simple.starts_with('#')),
        count(&|simple| simple.starts_with(['.', '[', ':'])),
        count(&|simple| simple.starts_with(char::is_alphabetic)),
    )
}

/// None for what is no element of the page, or is so only for a moment: `::before`, `a:hover`.
fn compounds(selector: &str) -> Option<Vec<Compound>> {
    let mut found: Vec<Compound> = vec![Vec::new()];
    let mut simple = String::new();
    let mut depth = 0_usize;
    let end = |simple: &mut String, found: &mut Vec<Compound>| {
        if !simple.is_empty() {
            found.last_mut()?.push(std::mem::take(simple));
        }
        Some(())
    };
    for c in selector.trim().chars() {
        match c {
            '(' | '[' => {
                if c == '[' && depth == 0 {
                    end(&mut simple, &mut found)?;
                }
                depth += 1;
                simple.push(c);
            }
            ')' | ']' => {
                depth = depth.checked_sub(1)?;
                simple.push(c);
            }
            _ if depth > 0 => simple.push(c),
            ':' if simple == ":" => return None,
            '.' | '#' | ':' => {
                end(&mut simple, &mut found)?;
                simple.push(c);
            }
            ' ' | '\n' | '\t' | '>' => {
                end(&mut simple, &mut found)?;
                if found.last().is_some_and(|last| !last.is_empty()) {
                    found.push(Vec::new());
                }
            }
            // Siblings are no ancestors.
            '+' | '~' | '&' => return None,
            _ => simple.push(c),
        }
    }
    end(&mut simple, &mut found)?;
    let moments = [":hover", ":focus", ":active", ":before", ":after", ":disabled", ":checked", ":target", ":visited"];
    let fleeting = found.iter().flatten().any(|simple| moments.iter().any(|moment| simple.starts_with(moment)));
    (depth == 0 && !fleeting && found.iter().all(|compound| !compound.is_empty())).then_some(found)
}

/// The parts between commas that stand in no brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (place, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if c == at && depth == 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::super::css::rules;
    use super::*;

    /// The text of the last rule of a style sheet.
    fn of_last(css: &str) -> Option<(String, String)> {
        let rules = rules(css);
        let parsed = parse(&rules);
        let found = text(&coloured(&parsed, &|_| true), parsed.last()?)?;
        Some((found.0.to_owned(), found.1.to_owned()))
    }

    fn says(css: &str, colour: &str, selector: &str) {
        assert_eq!(of_last(css), Some((colour.to_owned(), selector.to_owned())), "{css}");
    }

    #[test]
    fn colours_come_from_the_element_then_from_ancestors_then_from_the_root() {
        says("body{color:#111} .note{background:#222;padding:1em}", "#111", "body");
        says("body{color:#111} .card{color:#333} .card .note{background:#222;padding:1em}", "#333", ".card");
        says("body{color:#111} .card > .note{background:#222;padding:1em}", "#111", "body");
        says("a{color:#444} .more{color:#555} a.more{background:#222;padding:1em}", "#555", ".more");
        says("a{color:#444} nav a{color:#555} nav a{background:#222;padding:1em}", "#555", "nav a");
        says("body{color:#111} .x{color:inherit} .x{background:#222;padding:1em}", "#111", "body");
    }

    #[test]
    fn nothing_is_said_of_what_is_not_known() {
        for css in [
            ".note{background:#222;padding:1em}",
            "body{color:#111} button{background:#222;padding:1em}",
            "body{color:#111} .hero h1{color:#fff} .hero{background:#222;padding:1em}",
            "body{color:#111} .shade{background:#222}",
            "body{color:#111} .a, .b{background:#222;padding:1em}",
            "body{color:#111} .a::before{background:#222;padding:1em}",
            "body{color:#111} .a:hover{background:#222;padding:1em}",
            "body{color:#111} .a + .b{background:#222;padding:1em}",
            "body{color:#111} .a[{background:#222;padding:1em}",
        ] {
            assert_eq!(of_last(css), None, "{css}");
        }
    }
}
