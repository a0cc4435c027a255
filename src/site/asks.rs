//! What templates ask the site through functions: every question is noted with a digest of its answer while a route is
//! rendered, and can be put to a later state of the site to see whether the answer is still the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use indexmap::IndexMap;
use tera::{Context, Function, FunctionResult, Kwargs, State, Tera, TeraResult, Value};

use crate::cache::{Digest, Digester, Reader, Writer};
use crate::template::reads;

use super::known::Known;

/// Longer arguments are not written down: what was rendered with them is rendered again.
const LONGEST_ARGUMENTS: usize = 4096;

/// One call of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub function: String,
    /// The arguments by name, as [`Writer::value`] writes a map.
    pub arguments: Vec<u8>,
    /// The variable `lang` where it was asked.
    pub lang: Option<String>,
}

type Ask = Arc<dyn Fn(Kwargs, &State) -> TeraResult<Value> + Send + Sync>;

/// The functions of one site whose calls are noted, and the calls.
#[derive(Default)]
pub struct Asks {
    functions: RwLock<HashMap<&'static str, Ask>>,
    /// The functions that also do something.
    effects: RwLock<HashMap<&'static str, Ask>>,
    /// Questions by number, with the digests of their answers.
    questions: Mutex<IndexMap<Question, Digest>>,
    known: OnceLock<Known>,
}

/// The one who keeps [`Asks`] alive. Its functions know the site, and the site's templates know them: a circle that ends
/// here.
#[derive(Default)]
pub struct Keeper(Arc<Asks>);

impl std::ops::Deref for Keeper {
    type Target = Arc<Asks>;

    fn deref(&self) -> &Arc<Asks> {
        &self.0
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        for functions in [&self.0.functions, &self.0.effects] {
            functions.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

impl Asks {
    /// Tells the digests of the site's finished values, so that no answer is digested in full.
    pub fn know(&self, known: Known) {
        let _ = self.known.set(known);
    }

    pub fn known(&self) -> Option<&Known> {
        self.known.get()
    }

    /// Registers a function whose calls are noted.
    pub fn register<F, R>(self: &Arc<Self>, tera: &mut Tera, name: &'static str, function: F)
    where
        F: Function<R>,
        R: FunctionResult + 'static,
    {
        self.register_as(tera, name, function, None);
    }

    /// [`Asks::register`] of a function that also does something; `again` gives the same answer without doing it.
    pub fn register_as<F, R>(self: &Arc<Self>, tera: &mut Tera, name: &'static str, function: F, again: Option<Ask>)
    where
        F: Function<R>,
        R: FunctionResult + 'static,
    {
        let is_safe = function.is_safe();
        let ask: Ask = Arc::new(move |kwargs: Kwargs, state: &State| function.call(kwargs, state).into_result());
        if again.is_some() {
            self.effects.write().unwrap_or_else(PoisonError::into_inner).insert(name, ask.clone());
        }
        self.insert(name, again.unwrap_or_else(|| ask.clone()));
        tera.register_function(name, Noted { name, is_safe, ask, asks: self.clone() });
    }

    /// Adds a question that no template asks by this name, but something that it calls.
    pub fn insert(&self, name: &'static str, ask: Ask) {
        self.functions.write().unwrap_or_else(PoisonError::into_inner).insert(name, ask);
    }

    /// Notes the answer to a question that code of kepu asked for a template.
    pub fn note(&self, function: &str, argument: &str, answer: &Value) {
        if !reads::is_recorded() {
            return;
        }
        let argument = Value::from(crate::data::map! { "of": argument });
        match encoded(&argument) {
            Some(arguments) => self.add(Question { function: function.to_owned(), arguments, lang: None }, answer),
            None => reads::outside(),
        }
    }

    fn add(&self, question: Question, answer: &Value) {
        let mut questions = self.questions();
        // The same question has the same answer all through a site.
        let number = match questions.get_index_of(&question) {
            Some(number) => number,
            None => {
                let digest = self.digest(answer);
                questions.insert_full(question, digest).0
            }
        };
        drop(questions);
        match u32::try_from(number) {
            Ok(number) => reads::question(number),
            Err(_) => reads::outside(),
        }
    }

    /// All questions so far, by number.
    pub fn asked(&self) -> Vec<(Question, Digest)> {
        self.questions().iter().map(|(question, digest)| (question.clone(), *digest)).collect()
    }

    /// Takes over a question of an earlier state of the site whose answer is still the same, with what asking it does: an
    /// image belongs to the output, though its page is not rendered again.
    pub fn keep(&self, question: &Question, answer: Digest) -> Option<u32> {
        if let Some(effect) = lookup(&self.effects, &question.function) {
            call(&effect, question)?;
        }
        let mut questions = self.questions();
        let number = match questions.get_index_of(question) {
            Some(number) => number,
            None => questions.insert_full(question.clone(), answer).0,
        };
        u32::try_from(number).ok()
    }

    /// The digest of what the site answers now; none where it does not.
    pub fn answer(&self, question: &Question) -> Option<Digest> {
        let ask = lookup(&self.functions, &question.function)?;
        Some(self.digest(&call(&ask, question)?))
    }

    fn digest(&self, answer: &Value) -> Digest {
        let known = |value: &Value| self.known.get().and_then(|known| known.digest(value));
        Digester::new().value(answer, &known).finish()
    }

    fn questions(&self) -> MutexGuard<'_, IndexMap<Question, Digest>> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lookup(functions: &RwLock<HashMap<&'static str, Ask>>, name: &str) -> Option<Ask> {
    functions.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

/// Puts a question; none where there is no answer.
fn call(ask: &Ask, question: &Question) -> Option<Value> {
    let arguments = Reader(&question.arguments).value()?.into_map()?;
    let mut context = Context::new();
    if let Some(lang) = &question.lang {
        context.insert_value("lang", Value::from(lang.as_str()));
    }
    ask(Kwargs::new(Arc::new(arguments)), &State::new(&context)).ok()
}

fn encoded(value: &Value) -> Option<Vec<u8>> {
    let mut writer = Writer::default();
    writer.value(value)?;
    (writer.0.len() <= LONGEST_ARGUMENTS).then_some(writer.0)
}

/// Functions that take a document only for its path.
const BY_PATH: [&str; 3] = ["record", "levels", "events"];
/// Functions that see nothing but their arguments and what they note themselves.
const NOTE_THEMSELVES: [&str; 2] = ["json_ld", "site_meta"];

/// A function whose calls are noted while somebody records.
struct Noted {
    name: &'static str,
    is_safe: bool,
    ask: Ask,
    asks: Arc<Asks>,
}

impl Function<TeraResult<Value>> for Noted {
    fn call(&self, kwargs: Kwargs, state: &State) -> TeraResult<Value> {
        if !reads::is_recorded() || NOTE_THEMSELVES.contains(&self.name) {
            return (self.ask)(kwargs, state);
        }
        let question = self.question(&kwargs, state);
        let answer = (self.ask)(kwargs, state)?;
        match question {
            Some(question) => self.asks.add(question, &answer),
            None => reads::outside(),
        }
        Ok(answer)
    }

    fn is_safe(&self) -> bool {
        self.is_safe
    }
}

impl Noted {
    fn question(&self, kwargs: &Kwargs, state: &State) -> Option<Question> {
        let mut arguments = tera::Map::new();
        for (key, value) in kwargs.iter() {
            let path = value.get_from_path("relative_path").filter(|_| BY_PATH.contains(&self.name));
            arguments.insert(key.clone(), path.unwrap_or(value).clone());
        }
        let arguments = encoded(&Value::from(arguments))?;
        Some(Question { function: self.name.to_owned(), arguments, lang: state.get("lang").ok().flatten() })
    }
}
