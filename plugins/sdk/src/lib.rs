//! Write a Keystead verifier in about twenty lines of Rust.
//!
//! A verifier is a type that holds the credential's fields and says whether the application accepts
//! them:
//!
//! ```
//! use keystead_plugin::{Failure, Verdict, Verifier, http};
//!
//! #[derive(serde::Deserialize)]
//! struct Shop {
//!     #[serde(rename = "apiKey")]
//!     api_key: String,
//! }
//!
//! impl Verifier for Shop {
//!     const DESCRIPTOR: &'static str = r#"{"descriptor": 1, "id": "shop"}"#; // and so on
//!
//!     fn verify(self) -> Result<Verdict, Failure> {
//!         let response = http::get("https://api.shop.example/me").header("x-api-key", &self.api_key).send()?;
//!         Ok(match response.status() {
//!             200 => Verdict::valid(),
//!             401 => Verdict::invalid("rejected", "The shop does not know this API key.").field("/apiKey"),
//!             status => Verdict::undecided("provider-error", format!("The shop answered {status}.")),
//!         })
//!     }
//! }
//!
//! keystead_plugin::export!(Shop);
//! ```
//!
//! `api_key` holds a random *token* here, not the secret: the host puts the secret in its place, just
//! before sending, where the descriptor allows it. So a plugin cannot inspect, transform or leak it.
//!
//! The crate also brings an allocator and link settings that make a fresh instance cheap. Nothing else
//! has to be set up; the plugin's `crate-type` is `["cdylib"]`. Functions that ask the host work inside
//! the sandbox only: keep what judges an answer in a function of its own and test that natively.

mod allocator;
mod base64;
pub mod http;
pub mod log;
mod verdict;

use serde::de::DeserializeOwned;

/// The contract in Rust, generated from `wit/v1`. For what this crate does not cover.
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "keystead_plugin::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

pub use bindings::keystead::plugin::types::{Acceptance, Account, Doubt, Failure, Rejection, Verdict};
pub use bindings::keystead::plugin::{clock, random};
pub use serde_json;

/// A credential's fields, and how to find out whether the application accepts them.
pub trait Verifier: DeserializeOwned {
    /// The descriptor: JSON that follows `wit/v1/descriptor.schema.json`.
    const DESCRIPTOR: &'static str;

    /// Asks the application. Secret fields hold sealed tokens.
    ///
    /// # Errors
    /// A failed host call that `?` passed on; it becomes a verdict by [`Verdict::from`].
    fn verify(self) -> Result<Verdict, Failure>;
}

/// What the exported functions do; called by [`export!`].
#[doc(hidden)]
pub fn run<V: Verifier>(credential: &str) -> Verdict {
    log::report_panics();
    match serde_json::from_str::<V>(credential) {
        Ok(verifier) => verifier.verify().unwrap_or_else(Verdict::from),
        // The host has checked the fields against the descriptor's schema.
        Err(_) => panic!("the verifier's type does not fit the schema of its own descriptor"),
    }
}

/// Makes a [`Verifier`] the plugin of this crate.
#[macro_export]
macro_rules! export {
    ($verifier:ty) => {
        // Natively there is nothing to export; this keeps the verifier's code in use for the lints.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn(&str) -> $crate::Verdict = $crate::run::<$verifier>;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Plugin;

            impl $crate::bindings::exports::keystead::plugin::verifier::Guest for Plugin {
                fn describe() -> String {
                    <$verifier as $crate::Verifier>::DESCRIPTOR.to_owned()
                }
                fn verify(credential: String) -> $crate::Verdict {
                    $crate::run::<$verifier>(&credential)
                }
            }

    $crate::bindings::export_bindings!(Plugin with_types_in $crate::bindings);
        };
    };
}
