//! The fields of a stored credential.

use serde_json::Value;

use super::VerifyError;
use crate::app::App;
use crate::domain::fields::Fields;
use crate::keyring::Binding;
use crate::store::{SealedCredential, StoreError};

/// Opens the fields of a stored credential, as they were sealed.
///
/// # Errors
/// [`VerifyError::Keyring`] where the record is not that of this credential and version, or damaged;
/// [`VerifyError::Store`] where it does not hold fields.
pub fn open_fields(app: &App, stored: &SealedCredential) -> Result<Fields, VerifyError> {
    let credential = &stored.credential;
    let binding = Binding {
        workspace: &credential.workspace,
        component: &credential.component,
        credential: &credential.id,
        version: credential.version,
    };
    let plain = app.keyring.open(&binding, &stored.record)?;
    match serde_json::from_slice(plain.expose()) {
        Ok(Value::Object(object)) => Ok(Fields::new(object)),
        // What decrypts was written by `verify_and_save`; anything else is damage.
        _ => Err(StoreError::Corrupt {
            table: "credentials",
            column: "record".to_owned(),
            row: credential.id.to_string(),
        }
        .into()),
    }
}
