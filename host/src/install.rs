//! Installing a component into the running service, and removing it.

use std::sync::Arc;

use crate::app::{Actor, App};
use crate::catalogue::{Component, ExamineError, State, examine};
use crate::domain::evidence::ReleaseRef;
use crate::domain::id::ComponentId;
use crate::store::{self, ChangeError, NewRelease};

/// What an installation did.
pub struct Installed {
    pub component: Arc<Component>,
    /// False when exactly these bytes were installed already.
    pub is_new: bool,
}

/// Why a plugin was not installed. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Examine(#[from] ExamineError),
    /// Another release of this component is installed.
    #[error("component `{component}` is installed already, as another release ({digest})")]
    Conflict { component: ComponentId, digest: String },
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// Removes a component that no credential and no step refers to, with its releases. Verifications under
/// way finish, and find when they save that it is gone.
///
/// # Errors
/// [`ChangeError::NotFound`], [`ChangeError::ComponentInUse`]; nothing was removed.
pub async fn remove(app: &App, actor: &Actor, component: &ComponentId) -> Result<(), ChangeError> {
    let _one_at_a_time = app.catalogue.begin_installation().await;
    let action = "component.remove";
    let audit = app.audit_record(actor, None, action, component.as_str(), "removed", serde_json::json!({}));
    app.store.remove_component(component, audit).await?;
    app.catalogue.withdraw(component);
    Ok(())
}

/// Installs and activates the first release of a component. The same bytes again change nothing.
///
/// # Errors
/// [`InstallError`]; nothing was stored.
pub async fn install(app: &App, actor: &Actor, bytes: Vec<u8>) -> Result<Installed, InstallError> {
    let _one_at_a_time = app.catalogue.begin_installation().await;
    let examined = examine(&app.sandbox, &bytes).await?;
    let descriptor = examined.descriptor.clone();
    let now = app.clock.now();
    let release = NewRelease {
        component: descriptor.id.clone(),
        title: descriptor.title.clone(),
        needs_credential: descriptor.needs_credential(),
        version: descriptor.version.clone(),
        digest: examined.digest.clone(),
        descriptor: examined.descriptor_text.clone(),
        sentences: examined.sentences.clone(),
        bytes,
        installed_at: now,
    };
    let detail = serde_json::json!({
        "version": descriptor.version, "digest": examined.digest, "consent": examined.sentences,
    });
    let audit =
        app.audit_record(actor, None, "component.install", descriptor.id.as_str(), "installed", detail);
    let component = descriptor.id.clone();
    let stored = app.store.install_component(release, audit).await.map_err(|error| match error {
        ChangeError::Installed { digest } => InstallError::Conflict { component, digest },
        error => InstallError::Change(error),
    })?;
    let known = app.catalogue.find(&descriptor.id);
    if let (store::Installed::Same, Some(component)) = (stored, &known)
        && matches!(component.state, State::Active { .. })
    {
        return Ok(Installed { component: component.clone(), is_new: false });
    }
    let component = Arc::new(Component {
        id: descriptor.id.clone(),
        title: descriptor.title.clone(),
        installed_at: known.map_or(now, |known| known.installed_at),
        release: ReleaseRef { version: descriptor.version.clone(), digest: examined.digest },
        descriptor_text: examined.descriptor_text,
        sentences: examined.sentences,
        state: State::Active { plugin: examined.plugin, descriptor },
    });
    app.catalogue.publish(component.clone());
    Ok(Installed { component, is_new: stored == store::Installed::New })
}
