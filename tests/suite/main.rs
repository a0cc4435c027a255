//! End-to-end tests: small sites, built by the real binary.
//!
//! `sites/*.txtar` are whole sites in one text file each; `fixtures.rs` builds them and compares messages and output with
//! the snapshot of the same name. Behaviour that needs more than one build has a test of its own here: what README.md
//! promises (`killed`, `failed`: nothing is lost; `escapes`, `arguments`, `links`: nothing escapes; `same_bytes`), the
//! commands (`cli`, `init`, `serve`), what they say (`messages`), files from Windows (`encodings`), what fuzzing found (`corpus`),
//! snapshots that share with earlier ones (`warm`), what a reader sees (`browser`), what a
//! check finds (`checks`, `external`).

mod arguments;
mod browser;
mod check_texts;
mod checks;
mod cli;
mod corpus;
mod encodings;
mod escapes;
mod external;
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
