//! The pages, in a real Chromium.

mod checks;
mod driver;
mod looks;
mod page;
mod proof;
