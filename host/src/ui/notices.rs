//! What a page tells of what was just done. The page before sends people on with `?done=…`; what is told
//! is one of our own sentences, whatever stands in the address.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Redirect;

use super::texts::TEXTS;

/// A sentence, where the page follows a deed.
pub(super) struct Notice(pub(super) Option<&'static str>);

macro_rules! deeds {
    ($($name:ident: $slug:literal => $text:ident,)*) => {
        /// What was done.
        #[derive(Clone, Copy)]
        pub(super) enum Deed { $($name,)* }

        impl Deed {
            fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            fn text_of(slug: &str) -> Option<&'static str> {
                match slug {
                    $($slug => Some(TEXTS.$text),)*
                    _ => None,
                }
            }
        }
    };
}

deeds! {
    Created: "created" => created,
    CreatedForStep: "created-for-step" => created_for_step,
    CreatedUnverified: "created-unverified" => created_unverified,
    Replayed: "replayed" => replayed,
    Edited: "edited" => edited,
    EditedVerified: "edited-verified" => edited_verified,
    Verified: "verified" => now_valid,
    Deleted: "deleted" => deleted,
    Replaced: "replaced" => replaced,
    Activated: "activated" => activated,
    Deactivated: "deactivated" => deactivated,
    Chosen: "chosen" => chosen,
    Cleared: "cleared" => cleared,
    Installed: "installed" => installed,
    AlreadyInstalled: "already-installed" => already_installed,
    Removed: "removed" => removed,
    PasswordChanged: "password-changed" => password_changed,
    SignedOut: "signed-out" => signed_out,
}

/// To the page that tells of a deed.
pub(super) fn tell(path: &str, deed: Deed) -> Redirect {
    Redirect::to(&path_after(path, deed))
}

/// The path of the page that tells of a deed.
pub(super) fn path_after(path: &str, deed: Deed) -> String {
    format!("{path}?done={}", deed.slug())
}

impl<S: Sync> FromRequestParts<S> for Notice {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let done = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done");
        Ok(Self(done.and_then(|(_, slug)| Deed::text_of(&slug))))
    }
}
