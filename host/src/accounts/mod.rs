//! People who sign in to the web pages: their passwords, sessions and one-time links. Knows neither HTTP
//! nor SQL. Single sign-on will be another way to [`SignedIn`], beside `sign_in`.

mod attempts;
mod invitation;
mod means;
mod password;
mod register;
mod session;
mod sign_in;
mod ticket;

use attempts::Strangers;
use password::Passwords;

pub use crate::domain::user::{Invitation, Membership, Purpose, Session, SessionView, User, UserName};
pub use attempts::wait_after;
pub use invitation::{AcceptError, accept, find_invitation, first_link};
pub use means::Means;
pub use password::{HashingFailed, LONGEST, SHORTEST, WeakPassword};
pub use register::{invite, list_invited, list_users, remove_user, reset_user};
pub use session::{IDLE, LIFETIME, SignedIn, find_session, list_sessions, sign_out, sign_out_everywhere};
pub use sign_in::{PasswordError, SignInError, change_password, sign_in};

/// What signing in needs beside the store.
#[derive(Default)]
pub struct Accounts {
    passwords: Passwords,
    strangers: Strangers,
}
