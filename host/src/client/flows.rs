//! Calls about flows.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Client, ClientError, Pages, address};
use crate::domain::id::{CredentialId, FlowId, StepId};

/// A flow that was put.
pub struct Put {
    /// False when there was one with this id.
    pub is_new: bool,
    /// The flow as it is now.
    pub flow: Value,
}

impl Client {
    /// The flows, by id; with `active` only those that are, or are not.
    pub fn list_flows(&self, active: Option<bool>) -> Pages<'_> {
        let active = active.map(|active| if active { "true" } else { "false" });
        Pages::new(self, address::with_query(self.at(&["flows"]), &[("active", active)]))
    }

    /// A flow with its steps.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn read_flow(&self, id: &FlowId) -> Result<Value, ClientError> {
        Ok(self.call(self.request(Method::GET, self.at(&["flows", id.as_str()]))).await?.1)
    }

    /// Makes a flow, or replaces its name and steps. `body` is the JSON that the API takes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put_flow(&self, id: &FlowId, body: Vec<u8>) -> Result<Put, ClientError> {
        let request = self.request(Method::PUT, self.at(&["flows", id.as_str()]));
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let (status, flow) = self.call(request).await?;
        Ok(Put { is_new: status == StatusCode::CREATED, flow })
    }

    /// Gives a step another credential, or none; its flow is told as it is then.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn choose_credential(
        &self,
        flow: &FlowId,
        step: &StepId,
        credential: Option<&CredentialId>,
    ) -> Result<Value, ClientError> {
        let url = self.at(&["flows", flow.as_str(), "steps", step.as_str(), "credential"]);
        let body = json!({ "credential": credential.map(CredentialId::as_str) });
        let request = self.request(Method::PUT, url).header(CONTENT_TYPE, "application/json");
        Ok(self.call(request.body(body.to_string())).await?.1)
    }

    /// Activates a flow; it is told as it is then.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn activate_flow(&self, id: &FlowId) -> Result<Value, ClientError> {
        let url = self.at(&["flows", id.as_str(), "activate"]);
        Ok(self.call(self.request(Method::POST, url)).await?.1)
    }

    /// Deactivates a flow; it is told as it is then.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deactivate_flow(&self, id: &FlowId) -> Result<Value, ClientError> {
        let url = self.at(&["flows", id.as_str(), "deactivate"]);
        Ok(self.call(self.request(Method::POST, url)).await?.1)
    }

    /// Deletes a flow, an active one too.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_flow(&self, id: &FlowId) -> Result<(), ClientError> {
        self.call(self.request(Method::DELETE, self.at(&["flows", id.as_str()]))).await?;
        Ok(())
    }
}
