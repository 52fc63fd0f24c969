//! `keystead credential show`.

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::super::answer::{text, texts};
use super::super::options::ServiceOptions;
use super::super::output;
use super::super::table::print_pairs;
use super::{Exit, usage_in_words};
use crate::domain::id::CredentialId;

/// Shows a credential, without its secrets
///
/// Needs a workspace token with the right credentials:read.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead credential show cred_01kb3x8f6v0q4s7t9w2y5z8a1c
  keystead credential show cred_01kb3x8f6v0q4s7t9w2y5z8a1c --json")]
pub(super) struct Show {
    /// The credential
    id: CredentialId,
    /// Prints the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, json, service } = self;
        let read = service.connect()?.read_credential(&id).await;
        let credential = read.with_context(|| format!("cannot show credential `{id}`"))?;
        if json {
            output::result(output::json(&credential)?)?;
        } else {
            print(&credential)?;
        }
        Ok(Exit::Done)
    }
}

fn print(credential: &Value) -> anyhow::Result<()> {
    let account = match credential["account"].as_object() {
        Some(_) => format!("{} ({})", text(credential, "/account/label"), text(credential, "/account/id")),
        None => "-".to_owned(),
    };
    let known = |name, pointer| (name, text(credential, pointer));
    let pairs = [
        known("id", "/id"),
        known("name", "/name"),
        known("component", "/component"),
        known("status", "/status"),
        ("account", account),
        known("verified", "/verified_at"),
        ("held by", usage_in_words(credential)),
        known("last used", "/last_used_at"),
        known("created", "/created_at"),
        known("updated", "/updated_at"),
        ("secrets", texts(credential, "/secrets").join(", ")),
    ];
    let mut pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, value) in credential["fields"].as_object().into_iter().flatten() {
        let value = match value.as_str() {
            Some(text) => output::plain_line(text),
            None => output::json_line(value)?,
        };
        pairs.push((format!("field {}", output::plain_line(name)), value));
    }
    print_pairs(&pairs)?;
    Ok(())
}
