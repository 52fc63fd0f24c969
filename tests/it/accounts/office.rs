//! An installation whose clock a test sets, and its people.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;
use keystead::accounts::{self, Means, Membership, SignInError, SignedIn};
use keystead::app::App;
use keystead::domain::rights::Right;
use keystead::domain::secret::Secret;
use keystead::store::AuditEntry;

use crate::api::service::{Hands, Service};
use crate::harness::databases::Database;

pub const PASSWORD: &str = "correct horse battery";

pub struct Office {
    pub service: Service,
    hands: Arc<Hands>,
}

impl Office {
    pub async fn over(database: Database) -> Office {
        let hands = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        Office { service: Service::with_clock(database, Default::default(), hands.clone()).await, hands }
    }

    /// With the first user `Ann`, signed in, whose password is [`PASSWORD`].
    pub async fn with_ann(database: Database) -> (Office, SignedIn) {
        let office = Self::over(database).await;
        let link = office.first_link().await;
        let ann = accounts::accept(office.app(), &link, "Ann", Secret::new(PASSWORD)).await;
        let ann = ann.unwrap_or_else(|error| panic!("{error}"));
        (office, ann)
    }

    pub fn app(&self) -> &App {
        &self.service.app
    }

    pub fn database(&self) -> &Database {
        &self.service.database
    }

    /// Lets time pass.
    pub fn wait(&self, time: SignedDuration) {
        self.hands.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub async fn first_link(&self) -> String {
        accounts::first_link(self.app()).await.unwrap().unwrap().expose().to_owned()
    }

    /// The token of a link for somebody with these rights in `default`.
    pub async fn invite(&self, name: &str, rights: &[Right]) -> String {
        let membership = Membership { workspace: "default".parse().unwrap(), rights: rights.to_vec() };
        let means = Means::of(self.app());
        let token = accounts::invite(&means, &name.parse().unwrap(), membership, false).await.unwrap();
        token.expose().to_owned()
    }

    pub async fn reset(&self, name: &str) -> Option<String> {
        let token = accounts::reset_user(&Means::of(self.app()), &name.parse().unwrap()).await.unwrap();
        token.map(|token| token.expose().to_owned())
    }

    pub async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, SignInError> {
        accounts::sign_in(self.app(), name, Secret::new(password)).await
    }

    /// What signing in came to: `in`, `wrong`, or the seconds to wait.
    pub async fn outcome(&self, name: &str, password: &str) -> String {
        match self.sign_in(name, password).await {
            Ok(_) => "in".to_owned(),
            Err(SignInError::Wrong) => "wrong".to_owned(),
            Err(SignInError::Blocked { retry_after }) => retry_after.to_string(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether a cookie opens a session.
    pub async fn is_open(&self, cookie: &Secret) -> bool {
        accounts::find_session(self.app(), cookie.expose()).await.unwrap().is_some()
    }

    /// The audit of the installation, newest first.
    pub async fn audit(&self) -> Vec<AuditEntry> {
        self.app().store.list_audit(None, 100).await.unwrap()
    }

    /// Actions and outcomes of the audit, oldest first.
    pub async fn deeds(&self) -> Vec<String> {
        // Those of one moment have no order.
        let audit = self.audit().await;
        audit.iter().rev().map(|entry| format!("{} {}", entry.action, entry.outcome)).collect()
    }
}

/// The error of something that must not succeed; what succeeds cannot be shown.
pub fn refused<T, E>(outcome: Result<T, E>) -> E {
    outcome.err().expect("it was not refused")
}
