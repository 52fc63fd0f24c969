//! Keystead's integration tests: one binary, one module per room, real systems on loopback.

mod acceptance;
mod accounts;
mod api;
mod browser;
mod budgets;
mod choices;
mod cli;
mod crashes;
mod egress;
mod flows;
mod harness;
mod ops;
mod pages;
mod petstore_plugin;
mod placements;
mod sandbox;
mod sealed_values;
mod sessions;
mod store;
mod upstreams;
mod walls;
