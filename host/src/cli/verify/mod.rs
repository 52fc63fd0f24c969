//! `keystead verify`: an author's dry run, without a service.

mod control;
mod report;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::options::{ConfigOption, EgressOptions};
use super::plugin::read_file;
use super::{Exit, output, progress};
use crate::catalogue::{self, ExamineError, Examined};
use crate::domain::clock::{Clock as _, Entropy as _, SystemClock, SystemEntropy};
use crate::domain::fields::Fields;
use crate::egress::Egress;
use crate::sandbox::{RunContext, Sandbox};
use crate::{boot, verify};

use report::{Control, Finding};

/// A credential is a page of text at most.
const CREDENTIAL_BYTES: u64 = 1 << 20;

/// Runs a plugin's verifier against the real system, as the service would, and shows all that happened
///
/// Nothing is stored and no service is needed. Prints the verdict, each exchange redacted, where each
/// secret was placed, and what was refused. Exit codes: 0 valid, 1 invalid or refused, 2 wrong usage,
/// 3 undecided, 4 a fault of the plugin.
#[derive(Args)]
#[command(after_help = "\
The credential is a JSON object of the fields, such as {\"apiKey\": \"special-key\"}; `-` reads it \
from standard input. A system on this machine needs --allow-egress '127.0.0.1:*', or the same in the \
environment.

Examples:
  keystead verify petstore.wasm --credential credential.json
  keystead verify petstore.wasm --credential credential.json --control
  keystead verify petstore.wasm --credential - --json < credential.json")]
pub(super) struct Verify {
    /// The plugin, a WebAssembly component
    #[arg(value_name = "FILE.wasm")]
    plugin: PathBuf,
    /// The fields of the credential, secrets included
    #[arg(long, value_name = "FILE.json")]
    credential: PathBuf,
    #[command(flatten)]
    egress: EgressOptions,
    /// Repeats a valid run with wrong secrets of the same length and characters, and fails with exit code 4
    /// when they are accepted too. The real system sees failed attempts to log in
    #[arg(long)]
    control: bool,
    /// Prints one JSON object, with a transcript of all that the plugin asked for and was told
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

/// Everything that a run needs.
struct Stage {
    sandbox: Arc<Sandbox>,
    egress: Egress,
    release: Examined,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<Exit> {
        let mut file = self.config.load()?;
        self.egress.merge(&mut file);
        let sandbox = boot::make_sandbox(&file.sandbox)?;
        let bytes = read_file(&self.plugin, &file.sandbox, Exit::PluginFault)?;
        let fields = read_credential(&self.credential)?;
        let egress = boot::make_egress(&file.egress, Vec::new())?;
        let shown = progress::show(format!("compiling {}", self.plugin.display()));
        let release =
            catalogue::examine(&sandbox, &bytes).await.map_err(|error| blame(&self.plugin, &error))?;
        drop(shown);

        let stage = Stage { sandbox, egress, release };
        let mut finding = stage.rehearse(fields.clone()).await;
        if self.control {
            finding.control = Some(match finding.exit() {
                Exit::Done => stage.control(&fields).await,
                _ => Control::NotRun,
            });
        }
        let exit = finding.exit();
        if self.json {
            output::result(output::json(&report::document(&finding))?)?;
        } else {
            report::print(&stage.release, &finding)?;
        }
        if finding.is_refused_by_policy() {
            output::note(
                "\nhint: --allow-egress CIDR:PORT allows an address here, as the operator's setting does in a service",
            );
        }
        Ok(exit)
    }
}

impl Stage {
    async fn rehearse(&self, fields: Fields) -> Finding {
        let mut seed = [0; 32];
        SystemEntropy.fill(&mut seed);
        let context = RunContext { now_ms: SystemClock.now_ms().unsigned_abs(), seed, transcript: true };
        let _shown = progress::show("verifying".to_owned());
        let run =
            verify::rehearse(&self.sandbox, &self.egress, &self.release, fields, context, &SystemEntropy);
        match run.await {
            Ok((verification, transcript)) => Finding { result: Ok(verification), transcript, control: None },
            Err(error) => Finding { result: Err(error), transcript: Vec::new(), control: None },
        }
    }

    /// The same with wrong secrets.
    async fn control(&self, fields: &Fields) -> Control {
        match control::falsify(&self.release.descriptor, fields, &SystemEntropy) {
            None => Control::NoSecrets,
            Some(wrong) => Control::of(&self.rehearse(wrong).await),
        }
    }
}

/// Bytes that cannot be installed are the plugin's fault.
fn blame(plugin: &Path, error: &ExamineError) -> Failure {
    let exit = match error {
        ExamineError::Interrupted => Exit::Refused,
        _ => Exit::PluginFault,
    };
    Failure::new(exit, format!("`{}` is refused: {error}", plugin.display()))
}

/// Reads the fields; errors tell where and why, never what stands there.
fn read_credential(path: &Path) -> Result<Fields, Failure> {
    let name =
        if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let read = if path == Path::new("-") {
        io::stdin().lock().take(CREDENTIAL_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(CREDENTIAL_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::usage(format!("cannot read the credential from {name}: {error}")))?;
    if bytes.len() as u64 > CREDENTIAL_BYTES {
        return Err(Failure::usage(format!("the credential in {name} is larger than 1 MiB")));
    }
    Fields::parse(&bytes).map_err(|error| Failure::usage(format!("the credential in {name} is {error}")))
}
