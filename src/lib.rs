//! kepu (科普): a static site generator for public science outreach.
//!
//! ARCHITECTURE.md is the map. Data flows one way: documents → site → routes → rendering → a sink.

pub mod archetype;
pub mod asset;
pub mod attachment;
pub mod cache;
pub mod check;
pub mod cli;
pub mod config;
pub mod content;
pub mod data;
pub mod diagnostic;
pub mod fuzz;
pub mod markdown;
pub mod outreach;
pub mod personal;
pub mod publish;
pub mod search;
pub mod shortcode;
pub mod site;
pub mod template;
