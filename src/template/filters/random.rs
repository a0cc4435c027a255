//! Chance that is the same in every build of a site, because its output must be.
//!
//! Without a `seed`, one is made of what the call has: the page that is rendered (`current_path`), the round of the
//! loop, and the arguments (the length, for a list). So pages differ from each other, but nothing differs
//! from one build to the next; a template that wants that can say `seed=now()`.

use tera::{Kwargs, State, TeraResult, Value};

use super::date::with;

/// A list in another order: `{{ [1, 2, 3] | shuffle(seed="a") }}`.
pub(super) fn shuffle(list: Vec<Value>, kwargs: Kwargs, state: &State) -> TeraResult<Vec<Value>> {
    let arguments = list.len().to_string();
    tera_contrib::rand::shuffle(list, seeded(kwargs, state, &arguments)?, state)
}

/// A number from `start` to one below `end`: `{{ get_random(start=1, end=7) }}`.
pub(crate) fn get_random(kwargs: Kwargs, state: &State) -> TeraResult<i64> {
    let arguments = format!("{}..{}", kwargs.must_get::<i64>("start")?, kwargs.must_get::<i64>("end")?);
    tera_contrib::rand::get_random(seeded(kwargs, state, &arguments)?, state)
}

fn seeded(kwargs: Kwargs, state: &State, arguments: &str) -> TeraResult<Kwargs> {
    if kwargs.get::<&Value>("seed")?.is_some() {
        return Ok(kwargs);
    }
    let page: Option<String> = state.get("current_path")?;
    // What Tera calls `loop.index`; the seed is as good without it.
    let round: Option<u64> = state.get("__tera_loop_index")?;
    Ok(with(&kwargs, "seed", &format!("{}\n{}\n{arguments}", page.unwrap_or_default(), round.unwrap_or_default())))
}
