//! Keystead's integration tests: one binary, one module per room, real systems on loopback.

mod acceptance;
mod api;
mod egress;
mod harness;
mod petstore_plugin;
mod sandbox;
mod sealed_values;
mod sessions;
mod store;
mod upstreams;
mod walls;
