//! JSON as it arrives from strangers: bounded in depth, without duplicate members.
