//! `keystead flow show`.

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::super::answer::{list, state, text};
use super::super::options::ServiceOptions;
use super::super::output;
use super::super::table::{Table, print_pairs};
use super::{Exit, holding};
use crate::domain::id::FlowId;

/// Shows a flow with its steps and their credentials
///
/// Needs a workspace token with the right flows:read.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow show orders
  keystead flow show orders --json")]
pub(super) struct Show {
    /// The flow
    id: FlowId,
    /// Prints the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let client = self.service.connect()?;
        let read = client.read_flow(&self.id).await;
        let flow = read.with_context(|| format!("cannot show flow `{}`", self.id))?;
        if self.json {
            output::result(output::json(&flow)?)?;
        } else {
            print(&flow)?;
        }
        Ok(Exit::Done)
    }
}

fn print(flow: &Value) -> std::io::Result<()> {
    let pairs = [
        ("id", text(flow, "/id")),
        ("name", text(flow, "/name")),
        ("state", state(flow).to_owned()),
        ("created", text(flow, "/created_at")),
        ("updated", text(flow, "/updated_at")),
    ];
    print_pairs(&pairs.map(|(name, value)| (name.to_owned(), value)))?;
    output::result("")?;
    let header = ["STEP", "COMPONENT", "CREDENTIAL"].map(str::to_owned);
    let row = |step| [text(step, "/id"), text(step, "/component"), holding(step)];
    let steps = list(flow, "/steps");
    if steps.is_empty() {
        return output::result("no steps");
    }
    let rows: Vec<_> = std::iter::once(header).chain(steps.iter().map(row)).collect();
    Table::new().print(&rows).map(|_| ())
}
