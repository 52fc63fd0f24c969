//! The words of Keystead as types: ids, fields, descriptors, verdicts. Nothing here does I/O.

pub mod budget;
pub mod clock;
pub mod credential;
pub mod descriptor;
pub mod evidence;
pub mod fields;
pub mod flow;
pub mod id;
pub mod json;
pub mod limit;
pub mod rights;
pub mod secret;
pub mod token;
pub mod user;
pub mod verdict;
