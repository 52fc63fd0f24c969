//! `keystead workspace`: the tenants.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::options::{ConfigOption, DatabaseOptions};
use super::place::open_or_make;
use super::{Exit, output};
use crate::boot;
use crate::domain::clock::{Clock as _, SystemClock, SystemEntropy};
use crate::domain::id::{AuditId, WorkspaceId};
use crate::store::AuditRecord;

/// Workspaces: the tenants, each with credentials of its own
#[derive(Args)]
pub(super) struct Workspace {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Create(Create),
    List(List),
}

/// Creates a workspace; `default` is there from the beginning. Works while the service runs
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead workspace create acme")]
struct Create {
    /// 1 to 63 of a-z, 0-9 and inner hyphens
    id: WorkspaceId,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

/// Lists the workspaces, one id a line
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead workspace list")]
struct List {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    config: ConfigOption,
}

impl Workspace {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Create(command) => command.run().await,
            Command::List(command) => command.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<Exit> {
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = open_or_make(&database).await?;
        let now = SystemClock.now();
        let audit = AuditRecord {
            id: AuditId::generate(&SystemClock, &SystemEntropy),
            workspace: None,
            at: now,
            actor: None,
            action: "workspace.create",
            subject: Some(self.id.to_string()),
            outcome: "created".to_owned(),
            detail: serde_json::json!({}),
        };
        let created = store.create_workspace(&self.id, now, audit).await;
        store.close().await;
        if !created? {
            return Err(Failure::refused(format!("workspace `{}` exists already", self.id)).into());
        }
        output::note(format_args!("created workspace `{}`", self.id));
        Ok(Exit::Done)
    }
}

impl List {
    async fn run(self) -> anyhow::Result<Exit> {
        let database = self.database.merge(&mut self.config.load()?)?;
        let store = boot::open_existing(&database).await?;
        let workspaces = store.list_workspaces().await;
        store.close().await;
        for workspace in workspaces? {
            output::result(workspace.id)?;
        }
        Ok(Exit::Done)
    }
}
