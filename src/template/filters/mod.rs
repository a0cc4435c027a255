//! Filters, tests and functions that need no site: the value ones of Zola 0.23, under its names.
//!
//! Comes in: an engine. Goes out: the same engine with everything in [`FILTERS`], [`TESTS`] and [`FUNCTIONS`]. What
//! needs pages, files or Markdown is registered by the layer that has them.

mod date;
mod group_by;
mod mask;
mod now;
mod num_format;
mod random;

use jiff::Timestamp;
use tera::Tera;
use tera_contrib::{base64, dates, filesize_format, format, json, regex, slug, urlencode};

pub use date::date;
pub(super) use random::get_random;

/// Registers a list of names and lists the names.
macro_rules! registrations {
    (
        ($tera:ident, $language:ident, $now:ident)
        filters: $($filter:literal => $filter_fn:expr,)*
        tests: $($test:literal => $test_fn:expr,)*
        functions: $($function:literal => $function_fn:expr,)*
    ) => {
        /// The filters that [`register`] adds.
        pub const FILTERS: &[&str] = &[$($filter),*];
        /// The tests that [`register`] adds.
        pub const TESTS: &[&str] = &[$($test),*];
        /// The functions that [`register`] adds.
        pub const FUNCTIONS: &[&str] = &[$($function),*];

        /// Adds everything here to an engine. `language` is the site's default language, `now` when the build is.
        ///
        /// ```
        /// let mut tera = tera::Tera::default();
        /// kepu::template::filters::register(&mut tera, "en", "2026-08-05T10:00:00Z".parse().unwrap());
        /// let text = tera.render_str("{{ 1234 | num_format }} {{ now() | date }}", &tera::Context::new(), false);
        /// assert_eq!(text.unwrap(), "1,234 2026-08-05");
        /// ```
        pub fn register($tera: &mut Tera, $language: &str, $now: Timestamp) {
            $($tera.register_filter($filter, $filter_fn);)*
            $($tera.register_test($test, $test_fn);)*
            $($tera.register_function($function, $function_fn);)*
            super::tera1::runtime::register($tera, $now);
        }
    };
}

registrations! {
    (tera, language, now)
    filters:
        "base64_encode" => base64::b64_encode,
        "base64_decode" => base64::b64_decode,
        "regex_replace" => regex::RegexReplace::default(),
        "striptags" => regex::striptags,
        "spaceless" => regex::spaceless,
        "urlencode" => urlencode::urlencode,
        "urlencode_strict" => urlencode::urlencode_strict,
        "json_encode" => json::json_encode,
        "filesizeformat" => filesize_format::filesize_format,
        "format" => format::format,
        "slugify" => slug::slug,
        "date" => date::date,
        "group_by" => group_by::group_by,
        "shuffle" => random::shuffle,
        "mask" => mask::mask,
        "num_format" => num_format::NumFormat::new(language),
    tests:
        "matching" => regex::Matching::default(),
        "before" => dates::is_before,
        "after" => dates::is_after,
    functions:
        "get_random" => random::get_random,
        "now" => now::Now(now),
}

/// The filters that Tera itself has; it cannot be asked for them.
pub const ENGINE_FILTERS: &[&str] = &[
    "abs",
    "capitalize",
    "default",
    "escape",
    "escape_html",
    "escape_xml",
    "first",
    "float",
    "get",
    "group_by",
    "indent",
    "int",
    "join",
    "keys",
    "last",
    "length",
    "lower",
    "newlines_to_br",
    "nth",
    "pairs",
    "pluralize",
    "replace",
    "reverse",
    "round",
    "safe",
    "sort",
    "split",
    "str",
    "title",
    "trim",
    "trim_end",
    "trim_start",
    "truncate",
    "unique",
    "upper",
    "values",
    "wordcount",
];

/// The tests that Tera itself has.
pub const ENGINE_TESTS: &[&str] = &[
    "array",
    "bool",
    "containing",
    "defined",
    "divisible_by",
    "ending_with",
    "even",
    "float",
    "integer",
    "iterable",
    "map",
    "none",
    "number",
    "odd",
    "starting_with",
    "string",
    "undefined",
];

/// The functions that Tera itself has.
pub const ENGINE_FUNCTIONS: &[&str] = &["range", "throw"];

#[cfg(test)]
mod tests;
