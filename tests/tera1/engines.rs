//! One case through both engines.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex};

use kepu::template::filters;
use kepu::template::tera1::{self as front, Kind, Source, operators, scope};
use serde_json::Value as Json;
use tera::{Kwargs, State, Tera, TeraResult, Value};

/// Templates and what they see; the first file is rendered.
#[derive(Clone, Debug)]
pub struct Case {
    pub files: Vec<(String, String)>,
    pub context: Json,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Text(String),
    Error(String),
    /// Tera 1 has panics on some input; there is nothing to compare with then.
    Panic,
}

impl Outcome {
    pub fn same(&self, other: &Outcome) -> bool {
        match (self, other) {
            (Outcome::Text(a), Outcome::Text(b)) => a == b,
            (Outcome::Error(_), Outcome::Error(_)) | (Outcome::Panic, Outcome::Text(_) | Outcome::Error(_)) => true,
            _ => false,
        }
    }
}

impl Case {
    /// What Tera 1 makes of it, and what kepu does.
    pub fn both(&self) -> (Outcome, Outcome) {
        (guarded(|| self.tera1()), guarded(|| self.lowered()))
    }

    fn tera1(&self) -> Result<String, String> {
        let told = |error: ::tera1::Error| {
            let mut message = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            message
        };
        let mut tera = ::tera1::Tera::default();
        tera.register_function("link", Link);
        tera.register_function("echo", echo1);
        tera.add_raw_templates(self.files.iter().map(|(name, text)| (name, text))).map_err(told)?;
        let context = ::tera1::Context::from_value(self.context.clone()).map_err(told)?;
        tera.render(&self.files[0].0, &context).map_err(told)
    }

    fn lowered(&self) -> Result<String, String> {
        let mut tera = ENGINE.clone();
        let texts = self.lowered_texts()?;
        tera.add_raw_templates(texts).map_err(|error| error.to_string())?;
        let context = tera::Context::from_serialize(&self.context).map_err(|e| e.to_string())?;
        let tera = Arc::new(tera);
        scope::within(&tera, &context, || tera.render(&self.files[0].0, &context)).map_err(|error| {
            let mut message = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            message
        })
    }

    /// The Tera 2 texts, by name.
    pub fn lowered_texts(&self) -> Result<Vec<(String, String)>, String> {
        let sources: Vec<_> = self.files.iter().map(|(name, text)| Source { name, text }).collect();
        let lowered = front::lower(&sources, &[], &[], &registered).map_err(|errors| format!("{errors:?}"))?;
        Ok(lowered.into_iter().map(|template| (template.name, template.text)).collect())
    }

    /// For a person who looks for what is wrong.
    pub fn shown(&self) -> String {
        let (one, two) = self.both();
        let mut out = String::new();
        for (name, text) in &self.files {
            out += &format!("-- {name} --\n{text}\n");
        }
        for (name, text) in self.lowered_texts().unwrap_or_default() {
            out += &format!("-- {name}, lowered --\n{text}\n");
        }
        out += &format!("Tera 1: {one:?}\nkepu:   {two:?}\n");
        out
    }
}

fn guarded(run: impl FnOnce() -> Result<String, String>) -> Outcome {
    GUARDED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(false);
    match outcome {
        Ok(Ok(text)) => Outcome::Text(text),
        Ok(Err(error)) => Outcome::Error(error),
        Err(_) => Outcome::Panic,
    }
}

/// Panics of the engines are outcomes here; their messages would only fill the screen.
pub fn silence_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                usual(panic);
            }
        }));
    });
}

thread_local! {
    static GUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

static ENGINE: LazyLock<Tera> = LazyLock::new(|| {
    let mut tera = Tera::default();
    filters::register(&mut tera, "en", "2026-08-05T10:00:00Z".parse().unwrap());
    operators::register(&mut tera);
    tera.register_function("link", Link);
    tera.register_function("echo", echo2);
    tera
});

fn registered(kind: Kind, name: &str) -> bool {
    static KNOWN: LazyLock<Mutex<HashMap<(Kind, String), bool>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(|e| e.into_inner());
    *known.entry((kind, name.to_owned())).or_insert_with(|| {
        let probe = match kind {
            Kind::Filter => format!("{{% if false %}}{{{{ 1 | {name} }}}}{{% endif %}}"),
            Kind::Test => format!("{{% if false %}}{{{{ 1 is {name} }}}}{{% endif %}}"),
            Kind::Function => format!("{{% if false %}}{{{{ {name}() }}}}{{% endif %}}"),
        };
        ENGINE.render_str(&probe, &tera::Context::new(), false).is_ok()
    })
}

/// A function whose result is safe, as Zola's `get_url` is.
struct Link;

const LINK: &str = "https://example.com/?a&b";

impl ::tera1::Function for Link {
    fn call(&self, _: &HashMap<String, Json>) -> ::tera1::Result<Json> {
        Ok(LINK.into())
    }

    fn is_safe(&self) -> bool {
        true
    }
}

impl tera::Function<Value> for Link {
    fn call(&self, _: Kwargs, _: &State) -> Value {
        Value::from(LINK)
    }

    fn is_safe(&self) -> bool {
        true
    }
}

/// A function that gives back its argument.
fn echo1(args: &HashMap<String, Json>) -> ::tera1::Result<Json> {
    args.get("value").cloned().ok_or_else(|| ::tera1::Error::msg("no value"))
}

fn echo2(args: Kwargs, _: &State) -> TeraResult<Value> {
    match args.must_get::<&Value>("value")? {
        value if value.is_undefined() => Err(tera::Error::message("undefined")),
        value => Ok(value.as_str().map_or_else(|| value.clone(), Value::from)),
    }
}
