//! `keystead openapi`: the API's description.

use clap::Args;

use super::{Exit, output};
use crate::api;

/// Prints the OpenAPI 3.1 document of the API; a running service serves it at /v1/openapi.json
#[derive(Args)]
#[command(after_help = "Examples:\n  keystead openapi > openapi.json")]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        output::result(serde_json::to_string_pretty(&api::openapi())?)?;
        Ok(Exit::Done)
    }
}
