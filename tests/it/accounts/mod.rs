//! People who sign in: passwords, sessions, one-time links.

mod constraints;
mod invitations;
mod office;
mod passwords;
mod races;
mod row_security;
mod sessions;
mod sign_in;
