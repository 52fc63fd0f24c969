//! The guided start: what `keystead demo` puts up beside an ordinary service.

mod guide;
mod petstore;
mod samples;

pub use guide::guide;
pub use petstore::{GOOD_KEY, Petstore};
pub use samples::{Sample, SamplesError, install, read};
