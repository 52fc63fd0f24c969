//! The API as its clients see it, on both databases.

mod bodies;
mod components;
mod credentials;
mod editors;
mod edits;
mod isolation;
mod lists;
mod retries;
mod server;
pub(crate) mod service;
mod tokens;
mod verifications;
