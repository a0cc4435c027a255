//! End-to-end tests: small sites, built by the real binary.
//!
//! `sites/*.txtar` are whole sites in one text file each; `fixtures.rs` builds them and compares messages and output with
//! the snapshot of the same name. Behaviour that needs more than one build has a test of its own here: what README.md
//! promises (`killed`, `failed`: nothing is lost; `escapes`, `arguments`, `links`: nothing escapes; `same_bytes`), the
//! commands (`cli`, `init`, `serve`), what they say (`messages`), files from Windows (`encodings`), what fuzzing found (`corpus`),
//! snapshots that share with earlier ones (`warm`), builds on top of earlier ones (`cache`), what a reader sees (`browser`).

mod arguments;
mod browser;
mod cache;
mod cli;
mod corpus;
mod encodings;
mod escapes;
mod failed;
mod fixtures;
mod init;
mod killed;
mod links;
mod messages;
mod outreach;
mod same_bytes;
mod serve;
mod support;
mod warm;
