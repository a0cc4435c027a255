//! The template engine: Tera 2, the built-in templates, and the value filters, functions and tests that need no site.
//!
//! Template files come in as text, rendered text goes out, and every error points at the file the author wrote.
//! This room knows templates only: functions that need pages, images or Markdown are registered by `site`.

mod bounds;
mod diagnose;
mod dialect;
mod engine;
pub mod filters;
pub mod reads;
pub mod tera1;
mod uses;

pub use dialect::{Dialect, Sign, Signs, signs};
pub use engine::{ALIAS, Engine, TemplateFile, WELCOME};
pub use uses::{Pages, Uses};

use crate::diagnostic::Text;

/// Between the two languages of a message that travels inside a [`tera::Error`], which holds one string.
const LANGUAGE_MARK: char = '\u{1f}';

/// An error of a function or filter, in both languages.
pub fn error(text: Text) -> tera::Error {
    tera::Error::message(format!("{}{LANGUAGE_MARK}{}", text.en, text.zh))
}
