//! Who asks. A handler names the kind of token and the rights that it needs in its signature, so that
//! no body is read for somebody who may not.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::Api;
use super::error::Kind;
use super::problem::Problem;
use crate::app::Actor;
use crate::domain::id::WorkspaceId;
use crate::domain::rights::{Principal, Right, Scope};
use crate::domain::token;

/// What a handler needs.
pub(super) trait Needs: Send {
    const RIGHTS: &'static [Right];
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident: $($right:ident),+;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        impl Needs for $name {
            const RIGHTS: &'static [Right] = &[$(Right::$right),+];
        }
    )*};
}

needs! {
    /// Reads credentials.
    Read: CredentialsRead;
    /// Creates and deletes credentials, verifies drafts.
    Write: CredentialsWrite;
    /// Verifies a stored credential.
    Use: CredentialsUse;
    /// Gives steps another credential.
    Replace: CredentialsWrite, FlowsWrite;
    /// Reads flows.
    ReadFlows: FlowsRead;
    /// Changes flows and what their steps hold.
    WriteFlows: FlowsWrite;
    /// Leases a step's plain fields.
    Lease: Runtime;
    /// Installs and activates a component, and consents to what it asks for.
    Install: ComponentsInstall, ComponentsConsent;
    /// Removes a component.
    Remove: ComponentsInstall;
}

/// A workspace's token with the rights `N`.
pub(super) struct WorkspaceToken<N> {
    pub(super) workspace: WorkspaceId,
    pub(super) actor: Actor,
    principal: Principal,
    needs: PhantomData<N>,
}

impl<N> WorkspaceToken<N> {
    /// Whether the token has a right beside those that the handler needs.
    pub(super) fn may(&self, right: Right) -> bool {
        self.principal.has(right)
    }
}

/// An installation token with the rights `N`.
pub(super) struct InstallationToken<N> {
    pub(super) actor: Actor,
    needs: PhantomData<N>,
}

/// A token of either kind.
pub(super) struct AnyToken(pub(super) Principal);

impl AnyToken {
    /// The workspace of a workspace's token.
    pub(super) fn workspace(&self) -> Option<&WorkspaceId> {
        match &self.0.scope {
            Scope::Workspace(workspace) => Some(workspace),
            Scope::Installation => None,
        }
    }
}

impl<N: Needs> FromRequestParts<Api> for WorkspaceToken<N> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let principal = authenticate(parts, api).await?;
        let Scope::Workspace(workspace) = &principal.scope else {
            let detail = "This needs a workspace's token (kst_w_…); an installation token opens nothing inside a workspace.";
            return Err(Problem::new(Kind::WrongTokenKind, detail).with("needed", "workspace"));
        };
        let workspace = workspace.clone();
        require(&principal, N::RIGHTS)?;
        let actor = Actor::Token(principal.token.clone());
        Ok(Self { workspace, actor, principal, needs: PhantomData })
    }
}

impl<N: Needs> FromRequestParts<Api> for InstallationToken<N> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let principal = authenticate(parts, api).await?;
        if principal.scope != Scope::Installation {
            let detail = "This needs an installation token (kst_i_…); a workspace's token cannot change the installation.";
            return Err(Problem::new(Kind::WrongTokenKind, detail).with("needed", "installation"));
        }
        require(&principal, N::RIGHTS)?;
        Ok(Self { actor: Actor::Token(principal.token), needs: PhantomData })
    }
}

impl FromRequestParts<Api> for AnyToken {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        authenticate(parts, api).await.map(Self)
    }
}

/// Who bears the request's token. Every way to fail answers the same.
async fn authenticate(parts: &Parts, api: &Api) -> Result<Principal, Problem> {
    let unauthenticated = || {
        let detail = "Send one header `Authorization: Bearer kst_…` with a token that is known here and has not expired.";
        Problem::new(Kind::Unauthenticated, detail)
    };
    let hash = bearer(parts).and_then(|text| token::parse(text).ok()).ok_or_else(unauthenticated)?;
    api.app.store.find_token(&hash, api.app.clock.now()).await?.ok_or_else(unauthenticated)
}

/// The text of the one bearer token in the request's headers. The scheme's case does not matter (RFC 9110, 11.1).
fn bearer(parts: &Parts) -> Option<&str> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn require(principal: &Principal, rights: &[Right]) -> Result<(), Problem> {
    match rights.iter().find(|right| !principal.has(**right)) {
        None => Ok(()),
        Some(missing) => Err(missing_right(*missing, "")),
    }
}

/// A valid token without a right. `why` says what needs it, where that is not plain.
pub(super) fn missing_right(right: Right, why: &str) -> Problem {
    let detail =
        format!("The token is valid, but lacks the right `{right}`{why}; use or make one that has it.");
    Problem::new(Kind::MissingRight, detail).with("right", right.as_str())
}
