//! Calls about components.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Client, ClientError};
use crate::domain::id::ComponentId;

/// What an installation did.
pub struct Installed {
    /// False when exactly these bytes were installed already.
    pub is_new: bool,
}

impl Client {
    /// Installs a component.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn install_component(&self, bytes: Vec<u8>) -> Result<Installed, ClientError> {
        let request = self.request(Method::POST, self.at(&["components"]));
        let request = request.header(CONTENT_TYPE, "application/wasm").body(bytes);
        let (status, _) = self.call(request).await?;
        Ok(Installed { is_new: status == StatusCode::CREATED })
    }

    /// The installed components, as the service tells them.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list_components(&self) -> Result<Value, ClientError> {
        Ok(self.call(self.request(Method::GET, self.at(&["components"]))).await?.1)
    }

    /// Removes a component that neither credentials nor steps refer to.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_component(&self, id: &ComponentId) -> Result<(), ClientError> {
        self.call(self.request(Method::DELETE, self.at(&["components", id.as_str()]))).await?;
        Ok(())
    }
}
