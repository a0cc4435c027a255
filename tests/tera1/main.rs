//! Tera 1 itself and kepu's lowered form of the same templates, side by side: the same bytes, or both an error.
//!
//! `cases/*.lines` hold one template a line, `cases/*.txt` templates of several lines and files; all see `context.json`.
//! No expected output is written down: the `tera` crate, version 1, is the oracle. `generate.rs` makes more of them at
//! random; `KEPU_TERA1_CASES` says how many, `KEPU_TERA1_SEED` from which seed.

mod cases;
mod engines;
mod generate;
mod shrink;
