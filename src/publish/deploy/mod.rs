//! `kepu deploy`: a site and its routes come in, a host shows them, and never half of them.
//!
//! [`artifacts`] renders in memory; [`ground`] says where things lie at the host and reads its notes; [`plan`] is a pure
//! function from what stands there to what must be done; [`transfer`] does it through a [`host::Host`]. What a page is,
//! and how it is made, is not known here.

mod artifacts;
mod ground;
mod habits;
mod host;
mod hosts;
mod lock;
mod manifest;
mod plan;
mod probe;
mod report;
mod run;
mod secrets;
mod server;
mod strangers;
mod transfer;
mod versions;

pub use artifacts::Artifacts;
pub use host::Version;
pub use run::{Options, Progress, Session, Summary};
pub use secrets::search_sources;
pub use server::{apart, by_hand, dress, redirects, s3_rules};
