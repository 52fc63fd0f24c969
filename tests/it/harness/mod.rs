//! What the tests need around Keystead: processes, databases, upstreams, plugins.

pub mod databases;
pub mod postgres;
