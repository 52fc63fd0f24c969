//! People who sign in to the web pages.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::id::{SessionId, UserId, WorkspaceId};
use super::rights::{Right, workspace_allows};

/// The name that a person signs in with, as it was chosen. Names that differ in case alone are one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

/// A text that is no sign-in name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sign-in name is 1 to 100 of A-Z, a-z, 0-9 and `.`, `_`, `-`, `@`, `+`, and begins with a letter or digit"
)]
pub struct InvalidName;

impl UserName {
    /// The name as it was chosen.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The copy by which names are told apart.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for UserName {
    type Err = InvalidName;

    /// Takes ASCII alone, so that no two names look alike; blanks around it, which telephones add, are dropped.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-@+".contains(&b);
        let begins = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        let valid = begins && text.len() <= 100 && text.bytes().all(allowed);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidName) }
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is stored of a password: its argon2id hash as a PHC string. Without `Debug` and `Display`, so that
/// it is in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person may do in one workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub rights: Vec<Right>,
}

/// A person, as an operator sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: UserName,
    /// Whether they may install components and the like.
    pub operator: bool,
    /// Whether they have chosen a password; not after a reset, until the link is used.
    pub has_password: bool,
    /// By workspace.
    pub memberships: Vec<Membership>,
    pub created_at: Timestamp,
}

/// A person's stay at the web pages, with what they may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub name: UserName,
    /// Whether they may install components and the like.
    pub operator: bool,
    /// By workspace.
    pub memberships: Vec<Membership>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// When it ends even if it is in use.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whether the person may do in this workspace what needs `right`: the rule of workspace tokens.
    pub fn may(&self, workspace: &WorkspaceId, right: Right) -> bool {
        let member = self.memberships.iter().find(|membership| membership.workspace == *workspace);
        member.is_some_and(|membership| workspace_allows(&membership.rights, right))
    }
}

/// One of a person's sessions, in the list that they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    pub id: SessionId,
    pub created_at: Timestamp,
    /// Exact to a minute.
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a one-time link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make the first user, who chooses their name.
    First,
    /// To make the user with this name; who uses the link chooses it where there is none.
    Invited { name: Option<UserName> },
    /// To let this user choose a new password.
    Reset { user: UserId, name: UserName },
}

/// An open invitation: what its one-time link does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub purpose: Purpose,
    /// Whether the new user becomes an operator.
    pub operator: bool,
    /// The new user's workspace and rights there.
    pub membership: Option<Membership>,
    pub expires_at: Timestamp,
}

impl Invitation {
    /// The name that stands already; none where whoever uses the link chooses one.
    pub fn name(&self) -> Option<&UserName> {
        match &self.purpose {
            Purpose::First => None,
            Purpose::Invited { name } => name.as_ref(),
            Purpose::Reset { name, .. } => Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_without_case() {
        let name: UserName = " Ann.Lee@Example.com ".parse().unwrap();
        assert_eq!((name.as_str(), name.folded().as_str()), ("Ann.Lee@Example.com", "ann.lee@example.com"));
    }

    #[test]
    fn texts_that_are_no_names_are_refused() {
        for text in ["", " ", "-ann", ".ann", "ann lee", "änn", "ann\n1", "аnn", "ann/../x", &"a".repeat(101)]
        {
            assert_eq!(text.parse::<UserName>(), Err(InvalidName), "{text}");
        }
        assert!("a".repeat(100).parse::<UserName>().is_ok());
    }
}
