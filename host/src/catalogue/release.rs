//! From bytes to a release that can verify: digest, compile, describe, check.

use std::sync::Arc;

use crate::domain::descriptor::Descriptor;
use crate::domain::fields::Violation;
use crate::domain::verdict::VerifierFailure;
use crate::sandbox::{AdmissionError, Plugin, Sandbox};

/// A plugin's bytes that passed every check of an installation.
pub struct Examined {
    pub plugin: Arc<Plugin>,
    pub descriptor: Arc<Descriptor>,
    /// The descriptor as the plugin gave it: the only truth from now on.
    pub descriptor_text: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// What the plugin asks for, in plain words.
    pub sentences: Vec<String>,
}

/// Why bytes cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// Not a component, or one that asks for what no plugin gets.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// `describe` did not answer.
    #[error("the plugin's `describe` failed: {0}")]
    Describe(VerifierFailure),
    /// The descriptor breaks the contract.
    #[error("the plugin's descriptor breaks the contract in {} place(s): {}", .0.len(), in_words(.0))]
    Descriptor(Vec<Violation>),
    /// The compiler's thread ended.
    #[error("compiling the plugin was interrupted; try again")]
    Interrupted,
}

fn in_words(violations: &[Violation]) -> String {
    let words: Vec<String> = violations
        .iter()
        .map(|violation| match violation.pointer.as_str() {
            "" => violation.message.clone(),
            pointer => format!("{pointer} {}", violation.message),
        })
        .collect();
    words.join("; ")
}

/// Compiles and describes a plugin, without any import at its service.
///
/// # Errors
/// [`ExamineError`]; nothing is stored.
pub async fn examine(sandbox: &Arc<Sandbox>, bytes: &[u8]) -> Result<Examined, ExamineError> {
    let plugin = Arc::new(compile(sandbox, bytes.to_vec()).await?);
    let descriptor_text = sandbox.describe(&plugin).await.map_err(ExamineError::Describe)?;
    let descriptor =
        Descriptor::parse(&descriptor_text).map_err(|error| ExamineError::Descriptor(error.violations))?;
    let sentences = descriptor.sentences();
    Ok(Examined {
        plugin,
        descriptor: Arc::new(descriptor),
        descriptor_text,
        digest: digest(bytes),
        sentences,
    })
}

/// Compiles on a thread of its own: it takes from milliseconds to seconds of CPU.
pub(super) async fn compile(sandbox: &Arc<Sandbox>, bytes: Vec<u8>) -> Result<Plugin, ExamineError> {
    let sandbox = sandbox.clone();
    let compiled = tokio::task::spawn_blocking(move || sandbox.compile(&bytes)).await;
    Ok(compiled.map_err(|_| ExamineError::Interrupted)??)
}

/// The SHA-256 digest of a release's bytes, as `sha256:` and 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
