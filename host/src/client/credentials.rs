//! Calls about credentials.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{Client, ClientError, Pages, address};
use crate::domain::credential::Status;
use crate::domain::id::{ComponentId, CredentialId, FlowId};

/// Which credentials are listed: those for which all that is given holds.
#[derive(Default)]
pub struct CredentialFilter {
    pub component: Option<ComponentId>,
    pub status: Option<Status>,
    /// A flow whose steps hold them.
    pub flow: Option<FlowId>,
    /// What their names begin with.
    pub name_prefix: Option<String>,
}

/// Where a credential is to be replaced, and by what.
pub struct Replacement {
    /// A credential of the same component.
    pub with: CredentialId,
    /// The flows in which it is replaced; none for all.
    pub flows: Vec<FlowId>,
    /// Whether one that the application has not accepted will do.
    pub accept_unverified: bool,
}

impl Client {
    /// The credentials, the oldest first.
    pub fn list_credentials(&self, filter: &CredentialFilter) -> Pages<'_> {
        let parameters = [
            ("component", filter.component.as_ref().map(ComponentId::as_str)),
            ("status", filter.status.map(Status::as_str)),
            ("flow", filter.flow.as_ref().map(FlowId::as_str)),
            ("name_prefix", filter.name_prefix.as_deref()),
        ];
        Pages::new(self, address::with_query(self.at(&["credentials"]), &parameters))
    }

    /// A credential without its secrets.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn read_credential(&self, id: &CredentialId) -> Result<Value, ClientError> {
        Ok(self.call(self.request(Method::GET, self.at(&["credentials", id.as_str()]))).await?.1)
    }

    /// The steps that hold a credential, by flow and step.
    pub fn list_usages(&self, id: &CredentialId) -> Pages<'_> {
        Pages::new(self, self.at(&["credentials", id.as_str(), "usages"]))
    }

    /// Deletes a credential that no active flow uses: the steps that lost it, or null when none held it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_credential(&self, id: &CredentialId) -> Result<Value, ClientError> {
        Ok(self.call(self.request(Method::DELETE, self.at(&["credentials", id.as_str()]))).await?.1)
    }

    /// Gives the steps that hold a credential another one; tells which have moved.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn replace_credential(
        &self,
        id: &CredentialId,
        replacement: &Replacement,
    ) -> Result<Value, ClientError> {
        let mut body = json!({"with": replacement.with});
        // An absent list means all flows; an empty one would mean none.
        if !replacement.flows.is_empty() {
            body["flows"] = json!(replacement.flows);
        }
        if replacement.accept_unverified {
            body["accept_unverified"] = json!(true);
        }
        let url = self.at(&["credentials", id.as_str(), "replace"]);
        let request = self.request(Method::POST, url).header(CONTENT_TYPE, "application/json");
        Ok(self.call(request.body(body.to_string())).await?.1)
    }
}
