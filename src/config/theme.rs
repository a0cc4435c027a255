//! `theme.toml`, of which only `[extra]` and `min_version` count.

use toml::{Table, Value};

use super::Config;
use super::toml_input::Input;
use crate::diagnostic::{Diagnostic, Result};
use crate::text;

/// Fills the gaps of the site's `[extra]` with the theme's, and takes `min_version` over. Tables are merged, the site's values win.
pub fn merge_theme_extra(config: &mut Config, file: &str, source: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Some(theme) = Input::new(file, source).parse::<Table>(|_| None, diagnostics) else { return };
    config.theme_min_version =
        theme.get("min_version").map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    if let Some(Value::Table(extra)) = theme.get("extra")
        && let Err(d) = merge(&mut config.extra, extra, "extra")
    {
        diagnostics.push(*d);
    }
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
