//! Keystead's integration tests: one binary, one module per room, real systems on loopback.

mod egress;
mod harness;
