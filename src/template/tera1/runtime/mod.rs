//! Tera 1's filters, tests and functions, for the one engine of Tera 2.
//!
//! Comes in: an engine. Goes out: the same engine with each of them under its name with `t1_` before it. They take the
//! values of Tera 2, do what Tera 1 does with the same values as JSON, and fail where Tera 1 fails. Positional arguments
//! of tests are called `arg0`, `arg1`, ….
//!
//! Not here: Zola's own functions and filters, and what the lowering needs in place of operators.

pub mod arguments;
mod dates;
mod functions;
mod lists;
mod numbers;
mod path;
mod strings;
mod tests;
pub mod text;
mod values;

use jiff::Timestamp;
use tera::{Function, Kwargs, State, Tera, TeraResult, Value};

/// Registers names with their prefix and lists them without.
macro_rules! registrations {
    (
        ($tera:ident, $now:ident)
        filters: $($filter:literal => $filter_fn:expr,)*
        tests: $($test:literal => $test_fn:expr,)*
        functions: $($function:literal => $function_fn:expr,)*
    ) => {
        /// The filters, by Tera 1's names.
        pub const FILTERS: &[&str] = &["default", $($filter),*];
        /// The tests, by Tera 1's names.
        pub const TESTS: &[&str] = &[$($test),*];
        /// The functions, by Tera 1's names.
        pub const FUNCTIONS: &[&str] = &[$($function),*];

        /// Adds everything here to an engine. `now` is when the build is.
        pub fn register($tera: &mut Tera, $now: Timestamp) {
            // Its argument may be undefined where it is not needed.
            $tera.register_filter("t1_default", values::default);
            $($tera.register_filter(concat!("t1_", $filter), strict_filter($filter, $filter_fn));)*
            $($tera.register_test(concat!("t1_", $test), $test_fn);)*
            $($tera.register_function(concat!("t1_", $function), strict_function($function, $function_fn));)*
        }
    };
}

registrations! {
    (tera, now)
    filters:
        "upper" => strings::upper,
        "lower" => strings::lower,
        "trim" => strings::trim,
        "trim_start" => strings::trim_start,
        "trim_end" => strings::trim_end,
        "trim_start_matches" => strings::trim_start_matches,
        "trim_end_matches" => strings::trim_end_matches,
        "truncate" => strings::truncate,
        "wordcount" => strings::wordcount,
        "replace" => strings::replace,
        "capitalize" => strings::capitalize,
        "title" => strings::title,
        "linebreaksbr" => strings::linebreaksbr,
        "indent" => strings::indent,
        "striptags" => strings::striptags,
        "spaceless" => strings::spaceless,
        "urlencode" => strings::urlencode,
        "urlencode_strict" => strings::urlencode_strict,
        "escape" => strings::escape,
        "escape_xml" => strings::escape_xml,
        "slugify" => strings::slugify,
        "addslashes" => strings::addslashes,
        "split" => strings::split,
        "int" => strings::int,
        "float" => strings::to_float,
        "first" => lists::first,
        "last" => lists::last,
        "nth" => lists::nth,
        "join" => lists::join,
        "sort" => lists::sort,
        "unique" => lists::unique,
        "slice" => lists::slice,
        "group_by" => lists::group_by,
        "filter" => lists::filter,
        "map" => lists::map,
        "concat" => lists::concat,
        "abs" => numbers::abs,
        "pluralize" => numbers::pluralize,
        "round" => numbers::round,
        "filesizeformat" => numbers::filesizeformat,
        "length" => values::length,
        "reverse" => values::reverse,
        "date" => dates::date,
        "json_encode" => values::json_encode,
        "as_str" => values::as_str,
        "get" => values::get,
    tests:
        "defined" => tests::defined,
        "undefined" => tests::undefined,
        "odd" => tests::odd,
        "even" => tests::even,
        "string" => tests::string,
        "number" => tests::number,
        "divisibleby" => tests::divisibleby,
        "iterable" => tests::iterable,
        "object" => tests::object,
        "starting_with" => tests::starting_with,
        "ending_with" => tests::ending_with,
        "containing" => tests::containing,
        "matching" => tests::Regex::default(),
    functions:
        "range" => functions::range,
        "now" => functions::Now(now),
        "throw" => functions::throw,
        "get_random" => functions::get_random,
        "get_env" => functions::get_env,
}

type FilterFunction<R> = fn(&Value, Kwargs, &State) -> TeraResult<R>;

/// A filter whose arguments must all be defined.
fn strict_filter<R: Into<Value> + 'static>(
    name: &'static str,
    filter: FilterFunction<R>,
) -> impl Fn(&Value, Kwargs, &State) -> TeraResult<Value> + Send + Sync + 'static {
    move |value: &Value, arguments: Kwargs, state: &State| {
        arguments::all_defined(name, &arguments)?;
        filter(value, arguments, state).map(|result| unmarked(result.into()))
    }
}

/// A function whose arguments must all be defined.
fn strict_function(
    name: &'static str,
    function: impl Function<TeraResult<Value>>,
) -> impl Fn(Kwargs, &State) -> TeraResult<Value> + Send + Sync + 'static {
    move |arguments: Kwargs, state: &State| {
        arguments::all_defined(name, &arguments)?;
        function.call(arguments, state).map(unmarked)
    }
}

/// An argument or item that was marked safe and is given back is not safe any more.
fn unmarked(value: Value) -> Value {
    match value.as_str() {
        Some(text) if value.is_safe() => Value::from(text),
        _ => value,
    }
}
