//! Keystead's integration tests: one binary, one module per room, real systems on loopback.

mod egress;
mod harness;

mod acceptance;
mod sandbox;
mod upstreams;
mod sealed_values;
mod walls;
mod store;
