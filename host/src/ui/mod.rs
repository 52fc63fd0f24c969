//! The web pages.

pub mod form;
