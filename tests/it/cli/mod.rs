//! The command line, with the real binary, each test in a folder of its own.

mod demo;
mod help;
mod keys;
mod place;
mod plugins;
mod settings;
mod tokens;
mod verify;
