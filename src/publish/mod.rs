//! Where a finished site goes: the disk (`build`), a browser (`serve`), a host (`deploy`).
//!
//! [`build`] asks the site for artifacts; [`serve`] answers browsers with them; [`disk`] takes output paths with bytes or files, and knows nothing of pages,
//! templates or configuration. [`record`] and [`inputs`] are what one build leaves to the next. No sink has its own way of making a page.

pub mod build;
pub mod deploy;
pub mod disk;
mod inputs;
mod record;
pub mod serve;
