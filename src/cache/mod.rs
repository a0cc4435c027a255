//! What one run of kepu leaves to the next: digests, a compact form for what is written down, and entries by digest.
//!
//! Bytes and values come in and go out. What they mean, and when they may be used again, is not its business: whoever asks
//! puts everything that a thing depends on into its key.

mod bytes;
mod digest;
mod replace;
mod stamp;
mod store;

pub use bytes::{Reader, Writer};
pub use digest::{Digest, Digester};
pub use replace::replace;
pub use stamp::{Stamp, TICK, nanoseconds};
pub use store::Store;

/// Changes with every change of kepu's own source or dependencies: what another version left is not there.
pub const BUILD_ID: &str = env!("KEPU_BUILD_ID");
