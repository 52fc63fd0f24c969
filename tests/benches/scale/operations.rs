//! What is asked of a store, and a look at each answer.

use keystead::domain::clock::{Clock as _, SystemClock, SystemEntropy};
use keystead::domain::credential::{Credential, Expected, Status, UsageCount};
use keystead::domain::evidence::Evidence;
use keystead::domain::id::{AuditId, ComponentId, CredentialId, VerificationId, WorkspaceId};
use keystead::store::{
    AuditRecord, ChangeError, FlowFilter, ListFilter, NewCredential, NewVerification, Position, Store,
};

use super::rows;
use super::samples::Samples;

/// Rows of a page.
const PAGE: u32 = 50;

/// One thing that is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    FirstPage,
    DeepPage,
    PageOfComponent,
    PageOfStatus,
    PageOfComponentAndStatus,
    PageOfName,
    PageOfFlow,
    PageOfLittleWorkspace,
    Read,
    CountBig,
    CountLittle,
    CountAll,
    Usages,
    UsagesOfSteady,
    RefuseDelete,
    RefuseDeleteOfSteady,
    FlowPage,
    ActiveFlowPage,
    ReadFlow,
    // What syncs to a disk, or grows with the data and is known to.
    SaveAndDelete,
    PageOfWideName,
    PageWithBusiest,
    UsagesOfBusiest,
    ReadBusiest,
    RefuseDeleteOfBusiest,
    RefuseRemoval,
}

use Operation as O;

/// All of them, in the order of the table.
pub const ALL: [Operation; 26] = [
    O::FirstPage,
    O::DeepPage,
    O::PageOfComponent,
    O::PageOfStatus,
    O::PageOfComponentAndStatus,
    O::PageOfName,
    O::PageOfFlow,
    O::PageOfLittleWorkspace,
    O::Read,
    O::CountBig,
    O::CountLittle,
    O::CountAll,
    O::Usages,
    O::UsagesOfSteady,
    O::RefuseDelete,
    O::RefuseDeleteOfSteady,
    O::FlowPage,
    O::ActiveFlowPage,
    O::ReadFlow,
    O::SaveAndDelete,
    O::PageOfWideName,
    O::PageWithBusiest,
    O::UsagesOfBusiest,
    O::ReadBusiest,
    O::RefuseDeleteOfBusiest,
    O::RefuseRemoval,
];

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            O::FirstPage => "list: the first page",
            O::DeepPage => "list: a page anywhere",
            O::PageOfComponent => "list: of a component",
            O::PageOfStatus => "list: of a status",
            O::PageOfComponentAndStatus => "list: of both",
            O::PageOfName => "list: of a name (8 match)",
            O::PageOfFlow => "list: of a flow",
            O::PageOfLittleWorkspace => "list: of a small workspace",
            O::Read => "read one credential",
            O::CountBig => "count: of the big workspace",
            O::CountLittle => "count: of a small workspace",
            O::CountAll => "count: of all workspaces",
            O::Usages => "usages of any that is in use",
            O::UsagesOfSteady => "usages of one with 100",
            O::RefuseDelete => "delete refused: any in use",
            O::RefuseDeleteOfSteady => "delete refused: one with 100",
            O::FlowPage => "flows: a page anywhere",
            O::ActiveFlowPage => "flows: of the active ones",
            O::ReadFlow => "read one flow",
            O::SaveAndDelete => "save one and delete it",
            O::PageOfWideName => "list: of a name that all have",
            O::PageWithBusiest => "list: a page with the busiest",
            O::UsagesOfBusiest => "usages of the busiest",
            O::ReadBusiest => "read the busiest",
            O::RefuseDeleteOfBusiest => "delete refused: the busiest",
            O::RefuseRemoval => "removal of a component refused",
        }
    }

    /// Whether it has to take the same time however much is stored.
    pub fn has_aim(self) -> bool {
        ALL.iter().position(|other| *other == self) < ALL.iter().position(|other| *other == O::SaveAndDelete)
    }

    /// Does it once; `turn` picks the row.
    pub async fn run(self, store: &Store, samples: &Samples, turn: usize) {
        let big = WorkspaceId::default_workspace();
        let any = &samples.credentials[turn % samples.credentials.len()];
        let used = &samples.used[turn % samples.used.len()];
        let flow = samples.flows[turn % samples.flows.len()].clone();
        let page = ListFilter { limit: PAGE, ..ListFilter::default() };
        let deep = ListFilter { after: Some(position(any)), ..page.clone() };
        let component = Some(if turn.is_multiple_of(2) { shop() } else { "app-3".parse().unwrap() });
        match self {
            O::FirstPage => assert_eq!(list(store, &big, page).await, PAGE as usize),
            O::DeepPage => assert!(list(store, &big, deep).await > 0),
            O::PageOfComponent => {
                list(store, &big, ListFilter { component, ..deep }).await;
            }
            O::PageOfStatus => {
                let status = Some(if turn.is_multiple_of(2) { Status::Rejected } else { Status::Verified });
                list(store, &big, ListFilter { status, ..deep }).await;
            }
            O::PageOfComponentAndStatus => {
                // Enough of either for full pages at both sizes.
                let status = Some(if turn.is_multiple_of(2) { Status::Unverified } else { Status::Verified });
                list(store, &big, ListFilter { component, status, ..deep }).await;
            }
            O::PageOfName => {
                // `any` ends its time with seven digits; ten neighbours share six of them.
                let name_prefix = Some(format!("Shop {}", &any.as_str()[8..14]));
                let found = list(store, &big, ListFilter { name_prefix, ..page }).await;
                assert!((1..=10).contains(&found), "{found}");
            }
            O::PageOfFlow => {
                let found = list(store, &big, ListFilter { flow: Some(flow), ..page }).await;
                assert!((1..=4).contains(&found), "{found}");
            }
            O::PageOfLittleWorkspace => assert!(list(store, &little(), page).await > 0),
            O::Read => assert!(store.find_credential(&big, any).await.unwrap().is_some()),
            O::CountBig => assert_eq!(store.count_credentials(Some(&big)).await.unwrap().len(), 11),
            O::CountLittle => assert_eq!(store.count_credentials(Some(&little())).await.unwrap().len(), 11),
            O::CountAll => assert_eq!(store.count_credentials(None).await.unwrap().len(), 11),
            O::Usages => assert!(usages(store, used).await > 0),
            O::UsagesOfSteady => assert_eq!(usages(store, &samples.steady).await, PAGE as usize),
            O::RefuseDelete => assert!(refuse(store, used).await > 0),
            O::RefuseDeleteOfSteady => assert!(refuse(store, &samples.steady).await > 50),
            O::FlowPage => {
                flows(store, FlowFilter { active: None, after: Some(flow), limit: PAGE }).await;
            }
            O::ActiveFlowPage => {
                flows(store, FlowFilter { active: Some(true), after: Some(flow), limit: PAGE }).await;
            }
            O::ReadFlow => {
                assert_eq!(store.find_flow(&big, &flow).await.unwrap().unwrap().steps.len(), 5);
            }
            O::SaveAndDelete => save_and_delete(store, any).await,
            O::PageOfWideName => {
                let name_prefix = Some("Shop ".to_owned());
                assert!(list(store, &big, ListFilter { name_prefix, ..deep }).await > 0);
            }
            O::PageWithBusiest => {
                // It comes right behind the steady one.
                let after = Some(position(&samples.steady));
                assert_eq!(list(store, &big, ListFilter { after, ..page }).await, PAGE as usize);
            }
            O::UsagesOfBusiest => assert_eq!(usages(store, &samples.busiest).await, PAGE as usize),
            O::ReadBusiest => drop(store.find_credential(&big, &samples.busiest).await.unwrap().unwrap()),
            O::RefuseDeleteOfBusiest => assert!(refuse(store, &samples.busiest).await > 50),
            O::RefuseRemoval => {
                let outcome = store.remove_component(&shop(), audit("component.remove")).await;
                assert!(matches!(outcome, Err(ChangeError::ComponentInUse { .. })));
            }
        }
    }
}

/// Where a credential stands in lists; its name has the seven digits that end its id's time.
fn position(id: &CredentialId) -> Position {
    Position { id: id.clone(), name: format!("Shop {}", &id.as_str()[8..15]) }
}

fn shop() -> ComponentId {
    "shop".parse().unwrap()
}

fn little() -> WorkspaceId {
    rows::LITTLE.parse().unwrap()
}

async fn list(store: &Store, workspace: &WorkspaceId, filter: ListFilter) -> usize {
    store.list_credentials(workspace, filter).await.unwrap().len()
}

async fn flows(store: &Store, filter: FlowFilter) -> usize {
    store.list_flows(&WorkspaceId::default_workspace(), filter).await.unwrap().len()
}

async fn usages(store: &Store, credential: &CredentialId) -> usize {
    let big = WorkspaceId::default_workspace();
    store.list_usages(&big, credential, None, PAGE).await.unwrap().len()
}

/// How many usages stand in the way.
async fn refuse(store: &Store, credential: &CredentialId) -> u64 {
    let big = WorkspaceId::default_workspace();
    let outcome =
        store.delete_credential(&big, credential, &Expected::Anything, audit("credential.delete")).await;
    match outcome {
        Err(ChangeError::InUse(usages)) => usages.total,
        other => panic!("a credential in use: {other:?}"),
    }
}

/// A credential like another one comes and goes.
async fn save_and_delete(store: &Store, like: &CredentialId) {
    let big = WorkspaceId::default_workspace();
    let like = store.find_credential(&big, like).await.unwrap().unwrap();
    let id = CredentialId::generate(&SystemClock, &SystemEntropy);
    let verification = NewVerification {
        id: VerificationId::generate(&SystemClock, &SystemEntropy),
        at: SystemClock.now(),
        outcome: "valid".to_owned(),
        evidence: Evidence { release: like.release.clone(), ..Evidence::default() },
    };
    let new = NewCredential {
        credential: Credential { id: id.clone(), usage: UsageCount::default(), ..like },
        record: vec![7; 300],
        key_id: "rk_01".to_owned(),
        verification,
        request: None,
        link: None,
    };
    assert!(store.insert_credential(new, audit("credential.create")).await.is_ok());
    let deleted = store.delete_credential(&big, &id, &Expected::Anything, audit("credential.delete")).await;
    assert_eq!(deleted.unwrap().total, 0);
}

fn audit(action: &'static str) -> AuditRecord {
    AuditRecord {
        id: AuditId::generate(&SystemClock, &SystemEntropy),
        workspace: Some(WorkspaceId::default_workspace()),
        at: SystemClock.now(),
        actor: None,
        action,
        subject: None,
        outcome: "done".to_owned(),
        detail: serde_json::json!({}),
    }
}
