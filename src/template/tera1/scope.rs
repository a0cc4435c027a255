//! What a lowered template needs from outside its own variables while it renders: the context, for macros, and the
//! engine, for macros and files that lead back to themselves.
//!
//! Tera 2 hands a function its variables only, so both wait in a place of the thread that renders.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use crate::template::error;
use crate::text;

/// How deep macros and includes may lead back to themselves. Tera 1 has no limit and dies of an endless one.
const DEPTH: usize = 64;

struct Rendering {
    tera: Arc<Tera>,
    context: Arc<Context>,
}

thread_local! {
    static RENDERING: RefCell<Vec<Rendering>> = const { RefCell::new(Vec::new()) };
    static DEPTH_NOW: Cell<usize> = const { Cell::new(0) };
}

/// Takes the last of a stack away when it goes.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        RENDERING.with_borrow_mut(|stack| stack.pop());
    }
}

/// Renders with an engine and a context that lowered templates can reach.
pub fn within<T>(tera: &Arc<Tera>, context: &Context, render: impl FnOnce() -> T) -> T {
    let rendering = Rendering { tera: Arc::clone(tera), context: Arc::new(context.clone()) };
    RENDERING.with_borrow_mut(|stack| stack.push(rendering));
    let _leave = Leave;
    render()
}

/// A variable of the context; undefined when there is none.
pub fn variable(name: &str) -> Value {
    RENDERING
        .with_borrow(|stack| stack.last().and_then(|r| r.context.get(name).cloned()))
        .unwrap_or_else(Value::undefined)
}

fn current() -> TeraResult<(Arc<Tera>, Arc<Context>)> {
    RENDERING
        .with_borrow(|stack| stack.last().map(|r| (Arc::clone(&r.tera), Arc::clone(&r.context))))
        .ok_or_else(|| error(text!("nothing is being rendered", "当前没有在渲染")))
}

/// Runs one level deeper, or says that there is no end to it.
fn deeper<T>(what: &str, run: impl FnOnce() -> TeraResult<T>) -> TeraResult<T> {
    struct Up;
    impl Drop for Up {
        fn drop(&mut self) {
            DEPTH_NOW.set(DEPTH_NOW.get() - 1);
        }
    }
    if DEPTH_NOW.get() >= DEPTH {
        return Err(error(text!(
            "`{what}` leads back to itself more than {DEPTH} times",
            "`{what}` 反复回到自身，超过 {DEPTH} 层"
        )));
    }
    DEPTH_NOW.set(DEPTH_NOW.get() + 1);
    let _up = Up;
    run()
}

/// `t1_macro(name, args, escape)`: a component in an engine of its own. Without `escape` its text is a plain string in
/// which nothing was escaped, as in a Tera 1 assignment.
pub fn render_macro(kwargs: &Kwargs, state: &State) -> TeraResult<Value> {
    let name = kwargs.must_get::<&str>("name")?;
    let escape = kwargs.get::<bool>("escape")?.unwrap_or(false);
    let (tera, _) = current()?;
    let mut context = Context::new();
    if let Some(args) = kwargs.get::<&tera::Map>("args")? {
        for (key, value) in args {
            context.insert_value(key.to_string(), value.clone());
        }
    }
    let escaping = escape && state.autoescaping_enabled();
    let text = deeper(name, || tera.render_component(name, &context, None, escaping))?;
    Ok(if escape { Value::safe_string(&text) } else { Value::from(text) })
}

/// `t1_include(template, names)`: a file that includes itself in the end. It sees the context and the variables of
/// these names.
pub fn render_include(kwargs: &Kwargs, state: &State) -> TeraResult<Value> {
    let template = kwargs.must_get::<&str>("template")?;
    let (tera, outer) = current()?;
    let mut context = (*outer).clone();
    for name in kwargs.get::<Vec<String>>("names")?.unwrap_or_default() {
        if let Some(value) = state.get::<Value>(&name)? {
            context.insert_value(name, value);
        }
    }
    let text = deeper(template, || tera.render(template, &context))?;
    Ok(Value::safe_string(&text))
}
