//! One file for each page.

pub(super) mod account;
pub(super) mod component;
pub(super) mod components;
pub(super) mod create;
pub(super) mod credential;
pub(super) mod credentials;
pub(super) mod delete;
pub(super) mod edit;
pub(super) mod flow;
pub(super) mod flows;
pub(super) mod install;
pub(super) mod problem;
pub(super) mod replace;
pub(super) mod sign_in;
pub(super) mod step;
pub(super) mod welcome;
