//! Highlighting before Zola 0.22, which used Sublime Text's grammars and themes.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{CssFile, Entry, Old, set_as, string, subtable};
use crate::diagnostic::Text;
use crate::text;

/// The theme that was used where none was named.
const DEFAULT: &str = "base16-ocean-dark";

/// The themes of those versions and the nearest of today's, by background and colours. Names that exist today are not here.
const THEMES: &[(&str, &str)] = &[
    ("1337", "monokai"),
    ("agola-dark", "one-dark-pro"),
    ("ascetic-white", "min-light"),
    ("axar", "vesper"),
    ("base16-atelierdune-light", "solarized-light"),
    ("base16-ocean-dark", "nord"),
    ("base16-ocean-light", "catppuccin-latte"),
    ("bbedit", "light-plus"),
    ("boron", "vitesse-dark"),
    ("charcoal", "material-theme-darker"),
    ("cheerfully-light", "vitesse-light"),
    ("classic-modified", "min-light"),
    ("demain", "one-light"),
    ("dimmed-fluid", "one-light"),
    ("gray-matter-dark", "min-dark"),
    ("green", "everforest-dark"),
    ("gruvbox-dark", "gruvbox-dark-medium"),
    ("gruvbox-light", "gruvbox-light-medium"),
    ("idle", "light-plus"),
    ("inspired-github", "github-light"),
    ("ir-white", "light-plus"),
    ("kronuz", "gruvbox-dark-soft"),
    ("material-dark", "material-theme-darker"),
    ("material-light", "material-theme-lighter"),
    ("nyx-bold", "one-dark-pro"),
    ("one-dark", "one-dark-pro"),
    ("onehalfdark", "one-dark-pro"),
    ("onehalflight", "one-light"),
    ("railsbase16-green-screen-dark", "everforest-dark"),
    ("subway-madrid", "vitesse-light"),
    ("subway-moscow", "vitesse-light"),
    ("tomorrow", "one-light"),
    ("two-dark", "one-dark-pro"),
    ("visual-studio-dark", "dark-plus"),
    ("zenburn", "everforest-dark"),
];

/// Today's name of a theme of those versions.
fn nearest(name: &str) -> &str {
    let lower = name.to_lowercase();
    if let Some(known) = crate::config::code_themes::BUILT_IN.iter().find(|known| **known == lower) {
        return known;
    }
    let old = THEMES.iter().find(|(old, _)| *old == lower).map(|(_, new)| *new);
    // A theme of the site's own, which cannot be read: at least the background is right.
    old.unwrap_or(if is_dark(&lower) { "one-dark-pro" } else { "one-light" })
}

fn is_dark(name: &str) -> bool {
    !["light", "white", "day", "bright"].iter().any(|word| name.to_lowercase().contains(word))
}

const KEYS: [&str; 6] = [
    "highlight_code",
    "highlight_theme",
    "highlight_themes_css",
    "error_on_missing_highlight",
    "extra_syntaxes",
    "extra_syntaxes_and_themes",
];

/// The old keys of `[markdown]`, and those that stood at the top level before 0.13.
pub fn modernise(table: &mut DeTable, old: &mut Old) {
    let mut found: Vec<Entry> = KEYS.iter().filter_map(|key| table.remove_entry(*key)).collect();
    if let Some(DeValue::Table(markdown)) = table.get_mut("markdown").map(Spanned::get_mut) {
        for key in KEYS {
            if let Some(entry) = markdown.remove_entry(key) {
                found.retain(|(other, _)| other.get_ref() != entry.0.get_ref());
                found.push(entry);
            }
        }
    }
    let Some(span) = found.first().map(|(key, _)| key.span()) else { return };
    let value = |key: &str| found.iter().find(|(k, _)| k.get_ref() == key).map(|(_, value)| value);
    let is_true = |key: &str| value(key).is_some_and(|v| matches!(v.get_ref(), DeValue::Boolean(true)));
    let on = is_true("highlight_code");
    let theme = value("highlight_theme").and_then(|v| v.get_ref().as_str()).unwrap_or(DEFAULT).to_owned();
    let class = theme == "css";
    let css = value("highlight_themes_css").map(css_files).unwrap_or_default();
    // The names of themes by the key that takes them today.
    let mut themes: Vec<(&'static str, String)> = Vec::new();
    if !class {
        themes.push(("theme", theme));
    } else {
        let find = |dark: bool| css.iter().find(|(theme, name)| is_dark(&format!("{theme} {name}")) == dark);
        match (find(false), find(true)) {
            (Some(light), Some(dark)) => {
                themes.extend([("light_theme", light.0.clone()), ("dark_theme", dark.0.clone())]);
                for (file, is_dark) in [(light, false), (dark, true)] {
                    old.css_files.push(CssFile { dark: is_dark, name: file.1.clone() });
                }
            }
            (Some(only), None) | (None, Some(only)) => {
                themes.push(("theme", only.0.clone()));
                old.css_files.push(CssFile { dark: false, name: only.1.clone() });
            }
            (None, None) => themes.push(("theme", DEFAULT.to_owned())),
        }
        if !on {
            old.css_files.clear();
        }
    }
    let named: Vec<String> = themes.iter().map(|(key, name)| format!("`{key} = \"{}\"`", nearest(name))).collect();
    let themes_text = named.join(", ");
    for (key, value) in &found {
        let today = today(key.get_ref(), value, on, class, &themes_text);
        match key.get_ref().starts_with("extra_") {
            true => old.dead(key.get_ref(), key.span(), today),
            false => old.remark(key.get_ref(), key.span(), today),
        }
    }
    if !on {
        return;
    }
    let missing = value("error_on_missing_highlight").cloned();
    let Some(markdown) = subtable(table, span.clone(), "markdown") else { return };
    if markdown.contains_key("highlighting") {
        return;
    }
    let Some(highlighting) = subtable(markdown, span.clone(), "highlighting") else { return };
    for (key, name) in themes {
        set_as(highlighting, span.clone(), key, string(span.clone(), nearest(&name).to_owned()));
    }
    if class {
        set_as(highlighting, span.clone(), "style", string(span.clone(), "class"));
    }
    if let Some(missing) = missing {
        set_as(highlighting, span, "error_on_missing_language", missing);
    }
}

/// What each key is today, on this site.
fn today(key: &str, value: &Spanned<DeValue>, on: bool, class: bool, themes: &str) -> Text {
    match key {
        "highlight_code" if on => {
            text!("the table [markdown.highlighting] with {themes}", "[markdown.highlighting] 表，其中写 {themes}")
        }
        "highlight_code" => text!(
            "left out: code is highlighted where there is a table [markdown.highlighting]",
            "不写：有 [markdown.highlighting] 表时代码才会高亮"
        ),
        "highlight_theme" if class => {
            text!("`style = \"class\"` in [markdown.highlighting]", "[markdown.highlighting] 里的 `style = \"class\"`")
        }
        "highlight_theme" => {
            let name = value.get_ref().as_str().unwrap_or_default();
            text!(
                "{themes} in [markdown.highlighting], the nearest to `{name}`",
                "[markdown.highlighting] 里的 {themes}（最接近 `{name}`）"
            )
        }
        "highlight_themes_css" => text!(
            "{themes} with `style = \"class\"` in [markdown.highlighting]; the files keep their names",
            "[markdown.highlighting] 里的 {themes} 与 `style = \"class\"`；文件名不变"
        ),
        "error_on_missing_highlight" => text!(
            "`error_on_missing_language` in [markdown.highlighting]",
            "[markdown.highlighting] 里的 `error_on_missing_language`"
        ),
        _ => text!(
            "`extra_grammars` and `extra_themes` in [markdown.highlighting], files in VS Code's JSON; those of Sublime Text \
             (.sublime-syntax, .tmTheme) are not read",
            "[markdown.highlighting] 里的 `extra_grammars` 和 `extra_themes`，用 VS Code 的 JSON 文件；Sublime Text 的文件\
             （.sublime-syntax、.tmTheme）不再读取"
        ),
    }
}

/// Theme and file name of each style sheet.
fn css_files(value: &Spanned<DeValue>) -> Vec<(String, String)> {
    let text = |table: &DeTable, key: &str| table.get(key).and_then(|v| v.get_ref().as_str().map(str::to_owned));
    let DeValue::Array(files) = value.get_ref() else { return Vec::new() };
    files
        .iter()
        .filter_map(|file| match file.get_ref() {
            DeValue::Table(table) => Some((text(table, "theme")?, text(table, "filename")?)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_old_theme_has_one_of_today() {
        let today = crate::config::code_themes::BUILT_IN;
        assert!(THEMES.iter().all(|(_, new)| today.contains(new)));
        assert_eq!(nearest("base16-ocean-dark"), "nord");
        assert_eq!(nearest("OneHalfLight"), "one-light");
        assert_eq!(nearest("monokai"), "monokai");
        assert_eq!(nearest("my-own-light"), "one-light");
    }
}
