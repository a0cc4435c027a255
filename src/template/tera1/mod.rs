//! Tera 1, the templates of every Zola site up to 0.22.

pub mod runtime;
