//! TLS settings, made once and given to every client.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of extra authorities cannot be read.
    #[error("reading the authorities in `{path}` (`egress.extra_ca_file`) failed: {reason}")]
    Authorities { path: PathBuf, reason: String },
    /// The platform has no authorities, or an extra one is damaged.
    #[error(
        "setting up TLS failed: {0}; install the system's CA certificates or name some in `egress.extra_ca_file`"
    )]
    Verifier(rustls::Error),
}

/// TLS 1.2 and 1.3 with the platform's authorities and, where given, those of a PEM file.
///
/// # Errors
/// When there is nothing to trust, or the file cannot be read or holds no certificate.
pub(super) fn configure(extra_ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let extra = match extra_ca_file {
        Some(path) => read_authorities(path)?,
        None => Vec::new(),
    };
    let verifier =
        Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(TlsError::Verifier)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Verifier)?
        .dangerous()
        // No danger: the platform verifier checks names, times and chains; rustls merely has no safe name for it.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// The same settings with an empty store of sessions, so that no two clients resume each other's.
pub(super) fn for_one_client(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    config.resumption = Resumption::in_memory_sessions(8);
    config
}

fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fail = |reason: String| TlsError::Authorities { path: path.to_owned(), reason };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(|error| fail(error.to_string()))?
        .collect::<Result<_, _>>()
        .map_err(|error| fail(error.to_string()))?;
    if certificates.is_empty() {
        return Err(fail("it holds no certificate in PEM".to_owned()));
    }
    Ok(certificates)
}
