//! The web pages as browsers get them, over real databases, sandbox and egress, without a socket.

mod changes;
mod creation;
mod cross_site;
mod edits;
mod fields;
mod flows;
mod headers;
mod hostile;
mod html;
mod installation;
mod laws;
mod links;
mod lists;
mod passwords;
mod rights;
mod routes;
mod secrets;
pub mod site;
mod stream;
mod visitor;
