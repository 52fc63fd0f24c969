//! Components and their releases, bytes included. They belong to the installation.

use jiff::Timestamp;

use super::audit::{self, AuditRecord};
use super::change::ChangeError;
use super::dialect::rerun_if_refused;
use super::error::StoreError;
use super::row::{Place, to_json};
use super::transaction::{Access, Store, Tx};
use crate::domain::id::ComponentId;

/// A first release, to be installed with its component.
#[derive(Clone, Debug)]
pub struct NewRelease {
    pub component: ComponentId,
    pub title: String,
    /// Whether the component has secret fields or any fields at all to be saved.
    pub needs_credential: bool,
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The text of the descriptor, as the plugin gave it.
    pub descriptor: String,
    /// What the operator consented to, in order.
    pub sentences: Vec<String>,
    /// The plugin itself.
    pub bytes: Vec<u8>,
    pub installed_at: Timestamp,
}

/// What an installation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// The component and its release are stored and active.
    New,
    /// They were already; nothing was written.
    Same,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRow {
    pub id: ComponentId,
    pub title: String,
    pub needs_credential: bool,
    /// Digest of the release that is active; empty when none is.
    pub active_digest: String,
    pub installed_at: Timestamp,
}

/// A release without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    pub component: ComponentId,
    pub version: String,
    pub digest: String,
    pub descriptor: String,
    pub sentences: Vec<String>,
    pub status: ReleaseStatus,
    pub installed_at: Timestamp,
}

/// Whether a release is the one that verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseStatus {
    Active,
    /// Kept, not used.
    Inactive,
}

impl Store {
    /// All components, by id.
    pub async fn list_components(&self) -> Result<Vec<ComponentRow>, StoreError> {
        read_tx!(self, Access::Installation, tx => list(tx).await)
    }

    /// The releases of a component, the newest first; empty when there is no such component.
    pub async fn list_releases(&self, component: &ComponentId) -> Result<Vec<ReleaseRow>, StoreError> {
        read_tx!(self, Access::Installation, tx => list_releases(tx, component).await)
    }

    /// The bytes of the release with this digest, as they were uploaded. The caller checks the digest.
    pub async fn release_bytes(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read_tx!(self, Access::Installation, tx => bytes(tx, digest).await)
    }

    /// Stores and activates a component's first release.
    ///
    /// # Errors
    /// [`ChangeError::Installed`] when the component exists with another one.
    pub async fn install_component(
        &self,
        release: NewRelease,
        audit: AuditRecord,
    ) -> Result<Installed, ChangeError> {
        write_tx!(self, Access::Jobs, tx => install(tx, &release, &audit).await)
    }

    /// Removes a component with its releases.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`]; [`ChangeError::ComponentInUse`] while credentials or steps of any workspace
    /// refer to it.
    pub async fn remove_component(&self, id: &ComponentId, audit: AuditRecord) -> Result<(), ChangeError> {
        write_tx!(self, Access::Jobs, tx => remove(tx, id, &audit).await)
    }
}

async fn install(tx: &mut Tx, release: &NewRelease, record: &AuditRecord) -> Result<Installed, ChangeError> {
    // Of whichever key: two at once may meet in either of them.
    const INSERT: &str =
        "INSERT INTO components (id, title, needs_credential, installed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING";
    let is_new = on!(tx, c => sqlx::query(INSERT)
        .bind(release.component.as_str())
        .bind(release.title.as_str())
        .bind(release.needs_credential)
        .bind(release.installed_at.as_millisecond())
        .execute(c).await.map_err(StoreError::from)?.rows_affected())
        == 1;
    if !is_new {
        return compare(tx, release).await;
    }
    insert_release(tx, release).await?;
    audit::insert(tx, record).await?;
    Ok(Installed::New)
}

/// The component exists: fine, if this very release is its active one.
async fn compare(tx: &mut Tx, release: &NewRelease) -> Result<Installed, ChangeError> {
    const SELECT: &str = "SELECT digest FROM releases WHERE component = $1 AND status = 'active'";
    let active: Option<String> = on!(tx, c => sqlx::query_scalar(SELECT)
        .bind(release.component.as_str())
        .fetch_optional(c).await.map_err(StoreError::from)?);
    let digest = active.unwrap_or_default();
    if digest == release.digest { Ok(Installed::Same) } else { Err(ChangeError::Installed { digest }) }
}

async fn remove(tx: &mut Tx, id: &ComponentId, record: &AuditRecord) -> Result<(), ChangeError> {
    const COUNT: &str = "SELECT
         (SELECT CAST(COALESCE(SUM(total), 0) AS BIGINT) FROM credential_counts WHERE component = $1),
         (SELECT COUNT(*) FROM flow_steps WHERE component = $1)";
    let (credentials, steps): (i64, i64) = on!(tx, c => sqlx::query_as(COUNT)
        .bind(id.as_str())
        .fetch_one(c).await.map_err(StoreError::from)?);
    let (credentials, steps) = (credentials.unsigned_abs(), steps.unsigned_abs());
    if credentials > 0 || steps > 0 {
        return Err(ChangeError::ComponentInUse { credentials, steps });
    }
    // What others begin to refer to meanwhile, the keys refuse to remove; then the whole is run again.
    on!(tx, c => sqlx::query("DELETE FROM releases WHERE component = $1")
        .bind(id.as_str())
        .execute(c).await.map(|done| done.rows_affected()))
    .map_err(rerun_if_refused)?;
    let removed = on!(tx, c => sqlx::query("DELETE FROM components WHERE id = $1")
        .bind(id.as_str())
        .execute(c).await.map(|done| done.rows_affected()));
    if removed.map_err(rerun_if_refused)? == 0 {
        return Err(ChangeError::NotFound);
    }
    let orphans = "DELETE FROM release_bytes WHERE digest NOT IN (SELECT digest FROM releases)";
    on!(tx, c => sqlx::query(orphans).execute(c).await.map(|done| done.rows_affected()))
        .map_err(rerun_if_refused)?;
    audit::insert(tx, record).await?;
    Ok(())
}

async fn insert_release(tx: &mut Tx, release: &NewRelease) -> Result<(), StoreError> {
    const BYTES: &str =
        "INSERT INTO release_bytes (digest, bytes) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    const RELEASE: &str =
        "INSERT INTO releases (component, digest, version, status, descriptor, sentences, installed_at)
         VALUES ($1, $2, $3, 'active', $4, $5, $6)";
    let sentences = to_json(&release.sentences)?;
    on!(tx, c => sqlx::query(BYTES)
        .bind(release.digest.as_str())
        .bind(release.bytes.as_slice())
        .execute(c).await?.rows_affected());
    on!(tx, c => sqlx::query(RELEASE)
        .bind(release.component.as_str())
        .bind(release.digest.as_str())
        .bind(release.version.as_str())
        .bind(release.descriptor.as_str())
        .bind(sentences.as_str())
        .bind(release.installed_at.as_millisecond())
        .execute(c).await?.rows_affected());
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Component {
    id: String,
    title: String,
    needs_credential: bool,
    active_digest: String,
    installed_at: i64,
}

async fn list(tx: &mut Tx) -> Result<Vec<ComponentRow>, StoreError> {
    const SELECT: &str =
        "SELECT c.id, c.title, c.needs_credential, COALESCE(r.digest, '') AS active_digest, c.installed_at
         FROM components c LEFT JOIN releases r ON r.component = c.id AND r.status = 'active' ORDER BY c.id";
    let rows: Vec<Component> = on!(tx, c => sqlx::query_as(SELECT).fetch_all(c).await?);
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "components", row: &row.id };
            Ok(ComponentRow {
                id: place.parse("id", &row.id)?,
                installed_at: place.time("installed_at", row.installed_at)?,
                title: row.title,
                needs_credential: row.needs_credential,
                active_digest: row.active_digest,
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct Release {
    component: String,
    version: String,
    digest: String,
    descriptor: String,
    sentences: String,
    status: String,
    installed_at: i64,
}

async fn list_releases(tx: &mut Tx, component: &ComponentId) -> Result<Vec<ReleaseRow>, StoreError> {
    const SELECT: &str = "SELECT component, version, digest, descriptor, sentences, status, installed_at
         FROM releases WHERE component = $1 ORDER BY installed_at DESC, digest";
    let rows: Vec<Release> =
        on!(tx, c => sqlx::query_as(SELECT).bind(component.as_str()).fetch_all(c).await?);
    rows.into_iter().map(Release::read).collect()
}

impl Release {
    fn read(self) -> Result<ReleaseRow, StoreError> {
        let row = format!("{} {}", self.component, self.digest);
        let place = Place { table: "releases", row: &row };
        let status = match self.status.as_str() {
            "active" => ReleaseStatus::Active,
            "inactive" => ReleaseStatus::Inactive,
            _ => return Err(place.corrupt("status")),
        };
        Ok(ReleaseRow {
            component: place.parse("component", &self.component)?,
            sentences: place.json("sentences", &self.sentences)?,
            installed_at: place.time("installed_at", self.installed_at)?,
            version: self.version,
            digest: self.digest,
            descriptor: self.descriptor,
            status,
        })
    }
}

async fn bytes(tx: &mut Tx, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let bytes = on!(tx, c => sqlx::query_scalar("SELECT bytes FROM release_bytes WHERE digest = $1")
        .bind(digest)
        .fetch_optional(c).await?);
    Ok(bytes)
}
