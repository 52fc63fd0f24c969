//! `keystead plugin remove`: out of a running service.

use anyhow::Context as _;
use clap::Args;

use super::super::failure::Failure;
use super::super::options::ServiceOptions;
use super::super::{consent, output};
use super::Exit;
use crate::domain::id::ComponentId;

/// Removes a component from a running service
///
/// It stays as long as credentials or steps of flows refer to it, in any workspace. Needs an installation
/// token with the right components:install.
#[derive(Args)]
#[command(after_help = "\
The examples take the token from KEYSTEAD_TOKEN.

Examples:
  keystead plugin remove petstore --yes")]
pub(super) struct Remove {
    /// The component
    id: ComponentId,
    /// Removes it without a question
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

impl Remove {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let Self { id, yes, service } = self;
        consent::check_possible(yes, "give --yes to remove it without a question")?;
        let client = service.connect()?;
        if !yes && !consent::ask(&format!("Remove component `{id}`?"))? {
            return Err(Failure::refused("nothing was removed").into());
        }
        client.remove_component(&id).await.with_context(|| format!("component `{id}` was not removed"))?;
        output::result(format_args!("removed {id}"))?;
        Ok(Exit::Done)
    }
}
