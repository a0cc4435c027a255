//! One body with calls → its text with what the calls print.

use std::collections::HashSet;

use tera::{Context, Value};

use crate::diagnostic::Diagnostic;
use crate::markdown::{Insertions, Run};
use crate::shortcode::{Call, Literal, Piece, Syntax, parse};
use crate::template::Engine;

use super::{Definitions, report};

/// More errors than these of one kind in one body help nobody.
const MOST: usize = 20;

/// A body and its place in a file.
#[derive(Clone, Copy)]
pub struct Body<'a> {
    /// For messages; empty if there is none.
    pub file: &'a str,
    /// The whole text of the file.
    pub text: &'a str,
    /// Where the body begins in it.
    pub start: usize,
}

/// A body in which marks stand for what the calls print.
pub struct Expanded {
    /// What shortcodes of Markdown print is in it already, unless the body is a template.
    pub text: String,
    pub insertions: Insertions,
    /// What the marks in a template stand for that are Markdown, by number.
    markdown: Vec<Option<String>>,
}

impl Expanded {
    /// Puts Markdown in a text that was made from this body by a template.
    pub fn put_markdown(&self, text: &str) -> String {
        self.insertions.replace(text, |number| self.markdown.get(number)?.as_deref())
    }
}

/// Renders every call of a body. `context` is what every shortcode sees; it comes before arguments of the same name.
///
/// None if there was an error, or without one if the body holds no calls and no escaped ones.
pub fn expand(
    body: Body,
    syntax: Syntax,
    definitions: &Definitions,
    engine: &Engine,
    context: impl FnOnce() -> Context,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expanded> {
    let parsed = parse(body.text, body.start, syntax);
    let before = diagnostics.len();
    diagnostics.extend(parsed.problems.iter().take(MOST).map(|problem| report::problem(problem, &body)));
    let unknown = parsed.calls().filter(|call| !definitions.contains(call.name));
    diagnostics.extend(unknown.take(MOST).map(|call| report::unknown(call, &body, definitions, engine)));
    if diagnostics.len() > before {
        return None;
    }
    if parsed.pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) && parsed.pieces.len() < 2 {
        return None;
    }
    let context = context();
    let mut renderer = Renderer { body, definitions, engine, context: &context, failed: HashSet::new(), diagnostics };
    let mut printed = Vec::new();
    for piece in &parsed.pieces {
        if let Piece::Call(call) = piece {
            printed.push((renderer.render(call), definitions.get(call.name).is_some_and(|d| d.is_markdown)));
        }
    }
    if diagnostics.len() > before {
        return None;
    }
    Some(assemble(body, &parsed.pieces, printed, matches!(syntax, Syntax::Known(_))))
}

/// Joins the pieces of a body with what its calls printed; Markdown gets a mark only in a template.
fn assemble(body: Body, pieces: &[Piece], printed: Vec<(String, bool)>, is_template: bool) -> Expanded {
    let markdown = printed.iter().map(|(text, is_markdown)| is_markdown.then(|| text.clone())).collect::<Vec<_>>();
    let html = printed.into_iter().map(|(text, is_markdown)| if is_markdown { String::new() } else { text }).collect();
    let taken = markdown.iter().flatten().map(String::as_str).chain([body.text]);
    let mut insertions = Insertions::new(html, taken);
    let mut text = String::with_capacity(body.text.len());
    let mut runs: Vec<Run> = Vec::new();
    let mut number = 0;
    for piece in pieces {
        let start = text.len();
        let (file, is_call) = match piece {
            Piece::Text(range) => {
                text.push_str(&body.text[range.clone()]);
                (range.clone(), false)
            }
            Piece::Call(call) => {
                match &markdown[number] {
                    Some(markdown) if !is_template => text.push_str(markdown),
                    _ => text.push_str(&insertions.mark(number)),
                }
                number += 1;
                (call.tag.clone(), true)
            }
        };
        runs.push(Run { body: start..text.len(), file, is_call });
    }
    insertions.runs = runs;
    Expanded { text, insertions, markdown: if is_template { markdown } else { Vec::new() } }
}

struct Renderer<'a> {
    body: Body<'a>,
    definitions: &'a Definitions,
    engine: &'a Engine,
    context: &'a Context,
    /// Shortcodes whose template failed; once is enough.
    failed: HashSet<String>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Renderer<'_> {
    /// What a call prints; inner calls come first, whether they are HTML or Markdown.
    fn render(&mut self, call: &Call) -> String {
        let body = call.body.as_ref().map(|pieces| {
            let mut body = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(range) => body.push_str(&self.body.text[range.clone()]),
                    Piece::Call(inner) => body.push_str(&self.render(inner)),
                }
            }
            body.truncate(body.trim_end().len());
            body
        });
        let Some(definition) = self.definitions.get(call.name) else { return String::new() };
        if self.failed.contains(call.name) {
            return String::new();
        }
        let mut context = Context::new();
        for (key, literal) in &call.arguments {
            context.insert_value((*key).to_owned(), value(literal));
        }
        if let Some(body) = body {
            context.insert_value("body", Value::from(body));
        }
        context.insert_value("nth", Value::from(call.nth));
        context.extend(self.context.clone());
        match self.engine.render(&definition.template, &context) {
            Ok(text) if text.contains('\r') => text.replace("\r\n", "\n"),
            Ok(text) => text,
            Err(errors) => {
                self.failed.insert(call.name.to_owned());
                let body = self.body;
                self.diagnostics.extend(errors.into_iter().map(|error| report::called(error, call, &body)));
                String::new()
            }
        }
    }
}

fn value(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => Value::from(*value),
        Literal::Integer(value) => Value::from(*value),
        Literal::Float(value) => Value::from(*value),
        Literal::String(value) => Value::from(*value),
        Literal::Array(values) => Value::from(values.iter().map(self::value).collect::<Vec<_>>()),
    }
}
