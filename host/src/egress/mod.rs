//! The only place that opens sockets for others. Policy decides where packets may go, sealing
//! replaces tokens by secrets at declared places, and an answer that shows a secret is withheld.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::domain::clock::Entropy;
use crate::domain::descriptor::Descriptor;
use crate::domain::fields::Fields;
use crate::domain::id::WorkspaceId;
use crate::telemetry::Phases;

pub mod body;
mod capture;
mod circuit;
mod media;
pub mod origin;
mod patterns;
mod plan;
pub mod policy;
mod probe;
mod readings;
mod reflection;
pub mod resolver;
mod rest;
mod sealing;
mod search;
pub mod session;
pub mod settings;
mod tokens;
pub mod transport;

pub use plan::PlanError;
pub use reflection::ScannerError;
pub use rest::Rest;
pub use session::{Record, Refusal, Session};
pub use settings::Settings;

use origin::Origin;
use policy::Policy;
use reflection::Scanners;
use resolver::Resolve;
use tokens::Tokens;
use transport::{Answer, Transport};

/// What a plugin asks to be sent, as in `keystead:plugin/http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Absolute; may hold sealed tokens where a placement says so.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    pub extra: Vec<(String, String)>,
}

/// What a plugin sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// In order of arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Decoded; empty where the answer is withheld.
    pub body: Vec<u8>,
    pub extra: Vec<(String, String)>,
}

/// Why a request was not answered. Kinds are those that the contract registers for `http.send`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: &'static str,
    /// A sentence for the author. Never holds a secret.
    pub message: String,
    pub extra: Vec<(String, String)>,
}

impl Failure {
    /// A failure without extra entries.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), extra: Vec::new() }
    }
}

/// The way out of the process: one per process, shared by everything that speaks to the outside.
#[derive(Clone)]
pub struct Egress {
    transport: Arc<Transport>,
    policy: Policy,
    settings: Arc<Settings>,
}

impl Egress {
    /// Opens the way out. `own_listeners` are never a destination.
    ///
    /// # Errors
    /// A sentence naming the setting that is out of range or cannot be read.
    pub fn new(
        settings: Settings,
        resolver: Arc<dyn Resolve>,
        own_listeners: Vec<SocketAddr>,
    ) -> Result<Self, String> {
        settings.check()?;
        let policy = Policy::new(settings.allowances()?, own_listeners);
        let transport = Transport::new(&settings, policy.clone(), resolver)?;
        Ok(Self { transport: Arc::new(transport), policy, settings: Arc::new(settings) })
    }

    /// A way out that opens no socket: every request that rules, placements and policy let pass is answered
    /// with the same `answer`. For benches, which measure everything but the network.
    ///
    /// # Errors
    /// As for [`Egress::new`].
    pub fn canned(settings: Settings, answer: Answer) -> Result<Self, String> {
        settings.check()?;
        let policy = Policy::new(settings.allowances()?, Vec::new());
        let transport = Transport::canned(&settings, policy.clone(), answer)?;
        Ok(Self { transport: Arc::new(transport), policy, settings: Arc::new(settings) })
    }

    /// Begins one verification: checks the destinations and the secrets' places, makes the tokens.
    ///
    /// # Errors
    /// [`PlanError`], before anything is sent.
    pub fn open(
        &self,
        workspace: &WorkspaceId,
        descriptor: &Descriptor,
        fields: &Fields,
        entropy: &dyn Entropy,
    ) -> Result<Session, PlanError> {
        let plan = plan::plan(descriptor, fields, &self.policy, entropy)?;
        let mut tokened = fields.clone();
        for value in &descriptor.sealed {
            let sealed = plan.sealed.iter().find(|sealed| sealed.name == value.name);
            if let (Some(sealed), Some(field)) = (sealed, value.field()) {
                tokened.replace(field, sealed.token.clone());
            }
        }
        let public = descriptor.schema.public_copy(fields);
        let mut texts = Vec::new();
        collect_texts(&serde_json::Value::Object(public), &mut texts);
        let scanner = Scanners::new(&plan.sealed, texts).map_err(PlanError::TooLarge)?;
        Ok(Session {
            transport: self.transport.clone(),
            settings: self.settings.clone(),
            workspace: workspace.clone(),
            plan,
            scanner,
            tokens: Tokens::new(entropy),
            credential: tokened.expose_json().to_string(),
            exchanges: Vec::new(),
            refusal: None,
            bytes_out: 0,
            has_withheld: false,
            rests: Vec::new(),
        })
    }

    /// How long lookups, connections and exchanges took.
    pub fn phases(&self) -> &Phases {
        self.transport.phases()
    }

    /// Exchanges that were not tried because their destination had not answered again and again.
    pub fn refused_by_circuits(&self) -> u64 {
        self.transport.refused_by_circuits()
    }

    /// The origins that a verification of these fields may speak to, sorted, each told once.
    ///
    /// # Errors
    /// As for [`Egress::open`].
    pub fn origins(&self, descriptor: &Descriptor, fields: &Fields) -> Result<Vec<Origin>, PlanError> {
        plan::origins(descriptor, fields, &self.policy)
    }

    /// The destination set of a credential with these fields.
    ///
    /// # Errors
    /// As for [`Egress::open`].
    pub fn destinations(&self, descriptor: &Descriptor, fields: &Fields) -> Result<Vec<String>, PlanError> {
        plan::destinations(descriptor, fields, &self.policy)
    }
}

/// All texts in a JSON value.
fn collect_texts(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        serde_json::Value::Object(members) => {
            members.values().for_each(|member| collect_texts(member, texts))
        }
        _ => {}
    }
}
