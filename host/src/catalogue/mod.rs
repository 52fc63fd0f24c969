//! The installed components. Readers see an immutable snapshot; an installation swaps it.

mod release;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::{Mutex, MutexGuard};

pub use release::{ExamineError, Examined, digest, examine};

use crate::domain::descriptor::Descriptor;
use crate::domain::evidence::ReleaseRef;
use crate::domain::id::ComponentId;
use crate::domain::verdict::{FailureKind, VerifierFailure};
use crate::sandbox::{Plugin, Sandbox};
use crate::store::{ComponentRow, ReleaseRow, ReleaseStatus, Store, StoreError};

/// What talks to one application, with its active release.
pub struct Component {
    pub id: ComponentId,
    pub title: String,
    pub installed_at: Timestamp,
    pub release: ReleaseRef,
    /// The descriptor's text, as it was read at installation.
    pub descriptor_text: String,
    /// What the release asks for, in plain words.
    pub sentences: Vec<String>,
    pub state: State,
}

/// Whether a component can verify.
pub enum State {
    /// Its active release runs.
    Active { plugin: Arc<Plugin>, descriptor: Arc<Descriptor> },
    /// Its active release cannot run; the sentence says why.
    Faulty(String),
}

impl Component {
    /// The plugin and its descriptor.
    ///
    /// # Errors
    /// The component is faulty.
    pub fn active(&self) -> Result<(&Arc<Plugin>, &Arc<Descriptor>), VerifierFailure> {
        match &self.state {
            State::Active { plugin, descriptor } => Ok((plugin, descriptor)),
            State::Faulty(reason) => Err(VerifierFailure::new(
                FailureKind::Faulty,
                format!("component `{}` is faulty: {reason}", self.id),
            )),
        }
    }
}

/// The components of this installation.
pub struct Catalogue {
    snapshot: ArcSwap<BTreeMap<ComponentId, Arc<Component>>>,
    /// One installation at a time, so that no snapshot loses another's component.
    installing: Mutex<()>,
}

impl Catalogue {
    /// Loads and compiles what is installed. A release that cannot run is kept as faulty.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn load(store: &Store, sandbox: &Arc<Sandbox>) -> Result<Self, StoreError> {
        let mut components = BTreeMap::new();
        for row in store.list_components().await? {
            let releases = store.list_releases(&row.id).await?;
            let active = releases.into_iter().find(|release| release.status == ReleaseStatus::Active);
            let component = load_component(store, sandbox, row, active).await?;
            if let State::Faulty(reason) = &component.state {
                tracing::error!(component = %component.id, reason, "a component is faulty and cannot verify");
            }
            components.insert(component.id.clone(), Arc::new(component));
        }
        Ok(Self { snapshot: ArcSwap::from_pointee(components), installing: Mutex::new(()) })
    }

    /// All components, by id.
    pub fn list(&self) -> Vec<Arc<Component>> {
        self.snapshot.load().values().cloned().collect()
    }

    /// The component with this id.
    pub fn find(&self, id: &ComponentId) -> Option<Arc<Component>> {
        self.snapshot.load().get(id).cloned()
    }

    /// Waits until no other installation is under way, and keeps others out while the guard lives.
    pub(crate) async fn begin_installation(&self) -> MutexGuard<'_, ()> {
        self.installing.lock().await
    }

    /// Shows a component to everybody who asks from now on; verifications under way keep what they have.
    pub(crate) fn publish(&self, component: Arc<Component>) {
        let mut components = BTreeMap::clone(&self.snapshot.load());
        components.insert(component.id.clone(), component);
        self.snapshot.store(Arc::new(components));
    }

    /// Shows a component to nobody any more.
    pub(crate) fn withdraw(&self, id: &ComponentId) {
        let mut components = BTreeMap::clone(&self.snapshot.load());
        components.remove(id);
        self.snapshot.store(Arc::new(components));
    }
}

async fn load_component(
    store: &Store,
    sandbox: &Arc<Sandbox>,
    row: ComponentRow,
    release: Option<ReleaseRow>,
) -> Result<Component, StoreError> {
    let mut component = Component {
        id: row.id,
        title: row.title,
        installed_at: row.installed_at,
        release: ReleaseRef::default(),
        descriptor_text: String::new(),
        sentences: Vec::new(),
        state: State::Faulty("it has no active release".to_owned()),
    };
    if let Some(release) = release {
        component.state = match store.release_bytes(&release.digest).await? {
            None => State::Faulty("the bytes of its release are missing from the database".to_owned()),
            Some(bytes) => revive(sandbox, bytes, &release).await.unwrap_or_else(State::Faulty),
        };
        component.release = ReleaseRef { version: release.version, digest: release.digest };
        component.descriptor_text = release.descriptor;
        component.sentences = release.sentences;
    }
    Ok(component)
}

/// Makes a stored release run again. The sentence of the error says why it cannot.
async fn revive(sandbox: &Arc<Sandbox>, bytes: Vec<u8>, release: &ReleaseRow) -> Result<State, String> {
    if digest(&bytes) != release.digest {
        return Err("the bytes of its release do not have the digest that was installed".to_owned());
    }
    let descriptor = Descriptor::parse(&release.descriptor)
        .map_err(|error| ExamineError::Descriptor(error.violations).to_string())?;
    let plugin = release::compile(sandbox, bytes).await.map_err(|error| error.to_string())?;
    Ok(State::Active { plugin: Arc::new(plugin), descriptor: Arc::new(descriptor) })
}
