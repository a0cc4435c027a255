//! What a rendering asked for besides its context: recorded while it runs, so that nobody has to guess.
//!
//! A recording belongs to the thread that renders. Recordings may stand inside each other, as when a thread that waits
//! for others renders something else meanwhile; each keeps what was asked within it.

use std::cell::RefCell;

/// What was asked for within one recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The numbers of questions whose answers are known by number; each once, in order of the first time.
    pub questions: Vec<u32>,
    /// Whether the time of the build was read.
    pub clock: bool,
    /// Whether something was read that nobody can compare: the network, the environment.
    pub outside: bool,
}

impl Reads {
    fn add(&mut self, question: u32) {
        if !self.questions.contains(&question) {
            self.questions.push(question);
        }
    }

    /// Adds what another recording holds.
    pub fn merge(&mut self, other: &Reads) {
        other.questions.iter().for_each(|question| self.add(*question));
        self.clock |= other.clock;
        self.outside |= other.outside;
    }
}

thread_local! {
    static RECORDINGS: RefCell<Vec<Reads>> = const { RefCell::new(Vec::new()) };
}

/// Ends a recording, also when what it recorded panics.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        RECORDINGS.with_borrow_mut(|recordings| recordings.pop());
    }
}

/// Runs something and tells what it asked for.
pub fn record<T>(run: impl FnOnce() -> T) -> (T, Reads) {
    RECORDINGS.with_borrow_mut(|recordings| recordings.push(Reads::default()));
    let end = End;
    let result = run();
    let reads = RECORDINGS.with_borrow_mut(|recordings| recordings.last_mut().map(std::mem::take));
    drop(end);
    (result, reads.unwrap_or_default())
}

/// Whether somebody on this thread records.
pub fn is_recorded() -> bool {
    RECORDINGS.with_borrow(|recordings| !recordings.is_empty())
}

fn note(change: impl FnOnce(&mut Reads)) {
    RECORDINGS.with_borrow_mut(|recordings| recordings.last_mut().map(change));
}

/// Notes that a question was asked.
pub fn question(number: u32) {
    note(|reads| reads.add(number));
}

/// Notes that the time of the build was read.
pub fn clock() {
    note(|reads| reads.clock = true);
}

/// Notes that something was read that cannot be compared later.
pub fn outside() {
    note(|reads| reads.outside = true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_keep_to_themselves() {
        question(1);
        assert!(!is_recorded());
        let ((inner, ()), outer) = record(|| {
            question(2);
            question(2);
            let ((), inner) = record(|| {
                question(3);
                clock();
            });
            outside();
            (inner, ())
        });
        assert_eq!(inner, Reads { questions: vec![3], clock: true, outside: false });
        assert_eq!(outer, Reads { questions: vec![2], clock: false, outside: true });
        let mut both = outer.clone();
        both.merge(&inner);
        assert_eq!(both, Reads { questions: vec![2, 3], clock: true, outside: true });
    }

    #[test]
    fn a_panic_ends_its_recording() {
        let panicked = std::panic::catch_unwind(|| record(|| -> () { panic!("expected by this test") }));
        assert!(panicked.is_err() && !is_recorded());
    }
}
