//! What answers look like. Each is a type of its own: nothing of the domain is serialised by accident.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa::openapi::schema::Type;

use super::usage_views::UsageCountView;
use crate::catalogue::{Component, State};
use crate::domain::credential::Credential;
use crate::domain::evidence::{Evidence, Exchange, ReleaseRef};
use crate::domain::verdict::{Account, Outcome, Verdict};
use crate::store::Count;
use crate::verify::{Changes, Verification};

/// RFC 3339 in UTC, to the millisecond: what the database keeps, so that one time always reads the same.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A credential without its secrets.
#[derive(Serialize, ToSchema)]
#[schema(as = Credential)]
pub(super) struct CredentialView {
    #[schema(example = "cred_01kb3x8f6v0q4s7t9w2y5z8a1c")]
    id: String,
    workspace: String,
    component: String,
    name: String,
    /// `verified`, `unverified`, `rejected` or `reauthorization_required`.
    status: &'static str,
    account: Option<AccountView>,
    /// The fields that the component's schema does not mark as secret.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    /// JSON Pointers of the secret fields that are stored.
    secrets: Vec<String>,
    /// When the application accepted it last.
    verified_at: Option<String>,
    /// What verified it last.
    release: ReleaseView,
    usage: UsageCountView,
    /// When a flow was given its fields last, to the minute.
    last_used_at: Option<String>,
    created_at: String,
    updated_at: String,
}

/// Who a credential is at the application.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountView {
    id: String,
    label: String,
}

/// An installed build of a component's plugin.
#[derive(Serialize, ToSchema)]
#[schema(as = Release)]
pub(super) struct ReleaseView {
    version: String,
    /// `sha256:` and 64 hexadecimal digits.
    digest: String,
}

/// A page of credentials.
#[derive(Serialize, ToSchema)]
pub(super) struct CredentialPage {
    pub(super) items: Vec<CredentialView>,
    /// Goes on after this page; null on the last one.
    pub(super) next_cursor: Option<String>,
}

/// What a verification found.
#[derive(Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(super) struct VerdictView {
    /// `valid`, `invalid` or `undecided`.
    verdict: &'static str,
    /// Why it is not valid; a registered word.
    reason: Option<String>,
    /// For the person who typed the credential.
    message: Option<String>,
    /// JSON Pointer of the field to correct.
    field: Option<String>,
    account: Option<AccountView>,
    /// In the application's own words.
    scopes: Vec<String>,
    missing_scopes: Vec<String>,
    expires_at: Option<String>,
    /// Seconds.
    retry_after: Option<u32>,
    evidence: EvidenceView,
}

/// A stored credential after it was verified again.
#[derive(Serialize, ToSchema)]
#[schema(as = Reverified)]
pub(super) struct ReverifiedView {
    pub(super) credential: CredentialView,
    /// What was found: one of the three verdicts, with its evidence.
    #[serde(flatten)]
    pub(super) found: VerdictView,
}

/// What an edit of fields would do.
#[derive(Serialize, ToSchema)]
#[schema(as = EditPreview)]
pub(super) struct PreviewView {
    pub(super) changes: ChangesView,
    /// How many steps, and active flows, would work with the new fields.
    pub(super) usage: UsageCountView,
    /// What was found: one of the three verdicts, with its evidence.
    #[serde(flatten)]
    pub(super) found: VerdictView,
}

/// What an edit would do that changes no field.
#[derive(Serialize, ToSchema)]
#[schema(as = RenamePreview)]
pub(super) struct RenamePreviewView {
    pub(super) changes: ChangesView,
    /// How many steps, and active flows, use it.
    pub(super) usage: UsageCountView,
    /// Null: there is nothing to verify.
    #[schema(schema_with = null)]
    pub(super) verdict: (),
}

fn null() -> Object {
    Object::builder().schema_type(Type::Null).build()
}

/// A credential after an edit, or what the edit would do.
#[derive(Serialize, ToSchema)]
#[schema(as = Edited)]
#[serde(untagged)]
pub(super) enum EditedView {
    Credential(CredentialView),
    Preview(PreviewView),
    Rename(RenamePreviewView),
}

/// The places that an edit changes; never values. A secret that is sent counts as changed.
#[derive(Serialize, ToSchema)]
#[schema(as = Changes)]
pub(super) struct ChangesView {
    name: bool,
    /// JSON Pointers into `fields`.
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
    /// Whether secrets would travel to another set of destinations.
    destinations: bool,
}

/// What happened in a verification; redacted.
#[derive(Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(super) struct EvidenceView {
    release: ReleaseView,
    exchanges: Vec<ExchangeView>,
    /// Names of sealed values that no answered exchange carried.
    unproven: Vec<String>,
    /// What the plugin wrote to its log.
    log: Vec<LogLineView>,
    duration_ms: u64,
}

/// One attempt to speak to the application.
#[derive(Serialize, ToSchema)]
#[schema(as = Exchange)]
pub(super) struct ExchangeView {
    /// Name of the egress rule that allowed it.
    rule: Option<String>,
    method: String,
    /// As the plugin wrote it, sealed values shown as `{name}`.
    url: String,
    placements: Vec<PlacementView>,
    /// Names of the values that were captured from the answer.
    captured: Vec<String>,
    /// HTTP status, when an answer arrived.
    status: Option<u16>,
    /// Kind of failure, when none arrived or it was refused.
    failure: Option<String>,
    message: Option<String>,
    /// Why the answer was withheld from the plugin: `reflected` or `capture-failed`.
    withheld: Option<String>,
    bytes_in: u64,
    duration_ms: u64,
}

/// A sealed value and where it went.
#[derive(Serialize, ToSchema)]
#[schema(as = Placement)]
pub(super) struct PlacementView {
    sealed: String,
    /// `header`, `query`, `json`, `form` or `basic`.
    #[serde(rename = "in")]
    place: String,
    name: String,
}

/// A line of the plugin's log.
#[derive(Serialize, ToSchema)]
#[schema(as = LogLine)]
pub(super) struct LogLineView {
    level: String,
    text: String,
}

/// A component.
#[derive(Serialize, ToSchema)]
#[schema(as = Component)]
pub(super) struct ComponentView {
    #[schema(example = "petstore")]
    id: String,
    title: String,
    /// A PNG as `data:` URL.
    icon: Option<String>,
    /// How the application authenticates: `api-key`, `basic`, `bearer`, `custom` or `none`.
    auth: Option<String>,
    /// `active`, or `faulty`: then it cannot verify.
    state: &'static str,
    /// Why it is faulty.
    reason: Option<String>,
    release: ReleaseView,
    /// What it may do, in plain words.
    egress: Vec<String>,
    credentials: CountView,
    installed_at: String,
    /// JSON Schema of a credential's fields, in the order of the form. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    schema: Option<Value>,
    /// A page for people who have to find their key. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// How many credentials a component has: in the token's workspace, or for an installation token in all.
#[derive(Serialize, ToSchema)]
#[schema(as = Count)]
pub(super) struct CountView {
    total: u64,
    /// Those whose status is not `verified`.
    attention: u64,
}

/// All components.
#[derive(Serialize, ToSchema)]
pub(super) struct ComponentList {
    pub(super) items: Vec<ComponentView>,
}

impl From<&Credential> for CredentialView {
    fn from(credential: &Credential) -> Self {
        Self {
            id: credential.id.to_string(),
            workspace: credential.workspace.to_string(),
            component: credential.component.to_string(),
            name: credential.name.clone(),
            status: credential.status.as_str(),
            account: credential.account.as_ref().map(AccountView::from),
            fields: credential.public_fields.clone(),
            secrets: credential.secrets.clone(),
            verified_at: credential.verified_at.map(time),
            release: ReleaseView::from(&credential.release),
            usage: credential.usage.into(),
            last_used_at: credential.last_used_at.map(time),
            created_at: time(credential.created_at),
            updated_at: time(credential.updated_at),
        }
    }
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self { id: account.id.clone(), label: account.label.clone() }
    }
}

impl From<&ReleaseRef> for ReleaseView {
    fn from(release: &ReleaseRef) -> Self {
        Self { version: release.version.clone(), digest: release.digest.clone() }
    }
}

impl VerdictView {
    /// The view of a verification that ended with a verdict; none for the other outcomes, which are problems.
    pub(super) fn of(verification: &Verification) -> Option<Self> {
        let Outcome::Verdict(verdict) = &verification.outcome else { return None };
        let mut view = Self {
            verdict: verification.outcome_name(),
            reason: None,
            message: None,
            field: None,
            account: verification.account().as_ref().map(AccountView::from),
            scopes: Vec::new(),
            missing_scopes: Vec::new(),
            expires_at: None,
            retry_after: None,
            evidence: EvidenceView::from(&verification.evidence),
        };
        match verdict {
            Verdict::Valid(acceptance) => {
                view.scopes.clone_from(&acceptance.scopes);
                view.missing_scopes.clone_from(&acceptance.missing_scopes);
                let at = acceptance
                    .expires_at
                    .and_then(|ms| Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok());
                view.expires_at = at.map(time);
            }
            Verdict::Invalid(rejection) => {
                view.reason = Some(rejection.reason.clone());
                view.message = Some(rejection.message.clone());
                view.field.clone_from(&rejection.field);
            }
            Verdict::Undecided(doubt) => {
                view.reason = Some(doubt.reason.clone());
                view.message = Some(doubt.message.clone());
                view.retry_after = doubt.retry_after;
            }
        }
        Some(view)
    }
}

impl From<Changes> for ChangesView {
    fn from(changes: Changes) -> Self {
        let Changes { name, added, changed, removed, destinations } = changes;
        Self { name, added, changed, removed, destinations }
    }
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        let log = evidence.log.iter();
        Self {
            release: ReleaseView::from(&evidence.release),
            exchanges: evidence.exchanges.iter().map(ExchangeView::from).collect(),
            unproven: evidence.unproven.clone(),
            log: log.map(|line| LogLineView { level: line.level.clone(), text: line.text.clone() }).collect(),
            duration_ms: evidence.duration_ms,
        }
    }
}

impl From<&Exchange> for ExchangeView {
    fn from(exchange: &Exchange) -> Self {
        let placements = exchange.placements.iter().map(|placed| PlacementView {
            sealed: placed.sealed.clone(),
            place: placed.place.clone(),
            name: placed.name.clone(),
        });
        Self {
            rule: exchange.rule.clone(),
            method: exchange.method.clone(),
            url: exchange.url.clone(),
            placements: placements.collect(),
            captured: exchange.captured.clone(),
            status: exchange.status,
            failure: exchange.failure.clone(),
            message: exchange.message.clone(),
            withheld: exchange.withheld.clone(),
            bytes_in: exchange.bytes_in,
            duration_ms: exchange.duration_ms,
        }
    }
}

impl ComponentView {
    /// The whole component.
    pub(super) fn whole(component: &Component, count: Count) -> Self {
        let descriptor = match &component.state {
            State::Active { descriptor, .. } => Some(descriptor),
            State::Faulty(_) => None,
        };
        Self {
            schema: descriptor.map(|descriptor| descriptor.schema.value().clone()),
            help: descriptor.and_then(|descriptor| descriptor.help.clone()),
            ..Self::item(component, count)
        }
    }

    /// The component as an item of a list.
    pub(super) fn item(component: &Component, count: Count) -> Self {
        let (descriptor, reason) = match &component.state {
            State::Active { descriptor, .. } => (Some(descriptor), None),
            State::Faulty(reason) => (None, Some(reason.clone())),
        };
        Self {
            id: component.id.to_string(),
            title: component.title.clone(),
            icon: descriptor.and_then(|descriptor| descriptor.icon.as_ref().map(|icon| icon.data_url())),
            auth: descriptor.map(|descriptor| descriptor.authorization.kind.clone()),
            state: if reason.is_none() { "active" } else { "faulty" },
            reason,
            release: ReleaseView::from(&component.release),
            egress: component.sentences.clone(),
            credentials: CountView { total: count.total, attention: count.attention },
            installed_at: time(component.installed_at),
            schema: None,
            help: None,
        }
    }
}
