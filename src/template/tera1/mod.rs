//! The Tera 1 front end: a template of Zola up to 0.22 comes in, the same template in Tera 2 goes out, with a map of
//! positions back to the author's text.
//!
//! [`parse`](parse::parse) reads one text; `lower` writes it anew, knowing all templates of the site. Functions of
//! pages and files are not its business: it asks which names are registered.

pub mod ast;
pub mod parse;
mod whitespace;
