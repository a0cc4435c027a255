//! End-to-end tests: small sites, built by the real binary.
//!
//! `sites/*.txtar` are whole sites in one text file each; `fixtures` builds them and compares messages and output with the
//! snapshot of the same name. Behaviour that needs more than one build, a browser or a server has a module of its own here, which
//! says at its top what it shows. `support` is what they share.

mod arguments;
mod browser;
mod cache;
mod check_texts;
mod checks;
mod cli;
mod clients;
mod corpus;
mod deep;
mod deploy;
mod edits;
mod encodings;
mod escapes;
mod external;
mod failed;
mod fixtures;
mod hosts;
mod init;
mod killed;
mod links;
mod messages;
mod new;
mod outreach;
mod redeploy;
mod same_bytes;
mod sarif;
mod serve;
mod support;
mod theme;
mod warm;
mod watch;
