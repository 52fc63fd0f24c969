//! What the tests need around Keystead: processes, databases, upstreams, plugins.

pub mod databases;
pub mod names;
pub mod petstore;
pub mod place;
pub mod postgres;
pub mod process;
pub mod recorder;
pub mod rehearsal;
pub mod wasm;
