//! Macros as components.

use super::super::ast::{Expr, Macro, MacroCall, Name, Value};
use super::Lowering;
use super::lowered::{Lowered, Type, power, quoted};
use super::write::Written;

impl Lowering<'_> {
    /// A macro call. Where Tera 1 does not escape (what is assigned, passed, looked up), it does not escape inside the
    /// macro either; a component always goes by the template, so there a helper renders it.
    pub fn macro_call(&mut self, call: &MacroCall, escaping: bool) -> Lowered {
        let span = &call.span;
        let (namespace, name) = (&call.namespace.text, &call.name.text);
        let Some(file) = self.site.namespace(self.name, namespace) else {
            return self.throw(
                &format!("Macro namespace `{namespace}` was not found in template `{}`. Have you maybe forgotten to import it, or misspelled it?", self.name),
                span,
            );
        };
        let id = (file, name.clone());
        let mut args: Vec<(String, Written)> = Vec::new();
        let component = match (self.site.component(&id), self.site.definition(&id)) {
            (Some(component), Some(definition)) => {
                if let Some(problem) = self.macro_arguments(&id, definition, call, &mut args) {
                    return problem;
                }
                component.to_owned()
            }
            _ => {
                let Some(component) = self.site.foreign_component(&id.0, name) else {
                    let message = match self.site.is_tera1(&id.0) {
                        true => format!("Macro `{namespace}::{name}` not found in template `{}`", self.name),
                        false => format!(
                            "`{}` is a Tera 2 template and has no component `{name}` to take the place of the macro `{namespace}::{name}`",
                            id.0
                        ),
                    };
                    return self.throw(&message, span);
                };
                for (name, value) in &call.args {
                    let value = self.value(value, false).known().within(power::TERNARY);
                    args.push((name.text.clone(), value));
                }
                component
            }
        };
        let out = match escaping && !self.site.is_recursive(&id) {
            true => inline(&component, args, call),
            false => rendered(&component, args, escaping, call),
        };
        Lowered::atom(out, span).typed(Type::String)
    }

    /// Arguments in the order of the call, then defaults that the definition could not keep. Unknown arguments are
    /// not even evaluated by Tera 1. Gives the error of a missing one.
    fn macro_arguments(
        &mut self,
        id: &super::site::MacroId,
        definition: &Macro,
        call: &MacroCall,
        args: &mut Vec<(String, Written)>,
    ) -> Option<Lowered> {
        for (i, (name, value)) in call.args.iter().enumerate() {
            let last = !call.args.iter().skip(i + 1).any(|(later, _)| later.text == name.text);
            if last && definition.params.iter().any(|(param, _)| param.text == name.text) {
                let value = self.value(value, false).known().within(power::TERNARY);
                args.push((self.parameter(&name.text), value));
            }
        }
        for (param, default) in last_of_each(&definition.params) {
            if call.args.iter().any(|(name, _)| name.text == param.text) {
                continue;
            }
            match default {
                None => {
                    let message = format!("Macro `{}` is missing the argument `{}`", call.name.text, param.text);
                    return Some(self.throw(&message, &call.span));
                }
                Some(default) if self.site.keeps_default(id, &param.text, default) => {}
                Some(default) => {
                    args.push((self.parameter(&param.text), Written::new(literal(default), &call.span)));
                }
            }
        }
        None
    }

    /// What a parameter is called: `body` is taken in Tera 2.
    fn parameter(&self, name: &str) -> String {
        if name == "body" { "t1_body".to_owned() } else { self.variable(name) }
    }

    /// The head of a definition, `component NAME(a, b="c")`.
    pub fn component_head(&self, definition: &Macro) -> Written {
        let id = (self.name.to_owned(), definition.name.text.clone());
        let component = self.site.component(&id).unwrap_or(&definition.name.text);
        let mut out = Written::new("component ", &definition.tag.span);
        out.put(component, &definition.name.span).put("(", &definition.name.span);
        for (i, (param, default)) in last_of_each(&definition.params).into_iter().enumerate() {
            if i > 0 {
                out.put(", ", &param.span);
            }
            out.put(&self.parameter(&param.text), &param.span);
            if let Some(default) = default
                && self.site.keeps_default(&id, &param.text, default)
            {
                out.put(&format!("={}", literal(default)), &default.span);
            }
        }
        out.put(")", &definition.name.span);
        out
    }

    /// What comes before a macro's body: a macro sees the context, a component does not.
    pub fn component_prologue(&self, definition: &Macro) -> Vec<String> {
        let mut sets = Vec::new();
        if definition.params.iter().any(|(name, _)| name.text == "body") {
            sets.push("set body = t1_body".to_owned());
        }
        for name in self.site.free_variables(definition) {
            sets.push(format!("set {} = t1_context(name={})", self.variable(&name), quoted(&name)));
        }
        sets
    }
}

/// Of parameters of one name the last counts.
fn last_of_each(params: &[(Name, Option<Expr>)]) -> Vec<&(Name, Option<Expr>)> {
    let later = |i: usize, name: &str| params.iter().skip(i + 1).any(|(other, _)| other.text == name);
    params.iter().enumerate().filter(|(i, (name, _))| !later(*i, &name.text)).map(|(_, param)| param).collect()
}

fn literal(e: &Expr) -> String {
    match &e.value {
        Value::String(text) => quoted(text),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Bool(value) => value.to_string(),
        _ => "none".to_owned(),
    }
}

/// `<macros.menu.nav a={b} c="d" />`
fn inline(component: &str, args: Vec<(String, Written)>, call: &MacroCall) -> Written {
    let mut out = Written::new(format!("<{component}"), &call.span);
    for (name, value) in args {
        out.put(&format!(" {name}="), &call.span);
        let is_string = value.text.starts_with(['"', '\'']) && is_one_string(&value.text);
        if is_string {
            out.append(value);
        } else {
            out.put("{", &call.span).append(value).put("}", &call.span);
        }
    }
    out.put(" />", &call.span);
    out
}

fn rendered(component: &str, args: Vec<(String, Written)>, escaping: bool, call: &MacroCall) -> Written {
    let mut out = Written::new(format!("t1_macro(name=\"{component}\""), &call.span);
    if escaping {
        out.put(", escape=true", &call.span);
    }
    let mut separator = ", args={";
    let any = !args.is_empty();
    for (name, value) in args {
        out.put(&format!("{separator}\"{name}\": "), &call.span);
        out.append(value);
        separator = ", ";
    }
    out.put(if any { "})" } else { ")" }, &call.span);
    out
}

/// Whether text is one string literal and nothing else.
fn is_one_string(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(quote) = chars.next() else { return false };
    let mut escaped = false;
    while let Some(c) = chars.next() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return chars.next().is_none();
        }
    }
    false
}
