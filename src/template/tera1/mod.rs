//! The Tera 1 front end: a template of Zola up to 0.22 comes in, the same template in Tera 2 goes out, with a map of
//! positions back to the author's text.
//!
//! [`parse`](parse::parse) reads one text; [`lower()`] writes all of a site anew. Functions of pages and files are not
//! its business: it asks which names are registered.

pub mod ast;
mod lower;
pub mod operators;
pub mod parse;
pub mod runtime;
pub mod scope;
mod whitespace;

pub use lower::{Kind, LoweredTemplate, OtherTemplate, PositionMap, Source, lower, visit_calls};
