//! `keystead credential delete`, and why it is refused.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::super::answer::{list, number, text};
use super::super::failure::Failure;
use super::super::options::ServiceOptions;
use super::super::{answer, consent, holders, output, refusal};
use super::{Exit, usage_in_words};
use crate::client::{Client, ClientError, Problem};
use crate::domain::id::{ComponentId, CredentialId};

/// Deletes a credential that no active flow uses
///
/// Steps of inactive flows lose it, and are told. As long as an active flow uses it, it stays. Needs a
/// workspace token with the right credentials:write.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead credential delete cred_01kb3x8f6v0q4s7t9w2y5z8a1c --yes")]
pub(super) struct Delete {
    /// The credential
    id: CredentialId,
    /// Deletes it without a question
    #[arg(long)]
    yes: bool,
    /// Prints the service's JSON: the steps that hold no credential any more
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Delete {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, yes, json, service } = self;
        consent::check_possible(yes, "give --yes to delete it without a question")?;
        let client = service.connect()?;
        let kept = || format!("credential `{id}` was not deleted");
        if !yes && !consent::ask(&question(&client, &id).await.with_context(kept)?)? {
            return Err(Failure::refused("nothing was deleted").into());
        }
        match client.delete_credential(&id).await {
            Ok(done) => print(&id, done, json)?,
            Err(ClientError::Problem(problem)) if problem.kind == "credential-in-use" => {
                return Err(explain(&client, &id, &problem).await.into());
            }
            Err(error) => return Err(error).with_context(kept),
        }
        Ok(Exit::Done)
    }
}

/// What a person is asked: an id alone says little. A token that may not read may still delete.
async fn question(client: &Client, id: &CredentialId) -> Result<String, ClientError> {
    let credential = match client.read_credential(id).await {
        Ok(credential) => credential,
        Err(ClientError::Problem(problem)) if problem.status == 403 => {
            return Ok(format!("Delete credential `{id}`?"));
        }
        Err(error) => return Err(error),
    };
    let [name, component] = ["/name", "/component"].map(|pointer| text(&credential, pointer));
    let holders = usage_in_words(&credential);
    Ok(format!("Credential `{name}` ({component}, {id}) is held by {holders}. Delete it?"))
}

fn print(id: &CredentialId, done: Value, json: bool) -> anyhow::Result<()> {
    if json {
        // The service answers without a body when no step held it; a script has one form to read.
        let done = if done.is_null() { json!({"unlinked": [], "total": 0}) } else { done };
        output::result(output::json(&done)?)?;
        return Ok(());
    }
    output::result(format_args!("deleted {id}"))?;
    let flows = list(&done, "/unlinked");
    if !flows.is_empty() {
        let steps = answer::count(number(&done, "/total"), "step");
        output::result(format_args!("{steps} of inactive flows held it, and hold no credential now:"))?;
    }
    for line in holders::lines(flows).into_iter().chain(holders::more(&done, flows)) {
        output::result(format_args!("  {line}"))?;
    }
    Ok(())
}

/// Who uses it, and every way out, as command lines to try.
async fn explain(client: &Client, id: &CredentialId, problem: &Problem) -> Failure {
    // Only to name the component; the refusal is told without it as well.
    let component: Option<ComponentId> = match client.read_credential(id).await {
        Ok(credential) => credential["component"].as_str().and_then(|text| text.parse().ok()),
        Err(_) => None,
    };
    // The service's sentence names the flows as well, which are listed here.
    let steps = number(&problem.document, "/total");
    let verb = if steps == 1 { "uses" } else { "use" };
    let steps = answer::count(steps, "step");
    Failure::refused(format!("credential `{id}` was not deleted: {steps} of active flows {verb} it"))
        .details(refusal::lines(problem))
        .hint(ways_out(id, component.as_ref(), &problem.document))
}

fn ways_out(id: &CredentialId, component: Option<&ComponentId>, document: &Value) -> String {
    let flows = list(document, "/flows");
    let words = holders::words(flows);
    let of_component = component.map(|id| format!("--component {id} ")).unwrap_or_default();
    let mut text = format!(
        "put another credential in its place, then delete this one:\n  \
         keystead credential list {of_component}--status verified\n  \
         keystead credential replace {id} --with OTHER\n  \
         keystead credential delete {id}\n\
         or deactivate the flows, whose steps lose it when it is deleted:"
    );
    for flow in &words {
        text.push_str(&format!("\n  keystead flow deactivate {flow}"));
    }
    text.push_str("\nor delete the flows that nobody needs:");
    for flow in &words {
        text.push_str(&format!("\n  keystead flow delete {flow}"));
    }
    if holders::more(document, flows).is_some() {
        text.push_str(&format!("\nall steps that hold it:\n  keystead credential usages {id}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_names_every_way_out() {
        let id: CredentialId = "cred_01kb3x8f6v0q4s7t9w2y5z8a1c".parse().unwrap();
        let component = "petstore".parse().unwrap();
        let flows = json!([
            {"id": "orders", "name": "Orders", "active": true, "steps": ["fetch", "send"]},
            {"id": "~x", "name": "X", "active": true, "steps": ["a"]},
        ]);
        let text = ways_out(&id, Some(&component), &json!({"flows": flows, "total": 3}));
        assert_eq!(
            text,
            "put another credential in its place, then delete this one:
  keystead credential list --component petstore --status verified
  keystead credential replace cred_01kb3x8f6v0q4s7t9w2y5z8a1c --with OTHER
  keystead credential delete cred_01kb3x8f6v0q4s7t9w2y5z8a1c
or deactivate the flows, whose steps lose it when it is deleted:
  keystead flow deactivate orders
  keystead flow deactivate '~x'
or delete the flows that nobody needs:
  keystead flow delete orders
  keystead flow delete '~x'"
        );
        let text = ways_out(&id, None, &json!({"flows": flows, "total": 30}));
        assert!(text.contains("credential list --status verified\n"), "{text}");
        assert!(text.ends_with("\n  keystead credential usages cred_01kb3x8f6v0q4s7t9w2y5z8a1c"), "{text}");
    }
}
