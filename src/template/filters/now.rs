use jiff::Timestamp;
use tera::{Function, Kwargs, State, TeraResult, Value};

use crate::template::reads;

/// When the build is: `{{ now() }}` is `2026-08-05T10:00:00Z`, `{{ now(timestamp=true) }}` is `1785924000`.
///
/// As in Zola 0.23 the time is always of UTC, with or without `utc=true`, and the same in all of a build.
pub(super) struct Now(pub(super) Timestamp);

impl Function<TeraResult<Value>> for Now {
    fn call(&self, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
        let _utc: Option<bool> = kwargs.get("utc")?;
        reads::clock();
        Ok(match kwargs.get("timestamp")? {
            Some(true) => Value::from(self.0.as_second()),
            _ => Value::from(self.0.to_string()),
        })
    }
}
