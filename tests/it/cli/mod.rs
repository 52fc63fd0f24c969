//! The command line, with the real binary, each test in a folder of its own.

mod credentials;
mod demo;
mod desk;
mod flows;
mod help;
mod keys;
mod place;
mod plugins;
mod settings;
mod strangers;
mod tokens;
mod users;
mod verify;
