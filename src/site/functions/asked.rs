//! What a body asked for while it was rendered: each question with its answer, so that a later snapshot can ask again and
//! take the body where every answer is the same.
//!
//! Tera hands functions nothing but their arguments, so the notes wait in a place of the thread that renders.

use std::cell::RefCell;

use tera::{Kwargs, TeraResult, Value};

use super::Early;
use crate::diagnostic::Text;

/// A function of templates: what it answers from, its arguments, and the variable `lang` where it is called.
pub type Ask = fn(&Early, &Kwargs, Option<&str>) -> TeraResult<Value>;

/// Everything that was asked.
#[derive(Debug, Default)]
pub struct Asked {
    questions: Vec<Question>,
    links: Vec<Link>,
    /// Something was used that keeps no notes.
    unknown: bool,
}

/// A call of a function.
#[derive(Debug)]
struct Question {
    ask: Ask,
    kwargs: Kwargs,
    lang: Option<String>,
    answer: Value,
}

/// A content path that was looked up.
#[derive(Debug)]
struct Link {
    path: String,
    permalink: Option<String>,
    unpublished: Option<Text>,
}

thread_local! {
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// What is asked while `render` runs.
pub fn during<T>(render: impl FnOnce() -> T) -> (T, Asked) {
    ASKED.set(Some(Asked::default()));
    let result = render();
    (result, ASKED.take().unwrap_or_default())
}

fn note(add: impl FnOnce(&mut Asked)) {
    ASKED.with_borrow_mut(|asked| asked.as_mut().map(add));
}

pub(super) fn note_call(ask: Ask, kwargs: &Kwargs, lang: Option<&str>, answer: &Value) {
    note(|asked| {
        let (kwargs, lang, answer) = (kwargs.clone(), lang.map(str::to_owned), answer.clone());
        asked.questions.push(Question { ask, kwargs, lang, answer });
    });
}

pub(super) fn note_link(path: &str, permalink: Option<&str>, unpublished: Option<&Text>) {
    note(|asked| {
        let (path, permalink, unpublished) = (path.to_owned(), permalink.map(str::to_owned), unpublished.cloned());
        asked.links.push(Link { path, permalink, unpublished });
    });
}

pub(super) fn note_unknown() {
    note(|asked| asked.unknown = true);
}

impl Asked {
    /// What nobody can ask again.
    pub fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    /// Whether every answer is the same by what is known now. Images that were asked for are so again.
    pub fn is_same(&self, early: &Early) -> bool {
        !self.unknown
            && self.links.iter().all(|link| {
                early.places.permalink(&link.path) == link.permalink.as_ref()
                    && early.why_unpublished(&link.path) == link.unpublished
            })
            && self.questions.iter().all(|question| {
                let answer = (question.ask)(early, &question.kwargs, question.lang.as_deref());
                answer.is_ok_and(|answer| is_same(&answer, &question.answer))
            })
    }

    /// Whether the answers are the same wherever all documents are in the same places.
    pub fn is_same_by_outline(&self) -> bool {
        !self.unknown && self.questions.is_empty() && self.links.iter().all(|link| link.unpublished.is_none())
    }
}

/// Whether templates see no difference: for Tera 1 is 1.0, and tables are the same in any order.
fn is_same(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (a.as_map(), b.as_map()) {
        return std::ptr::eq(a, b)
            || (a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && is_same(a, b)));
    }
    if let (Some(a), Some(b)) = (a.as_array(), b.as_array()) {
        return std::ptr::eq(a, b) || (a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)));
    }
    if a.is_f64() || b.is_f64() {
        let bits = |value: &Value| value.as_f64().filter(|_| value.is_f64()).map(f64::to_bits);
        return bits(a) == bits(b);
    }
    a == b && a.is_safe() == b.is_safe()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::map;

    #[test]
    fn what_templates_can_tell_apart_is_not_the_same() {
        let value = |n: Value| Value::from(map! { "a": n, "b": vec![Value::from(1)] });
        assert!(is_same(&value(1.into()), &value(1.into())));
        assert!(!is_same(&value(1.into()), &value(Value::from(1.0))));
        assert!(!is_same(&Value::from(0.0), &Value::from(-0.0)));
        let turned = Value::from(map! { "b": vec![Value::from(1)], "a": 1 });
        assert!(!is_same(&value(1.into()), &turned));
    }
}
