//! The parser of Tera 1: exactly the texts that the `tera` 1.x crate accepts, with a place for every part.
//!
//! The crate's grammar is one of ordered choices without second thoughts, and themes rely on its oddities; so each
//! function here is one of its rules, tried in its order. Nothing is looked up: names are the lowering's business.

mod cursor;
mod expression;
mod operators;
mod tags;

use super::ast::{Node, Span};
use super::whitespace;

pub use cursor::Expected;

/// Why a text is no Tera 1 template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub span: Span,
    pub reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Something else was expected here; the labels are of things, in order of appearance.
    Expected(Vec<Expected>),
    TooDeep,
    IntegerTooLarge(String),
    DuplicateBlock(String),
    DuplicateMacro(String),
    /// A file that does not exist; the parser itself does not look.
    MissingImport(String),
}

/// Parses a template and works out which whitespace its tags remove.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let mut parser = cursor::Parser::new(text);
    let mut nodes = parser.template()?;
    whitespace::remove(&mut nodes, text);
    check_names(&nodes)?;
    Ok(nodes)
}

/// Two blocks or macros of one name are an error. Blocks inside other tags than blocks are not looked at.
fn check_names(nodes: &[Node]) -> Result<(), ParseError> {
    fn blocks<'a>(nodes: &'a [Node], seen: &mut Vec<&'a str>) -> Result<(), ParseError> {
        for node in nodes {
            if let Node::Block { name, body, .. } = node {
                if seen.contains(&name.text.as_str()) {
                    let reason = Reason::DuplicateBlock(name.text.clone());
                    return Err(ParseError { span: name.span.clone(), reason });
                }
                seen.push(&name.text);
                blocks(body, seen)?;
            }
        }
        Ok(())
    }
    blocks(nodes, &mut Vec::new())?;
    let mut macros: Vec<&str> = Vec::new();
    for node in nodes {
        if let Node::Macro(definition) = node {
            let name = &definition.name;
            if macros.contains(&name.text.as_str()) {
                let reason = Reason::DuplicateMacro(name.text.clone());
                return Err(ParseError { span: name.span.clone(), reason });
            }
            macros.push(&name.text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
