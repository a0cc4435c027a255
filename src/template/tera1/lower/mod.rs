//! Tera 1 trees written anew as Tera 2 text.
//!
//! Comes in: every template of a site, those in Tera 1 parsed. Goes out: for each of these a text in Tera 2 with the
//! same lines, and where each piece of it comes from. The result renders what Tera 1 renders and fails where Tera 1
//! fails; the `t1_` helpers that this takes are registered by `operators` and `runtime`.

mod calls;
mod condition;
mod dashes;
mod expression;
mod lowered;
mod path;
mod relate;
mod site;
mod tags;
mod variables;
mod write;

use std::collections::HashSet;

use super::ast::{Node, Span};
use super::parse::ParseError;
use dashes::Dashes;
pub use site::{OtherTemplate, Site};
pub use variables::visit_calls;
pub use write::PositionMap;
use write::Written;

/// The kinds of names that templates call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Filter,
    Test,
    Function,
}

/// One Tera 1 template: its name among the templates, and its text.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

/// A template in Tera 2 and its way back.
#[derive(Clone, Debug, PartialEq)]
pub struct LoweredTemplate {
    pub name: String,
    pub text: String,
    pub map: PositionMap,
}

/// Lowers all Tera 1 templates of a site.
///
/// `others` are the site's Tera 2 templates, `prefixes` what Tera puts before a name that it does not find, and
/// `registered` says which filters, tests and functions exist. The errors are of texts that do not parse, by name.
pub fn lower(
    sources: &[Source],
    others: &[OtherTemplate],
    prefixes: &[String],
    registered: &dyn Fn(Kind, &str) -> bool,
) -> Result<Vec<LoweredTemplate>, Vec<(String, ParseError)>> {
    let site = Site::new(sources, others, prefixes, registered)?;
    Ok(site.names().map(|name| Lowering::run(&site, name)).collect())
}

/// One template on its way.
struct Lowering<'a> {
    site: &'a Site<'a>,
    name: &'a str,
    text: &'a str,
    dashes: Dashes,
    out: Written,
    /// How many loops of this file are around.
    loops: usize,
    /// Variables that are certainly there, scope by scope.
    scopes: Vec<Vec<String>>,
    blocks_seen: HashSet<String>,
    /// Whether a block here is written as one, or as its content.
    blocks_inline: bool,
}

impl<'a> Lowering<'a> {
    fn run(site: &'a Site<'a>, name: &'a str) -> LoweredTemplate {
        let (text, nodes) = site.tree(name);
        let mut lowering = Lowering {
            site,
            name,
            text,
            dashes: Dashes::of(nodes, text),
            out: Written::default(),
            loops: 0,
            scopes: vec![Vec::new()],
            blocks_seen: HashSet::new(),
            blocks_inline: false,
        };
        match nodes.iter().any(|n| matches!(n, Node::Extends { .. })) {
            true => lowering.child(nodes),
            false => lowering.nodes(nodes),
        }
        let (text, map) = lowering.out.finish();
        LoweredTemplate { name: name.to_owned(), text, map }
    }

    fn slice(&self, span: &Span) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn is_bound(&self, name: &str) -> bool {
        self.scopes.iter().flatten().any(|bound| bound == name)
    }

    /// The registered name of a filter, test or function: Tera 1's own if there is one.
    fn callee(&self, kind: Kind, name: &str) -> Option<String> {
        if kind == Kind::Test && matches!(name, "defined" | "undefined") {
            return Some(name.to_owned());
        }
        let own = format!("t1_{name}");
        if self.site.registered(kind, &own) {
            return Some(own);
        }
        self.site.registered(kind, name).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests;
