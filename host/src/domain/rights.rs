//! What a token allows.

use std::fmt;
use std::str::FromStr;

/// A right of a token. Workspace rights and installation rights never mix in one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    CredentialsRead,
    /// Creates, edits, deletes; also verifies drafts.
    CredentialsWrite,
    /// Verifies a stored credential.
    CredentialsUse,
    FlowsRead,
    FlowsWrite,
    /// Leases a step's plain fields.
    Runtime,
    ComponentsRead,
    AuditRead,
    /// All rights of its workspace.
    Admin,
    ComponentsInstall,
    ComponentsConsent,
    WorkspacesWrite,
    /// All rights of the installation; none inside a workspace.
    Operator,
}

const NAMES: [(Right, &str); 13] = [
    (Right::CredentialsRead, "credentials:read"),
    (Right::CredentialsWrite, "credentials:write"),
    (Right::CredentialsUse, "credentials:use"),
    (Right::FlowsRead, "flows:read"),
    (Right::FlowsWrite, "flows:write"),
    (Right::Runtime, "runtime"),
    (Right::ComponentsRead, "components:read"),
    (Right::AuditRead, "audit:read"),
    (Right::Admin, "admin"),
    (Right::ComponentsInstall, "components:install"),
    (Right::ComponentsConsent, "components:consent"),
    (Right::WorkspacesWrite, "workspaces:write"),
    (Right::Operator, "operator"),
];

impl Right {
    /// Every right.
    pub fn all() -> [Self; 13] {
        NAMES.map(|(right, _)| right)
    }

    /// The text used in tokens, the command line and errors.
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(right, _)| *right == self).map_or("", |(_, name)| name)
    }

    /// Whether a workspace token may hold it.
    pub fn is_for_workspaces(self) -> bool {
        !self.is_for_installation() || self == Self::ComponentsRead
    }

    /// Whether an installation token may hold it.
    pub fn is_for_installation(self) -> bool {
        matches!(
            self,
            Self::ComponentsInstall
                | Self::ComponentsConsent
                | Self::WorkspacesWrite
                | Self::Operator
                | Self::ComponentsRead
        )
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no right.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a right; known ones: {known}", known = known_rights())]
pub struct UnknownRight(String);

fn known_rights() -> String {
    NAMES.map(|(_, name)| name).join(", ")
}

impl FromStr for Right {
    type Err = UnknownRight;
    fn from_str(text: &str) -> Result<Self, UnknownRight> {
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(right, _)| *right)
            .ok_or_else(|| UnknownRight(text.chars().take(40).collect()))
    }
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One workspace.
    Workspace(super::id::WorkspaceId),
    /// The installation: components, releases, workspaces; nothing inside a workspace.
    Installation,
}

/// Whether these rights in a workspace allow there what needs `right`.
pub fn workspace_allows(held: &[Right], right: Right) -> bool {
    // Reading components is open to everybody who is let in.
    right.is_for_workspaces()
        && (held.contains(&Right::Admin) || right == Right::ComponentsRead || held.contains(&right))
}

/// Who makes a request.
#[derive(Clone, Debug)]
pub struct Principal {
    pub token: super::id::TokenId,
    pub scope: Scope,
    pub rights: Vec<Right>,
}

impl Principal {
    /// Whether the token allows what needs `right`.
    pub fn has(&self, right: Right) -> bool {
        match self.scope {
            Scope::Workspace(_) => workspace_allows(&self.rights, right),
            Scope::Installation => {
                right.is_for_installation()
                    && (self.rights.contains(&Right::Operator)
                        || right == Right::ComponentsRead
                        || self.rights.contains(&right))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(scope: Scope, right: Right) -> Principal {
        Principal { token: format!("tok_{}", "0".repeat(26)).parse().unwrap(), scope, rights: vec![right] }
    }

    #[test]
    fn no_right_leads_out_of_its_scope() {
        let workspace = Scope::Workspace(super::super::id::WorkspaceId::default_workspace());
        for right in Right::all() {
            // A token could only hold these by a mistake of ours; it would still open nothing.
            for held in Right::all() {
                let (member, operator) =
                    (principal(workspace.clone(), held), principal(Scope::Installation, held));
                assert!(
                    right.is_for_workspaces() || !member.has(right),
                    "{held} of a workspace opens {right}"
                );
                assert!(
                    right.is_for_installation() || !operator.has(right),
                    "{held} of the installation opens {right}"
                );
            }
            let (admin, operator) =
                (principal(workspace.clone(), Right::Admin), principal(Scope::Installation, Right::Operator));
            assert_eq!(admin.has(right), right.is_for_workspaces(), "{right}");
            assert_eq!(operator.has(right), right.is_for_installation(), "{right}");
        }
        let reader = principal(workspace, Right::CredentialsRead);
        assert!(reader.has(Right::CredentialsRead) && reader.has(Right::ComponentsRead));
        assert!(
            !reader.has(Right::CredentialsWrite) && !reader.has(Right::Admin) && !reader.has(Right::Runtime)
        );
    }
}
