//! Flows and the credentials that their steps hold: what the tables refuse by themselves, and what is true of a
//! running service whatever happens at the same moment.

mod activity;
mod components;
mod constraints;
mod counts;
mod migration;
mod model;
mod nulls;
mod races;
mod row_security;
pub mod rows;
mod turns;
