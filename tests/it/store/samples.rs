//! Rows to store.

use jiff::{SignedDuration, Timestamp};
use keystead::domain::budget::{Limits, Standing};
use keystead::domain::clock::{Clock, SystemEntropy};
use keystead::domain::credential::{Credential, Status, UsageCount};
use keystead::domain::evidence::{Evidence, Exchange, ReleaseRef};
use keystead::domain::id::{AuditId, CredentialId, TokenId, VerificationId, WorkspaceId};
use keystead::domain::rights::{Right, Scope};
use keystead::domain::verdict::Account;
use keystead::store::{AuditRecord, NewCredential, NewRelease, NewToken, NewVerification, Store};
use serde_json::json;

pub const NOW: i64 = 1_800_000_000_000;

/// A clock that shows one time.
pub struct At(pub i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap()
    }
}

pub fn now() -> Timestamp {
    At(NOW).now()
}

pub fn workspace(id: &str) -> WorkspaceId {
    id.parse().unwrap()
}

pub fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

pub fn audit(workspace: Option<&WorkspaceId>, action: &'static str) -> AuditRecord {
    AuditRecord {
        id: AuditId::generate(&At(NOW), &SystemEntropy),
        workspace: workspace.cloned(),
        at: now(),
        actor: Some(TokenId::generate(&At(NOW), &SystemEntropy).to_string()),
        action,
        subject: Some("petstore".to_owned()),
        outcome: "done".to_owned(),
        detail: json!({"exchanges": 1}),
    }
}

pub fn release(component: &str, digit: char) -> NewRelease {
    NewRelease {
        component: component.parse().unwrap(),
        title: "Petstore".to_owned(),
        needs_credential: true,
        version: "0.1.0".to_owned(),
        digest: digest(digit),
        descriptor: r#"{"descriptor":1}"#.to_owned(),
        sentences: vec!["Petstore may send GET".to_owned()],
        bytes: vec![0, 0x61, 0x73, 0x6d],
        installed_at: now(),
    }
}

pub fn token(scope: Scope, hash: u8) -> NewToken {
    NewToken {
        id: TokenId::generate(&At(NOW), &SystemEntropy),
        scope,
        rights: vec![Right::ComponentsRead, Right::CredentialsRead],
        hash: [hash; 32],
        expires_at: None,
        created_at: now(),
    }
}

pub fn verification(at: i64) -> NewVerification {
    NewVerification {
        id: VerificationId::generate(&At(at), &SystemEntropy),
        at: At(at).now(),
        outcome: "valid".to_owned(),
        evidence: Evidence {
            release: ReleaseRef { version: "0.1.0".to_owned(), digest: digest('a') },
            exchanges: vec![Exchange { method: "GET".to_owned(), status: Some(200), ..Exchange::default() }],
            duration_ms: 12,
            ..Evidence::default()
        },
    }
}

pub fn credential(workspace: &WorkspaceId) -> NewCredential {
    let credential = Credential {
        id: CredentialId::generate(&At(NOW), &SystemEntropy),
        workspace: workspace.clone(),
        component: "petstore".parse().unwrap(),
        name: "Shop".to_owned(),
        status: Status::Verified,
        account: Some(Account { id: "7".to_owned(), label: "Ann".to_owned() }),
        public_fields: json!({"z": 1, "baseUrl": "https://example.com", "a": null})
            .as_object()
            .unwrap()
            .clone(),
        secrets: vec!["/apiKey".to_owned()],
        destinations: vec!["https://example.com".to_owned()],
        version: 1,
        revision: 1,
        release: ReleaseRef { version: "0.1.0".to_owned(), digest: digest('a') },
        usage: UsageCount::default(),
        verified_at: Some(now()),
        last_used_at: None,
        created_at: now(),
        updated_at: now(),
    };
    NewCredential {
        credential,
        record: vec![1, 2, 0, 255],
        key_id: "rk-1".to_owned(),
        verification: verification(NOW),
        request: None,
        link: None,
    }
}

/// Installs the component that the samples' credentials belong to.
pub async fn install(store: &Store) {
    let installed = store.install_component(release("petstore", 'a'), audit(None, "component.install")).await;
    installed.unwrap();
}

/// Stores a sample credential.
pub async fn insert(store: &Store, workspace: &WorkspaceId) -> NewCredential {
    let new = credential(workspace);
    store.insert_credential(new.clone(), audit(Some(workspace), "credential.create")).await.unwrap();
    new
}

/// Makes a second workspace.
pub async fn make_workspace(store: &Store, id: &str) -> WorkspaceId {
    let workspace = workspace(id);
    assert!(store.create_workspace(&workspace, now(), audit(None, "workspace.create")).await.unwrap());
    workspace
}

/// Everything of a credential as text, to be compared.
pub fn shown(credential: &Credential) -> String {
    format!("{credential:?}")
}

/// What budgets are held to.
pub const LIMITS: Limits = Limits {
    failures: 3,
    window: SignedDuration::from_hours(1),
    cool_down: SignedDuration::from_mins(1),
    longest_cool_down: SignedDuration::from_hours(1),
};

/// A failed verification at this host.
pub async fn fail_once(store: &Store, workspace: &WorkspaceId, host: &str) {
    fail_at(store, workspace, host, now()).await;
}

/// A failed verification at this host and time.
pub async fn fail_at(store: &Store, workspace: &WorkspaceId, host: &str, at: Timestamp) {
    let change = |standings: &mut [Standing]| standings[0].fail(None, at, &LIMITS);
    store.change_standings(workspace, &[host.to_owned()], &LIMITS, at, change).await.unwrap();
}
