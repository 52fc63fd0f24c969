//! `keystead doctor`: looks at everything that a service needs, says what to do, and changes nothing.

mod database;
mod files;
mod finding;
mod machine;
mod parts;

use clap::Args;

use super::serve::ServiceOptions;
use super::{Exit, output};
use crate::config::Settings;

use finding::{Finding, Level};

/// Checks what a service needs: settings, files, database, root key, clock, components, network
///
/// Takes the options of `serve`, reads the same settings, and writes nothing; a service may run meanwhile.
/// Ends with 1 when something has failed; a warning alone is no failure.
#[derive(Args)]
#[command(after_help = "\
Examples:
  keystead doctor --data-dir ./keystead-data
  keystead doctor --config keystead.toml --json")]
pub(super) struct Doctor {
    #[command(flatten)]
    service: ServiceOptions,
    /// Prints one JSON object, for machines
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let findings = match self.service.settings() {
            Ok(settings) => examine(&settings).await,
            Err(error) => {
                let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
                vec![Finding::failed(
                    "settings",
                    causes.join(": "),
                    "correct the settings file or the option",
                )]
            }
        };
        let has_failed = findings.iter().any(|finding| finding.level == Level::Failed);
        if self.json {
            output::result(serde_json::json!({ "healthy": !has_failed, "checks": findings }))?;
        } else {
            for finding in &findings {
                output::result(output::plain(&finding.to_string()))?;
            }
        }
        Ok(if has_failed { Exit::Refused } else { Exit::Done })
    }
}

/// Every check, in the order in which a start would need what it looks at.
async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![parts::settings(settings)];
    if findings[0].level == Level::Failed {
        return findings;
    }
    findings.extend(files::examine(settings));
    let sandbox = parts::sandbox(settings, &mut findings);
    database::examine(settings, sandbox.as_ref(), &mut findings).await;
    findings.push(machine::descriptors(settings));
    parts::network(settings, &mut findings).await;
    findings
}
