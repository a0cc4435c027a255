//! YAML as `serde_yaml` 0.9, which Zola uses, understands it: the core schema of YAML 1.2 (`yes` and `on` are
//! strings, so are `007` and `1_000`), and `<<` is a key like any other.
//!
//! That crate is no longer maintained and its forks follow it; `serde-saphyr` is maintained, has no unsafe code, knows
//! line and column of nearly every error, and bounds what aliases may expand to.

use serde::de::DeserializeOwned;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{DuplicateKeyPolicy, Error, MessageFormatter, Options, UserMessageFormatter};

use super::ParseError;
use crate::diagnostic::Text;
use crate::text;

/// Lower than for other formats: a level takes 22 KiB of stack in a debug build, and threads have 2 MiB.
const MAX_DEPTH: usize = 48;

/// Reads one YAML document: data as [`Data`](super::Data), or front matter as its own type.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, ParseError> {
    serde_saphyr::from_str_with_options(text, options(text.len())).map_err(|error| explain(&error))
}

/// Size is the author's business; the limits are on what can be far more than the text: nesting, and what aliases
/// stand for.
fn options(length: usize) -> Options {
    let events = length.saturating_mul(10).saturating_add(100_000);
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_aliases: usize::MAX,
            max_anchors: usize::MAX,
            max_recorded_anchor_events: events,
            max_total_scalar_bytes: usize::MAX,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: events },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    }
}

fn explain(error: &Error) -> ParseError {
    let position = error.location().map(|at| (at.line() as usize, at.column() as usize));
    let mut inner = error.without_snippet();
    while let Error::AliasError { error, .. } = inner {
        inner = error.without_snippet();
    }
    let message = match inner {
        Error::MultipleDocuments { .. } => {
            text!("there is more than one YAML document here", "这里有不止一个 YAML 文档")
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            text!("the key `{key}` is here twice", "键 `{key}` 出现了两次")
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            text!("lists and maps nest more than {MAX_DEPTH} deep", "列表和映射嵌套超过 {MAX_DEPTH} 层")
        }
        Error::Budget { breach: BudgetBreach::RecordedAnchorEvents { .. }, .. }
        | Error::AliasReplayLimitExceeded { .. } => {
            text!("the aliases here stand for too much", "此处的别名展开后过大")
        }
        _ => Text::verbatim(UserMessageFormatter.format_message(inner)),
    };
    ParseError { message, position: position.filter(|(line, column)| *line > 0 && *column > 0) }
}
