//! Keystead keeps the credentials of an integration platform. A credential is saved only after the
//! real system has accepted it. `ARCHITECTURE.md` beside this crate is the map.

pub mod accounts;
pub mod api;
pub mod app;
pub mod boot;
pub mod catalogue;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod domain;
pub mod egress;
pub mod install;
pub mod keyring;
pub mod lease;
pub mod logging;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod ui;
pub mod usage;
pub mod verify;
pub mod web;
