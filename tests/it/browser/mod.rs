//! The pages, in a real Chromium.

mod changes;
mod checks;
mod creation;
mod defences;
mod driver;
mod flows;
mod keyboard;
mod lists;
mod looks;
mod operators;
mod page;
mod people;
mod proof;
mod site;
mod tour;
