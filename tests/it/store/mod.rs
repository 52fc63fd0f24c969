//! The store on both databases: what it promises, and what the tables themselves refuse.

mod audit;
mod budgets;
mod constraints;
mod credentials;
mod damage;
mod files;
mod installation;
mod leftovers;
mod lists;
mod row_security;
mod samples;
mod schema;
mod verifications;
mod writers;
