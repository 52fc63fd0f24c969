//! The API as its clients see it, on both databases.

mod bodies;
mod components;
mod credentials;
mod isolation;
mod server;
mod service;
mod tokens;
mod verifications;
