//! `keystead flow put`: a flow from a file.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::answer::{list, text};
use super::super::failure::Failure;
use super::super::options::ServiceOptions;
use super::super::{output, refusal};
use super::{Exit, holding, summary};
use crate::domain::id::FlowId;
use crate::domain::json;

/// More than a service takes, whatever its settings.
const FLOW_BYTES: u64 = 16 << 20;

/// Makes a flow, or replaces its name and steps
///
/// A new flow is inactive; one that is active stays so, and is left as it was when a step would lack a
/// credential that it needs. Needs a workspace token with the right flows:write.
#[derive(Args)]
#[command(after_help = "\
The file holds what the API takes, such as
  {\"name\": \"Orders\", \"steps\": [
    {\"id\": \"fetch\", \"component\": \"petstore\", \"credential\": \"cred_…\"}]}
A step without `credential`, or with null, holds none. `-` reads standard input.

The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead flow put orders orders.json
  keystead flow put orders - < orders.json")]
pub(super) struct Put {
    /// The flow, by the platform's own id: 1 to 200 of A-Z, a-z, 0-9 and `-._~:@`
    id: FlowId,
    /// Its name and steps
    #[arg(value_name = "FILE.json")]
    file: PathBuf,
    /// Prints the flow as the service's JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Put {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let body = read(&self.file)?;
        let client = self.service.connect()?;
        let done = client.put_flow(&self.id, body).await;
        let done =
            done.map_err(|error| refusal::of_flow(error, format!("flow `{}` was not put", self.id)))?;
        if self.json {
            output::result(output::json(&done.flow)?)?;
        } else {
            let word = if done.is_new { "created" } else { "replaced" };
            output::result(format_args!("{word} {}", summary(&done.flow)))?;
        }
        let steps = list(&done.flow, "/steps").iter();
        for step in steps.filter(|step| holding(step) == "missing") {
            let [id, component] = ["/id", "/component"].map(|pointer| text(step, pointer));
            output::note(format_args!(
                "step {id} ({component}) needs a credential before the flow can be active"
            ));
        }
        Ok(Exit::Done)
    }
}

/// Reads what is sent, as it is. What is no JSON object is not sent: where it is wrong is told best here.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let mut bytes = Vec::new();
    let read = if is_stdin {
        io::stdin().lock().take(FLOW_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FLOW_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::usage(format!("cannot read the flow from {name}: {error}")))?;
    if bytes.len() as u64 > FLOW_BYTES {
        return Err(Failure::usage(format!("the flow in {name} is larger than 16 MiB")));
    }
    json::parse_object(&bytes)
        .map_err(|error| Failure::usage(format!("the flow in {name} is {error}")))
        .map(|_| bytes)
}
