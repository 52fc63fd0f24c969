//! Keystead's integration tests: one binary, one module per room, real systems on loopback.

mod harness;

mod acceptance;
mod upstreams;
mod sealed_values;
mod walls;
mod store;
