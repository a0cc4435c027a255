//! An archetype's text in, a page's text out: `{{ title }}`, `{{ date }}` and the like in their places.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Zoned;
use jiff::tz::TimeZone;
use regex::{Captures, Regex};

use crate::config::Config;
use crate::content::{self, Page};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::outreach::{BuildTime, CHINA};
use crate::text;

use super::find::DIRECTIVE;

/// When the page is made.
pub struct Times(Zoned);

impl Times {
    /// In China time on an outreach site, else in that of the machine.
    pub fn new(time: BuildTime, is_outreach: bool) -> Self {
        let zone = match time {
            _ if is_outreach => CHINA,
            BuildTime::Instant(_) => TimeZone::system(),
            BuildTime::Civil(_) => TimeZone::UTC,
        };
        Self(time.instant(is_outreach).to_zoned(zone))
    }

    /// `20261124`.
    pub fn digits(&self) -> String {
        self.0.strftime("%Y%m%d").to_string()
    }

    /// `2026-11-24T09:00:00+08:00`; nobody needs the second.
    fn date(&self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:00%:z").to_string()
    }

    pub fn day(&self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }

    fn year(&self) -> String {
        self.0.strftime("%Y").to_string()
    }
}

/// What is put in.
pub struct Places<'a> {
    pub title: &'a str,
    pub slug: &'a str,
    pub times: &'a Times,
}

impl Places<'_> {
    const NAMES: [&'static str; 5] = ["title", "date", "day", "year", "slug"];

    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "title" => Cow::Borrowed(self.title),
            "slug" => Cow::Borrowed(self.slug),
            "date" => Cow::Owned(self.times.date()),
            "day" => Cow::Owned(self.times.day()),
            "year" => Cow::Owned(self.times.year()),
            _ => return None,
        })
    }
}

static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{\s*([^{}]*?)\s*\}\}").ok());

/// Fills an archetype. In front matter an unknown place is an error; in the body it may be what templates replace.
pub fn fill(file: &str, text: &str, places: &Places) -> Result<String, Vec<Diagnostic>> {
    let Some(pattern) = PLACE.as_ref() else { return Ok(text.to_owned()) };
    let front = content::front_matter_range(file, text).map_err(|error| vec![*error])?;
    let mut errors = Vec::new();
    let filled = pattern.replace_all(text, |found: &Captures| {
        let (whole, name) =
            (found.get(0).map(|m| m.range()).unwrap_or_default(), found.get(1).map_or("", |m| m.as_str()));
        let inside = front.contains(&whole.start);
        match places.get(name) {
            Some(value) if inside => escape(&value),
            Some(value) => value.into_owned(),
            None => {
                if inside {
                    errors.push(unknown(name, Place::span(file, text, whole)));
                }
                found.get(0).map_or("", |m| m.as_str()).to_owned()
            }
        }
    });
    if errors.is_empty() { Ok(filled.into_owned()) } else { Err(errors) }
}

fn unknown(name: &str, place: Place) -> Diagnostic {
    let known = Places::NAMES.map(|name| format!("`{{{{ {name} }}}}`")).join(", ");
    let error = Diagnostic::error(
        "new/archetype",
        text!("`{name}` is nothing that a new page is filled with", "新页面没有 `{name}` 可以填"),
    )
    .at(place);
    match did_you_mean(name.trim_start_matches('.').to_lowercase().as_str(), Places::NAMES) {
        Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
        None => error.help(text!("kepu fills {known}", "kepu 能填的是 {known}")),
    }
}

/// As it stands between the double quotes of TOML and of YAML.
fn escape(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// The page that a filled archetype is, or what is wrong with it, at its places in the archetype.
pub fn check(file: &str, relative: &str, filled: &str, config: &Config) -> Result<Page, Vec<Diagnostic>> {
    let mut told = Vec::new();
    let page = content::parse_page(relative, filled.to_owned(), config, &mut told);
    let own = format!("content/{relative}");
    let errors: Vec<Diagnostic> = told
        .into_iter()
        .filter(Diagnostic::is_error)
        .map(|mut error| {
            for place in error.place.iter_mut().filter(|place| place.file == own) {
                place.file = file.to_owned();
            }
            let help = text!(
                "the archetype does not make a page; `{{{{ title }}}}` stands between double quotes: title = \"{{{{ title }}}}\"",
                "用这个模板建不出网页；`{{{{ title }}}}` 要写在英文双引号里：title = \"{{{{ title }}}}\""
            );
            error.help.get_or_insert(help);
            error
        })
        .collect();
    match page {
        Some(page) if errors.is_empty() => Ok(page),
        _ => Err(errors),
    }
}

/// The text with one more key at the top level of its front matter, behind the title.
pub fn with_key(text: &str, key: &str, value: &str) -> String {
    let Ok(range) = content::front_matter_range("", text) else { return text.to_owned() };
    let front = text.get(range.clone()).unwrap_or_default();
    let mut at = 0;
    let mut behind = 0;
    for line in front.split_inclusive('\n').take_while(|line| !line.starts_with('[')) {
        at += line.len();
        if line.starts_with("title") {
            behind = at;
        }
    }
    let equals = if text.trim_start().starts_with('-') { ": " } else { " = " };
    let (before, after) = text.split_at(range.start + behind);
    format!("{before}{key}{equals}{value}\n{after}")
}

/// The text without the lines of front matter that are for kepu.
pub fn without_directives(text: &str) -> String {
    let end = content::front_matter_range("", text).map_or(0, |range| range.end);
    let (front, body) = text.split_at(end);
    let kept = front.split_inclusive('\n').filter(|line| !line.trim_start().starts_with(DIRECTIVE));
    kept.collect::<String>() + body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, title: &str) -> Result<String, Vec<Diagnostic>> {
        let time = BuildTime::parse("2026-11-24T09:30").expect("a time");
        let times = Times::new(time, true);
        fill("archetypes/a.md", text, &Places { title, slug: "a-b", times: &times })
    }

    #[test]
    fn every_place_is_filled() {
        let text =
            "+++\ntitle = \"{{ title }}\"\ndate = {{date}}\nwhen = {{ day }}\nyear = {{ year }}\n+++\n{{ slug }}\n";
        assert_eq!(
            filled(text, "A").expect("a page"),
            "+++\ntitle = \"A\"\ndate = 2026-11-24T09:30:00+08:00\nwhen = 2026-11-24\nyear = 2026\n+++\na-b\n"
        );
    }

    #[test]
    fn titles_are_escaped_in_front_matter_only() {
        let text = "+++\ntitle = \"{{ title }}\"\n+++\n# {{ title }}\n";
        let made = filled(text, "\"月\\亮\" = {x}").expect("a page");
        assert_eq!(made, "+++\ntitle = \"\\\"月\\\\亮\\\" = {x}\"\n+++\n# \"月\\亮\" = {x}\n");
    }

    #[test]
    fn what_templates_replace_stays_in_the_body_and_is_an_error_above() {
        let body = "+++\ntitle = \"{{ title }}\"\n+++\n{{ figure(src=\"a.jpg\") }}\n";
        assert!(filled(body, "A").expect("a page").contains("{{ figure(src=\"a.jpg\") }}"));
        let errors = filled("+++\ntitle = \"{{ .Title }}\"\n+++\n", "A").expect_err("an error");
        assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["new/archetype"]);
        assert_eq!(errors[0].place.as_ref().and_then(Place::line_column), Some((2, 10)));
        assert!(errors[0].help.as_ref().is_some_and(|help| help.en.contains("`title`")));
    }

    #[test]
    fn a_key_is_put_behind_the_title() {
        assert_eq!(
            with_key("+++\ntitle = \"a\"\n[extra]\ntitle = 1\n+++\n", "weight", "10"),
            "+++\ntitle = \"a\"\nweight = 10\n[extra]\ntitle = 1\n+++\n"
        );
        assert_eq!(with_key("---\na: 1\n---\n", "weight", "10"), "---\nweight: 10\na: 1\n---\n");
    }

    #[test]
    fn lines_for_kepu_are_left_out() {
        assert_eq!(without_directives("+++\n#: folder = true\n# a\n+++\n#: b\n"), "+++\n# a\n+++\n#: b\n");
    }
}
