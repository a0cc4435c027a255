//! `theme.toml`, of which `[extra]`, `[outreach]` and `min_version` count.

use serde::Deserialize;
use toml::{Table, Value};

use super::Config;
use super::outreach::{self, RawOutreach};
use super::toml_input::Input;
use crate::diagnostic::{Diagnostic, Result};
use crate::text;

/// Fills the gaps of the site's `[extra]` with the theme's, and takes `min_version` over: tables are merged, the site's
/// values win. The result is the theme's `[outreach]`.
pub fn merge_theme(
    config: &mut Config,
    file: &str,
    source: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RawOutreach> {
    let input = Input::new(file, source);
    let theme = input.parse::<Table>(|_| None, diagnostics)?;
    config.theme_min_version =
        theme.get("min_version").map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    if let Some(Value::Table(extra)) = theme.get("extra")
        && let Err(d) = merge(&mut config.extra, extra, "extra")
    {
        diagnostics.push(*d);
    }
    if !theme.contains_key("outreach") {
        return None;
    }
    // Themes of Zola have many keys at the top that nobody reads; only what is below `[outreach]` is checked.
    let mut told = Vec::new();
    let keys = |path: &[String]| match path {
        [] => None,
        [_, rest @ ..] => outreach::keys(&rest.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    let theme: Option<Theme> = input.parse(keys, &mut told);
    let own = |d: &Diagnostic| {
        d.code != "unknown-key" || d.place.as_ref().is_none_or(|place| input.is_below(place, "outreach"))
    };
    diagnostics.extend(told.into_iter().filter(own));
    theme?.outreach
}

/// The table that is read with its places.
#[derive(Deserialize)]
struct Theme {
    outreach: Option<RawOutreach>,
}

fn merge(into: &mut Table, from: &Table, path: &str) -> Result<()> {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (None, value) => {
                into.insert(key.clone(), value.clone());
            }
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from, &format!("{path}.{key}"))?,
            (Some(Value::Table(_)), _) | (Some(_), Value::Table(_)) => {
                return Err(Box::new(
                    Diagnostic::error(
                        "config/theme-extra",
                        text!(
                            "`{path}.{key}` is a table on one side and a value on the other, in the site and in its theme",
                            "`{path}.{key}` 在网站和主题里一边是表、一边是值，无法合并"
                        ),
                    )
                    .help(text!(
                        "give it the shape that theme.toml has",
                        "请按 theme.toml 里的形式来写"
                    )),
                ));
            }
            (Some(_), _) => {}
        }
    }
    Ok(())
}
