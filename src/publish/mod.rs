//! Where a finished site goes: the disk (`build`), a browser (`serve`), a host (`deploy`).
//!
//! [`pass`] asks the site for artifacts and hands them to a sink; [`serve`] answers browsers with them; [`disk`] takes output paths with
//! bytes or files, and knows nothing of pages, templates or configuration. [`record`] and [`inputs`] are what one build leaves to
//! the next. No sink has its own way of making a page.

pub mod build;
pub mod deploy;
pub mod disk;
mod inputs;
mod pass;
mod record;
pub mod serve;
