//! The API as its clients see it, on both databases.

mod bodies;
mod choices;
mod components;
mod credentials;
mod deletions;
mod editors;
mod edits;
mod flows;
mod isolation;
mod leases;
mod links;
mod lists;
mod replacements;
mod retries;
mod rights;
mod server;
pub(crate) mod service;
mod tokens;
mod verifications;
