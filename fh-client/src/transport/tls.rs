//! TLS for the default transport: rustls with the platform's trust, and whatever certificates a user adds.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

use super::reqwest::TransportSetupError;

/// What a user adds to the platform's trust.
#[derive(Default)]
pub(super) struct TlsChoices {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl TlsChoices {
    /// Adds the certificates of a PEM text.
    pub(super) fn trust(&mut self, pem: &[u8]) -> Result<(), TransportSetupError> {
        let found = certificates(pem)?;
        self.authorities.extend(found);
        Ok(())
    }

    /// Takes the certificates and the key of a PEM text as what this program shows to servers.
    pub(super) fn identify(&mut self, pem: &[u8]) -> Result<(), TransportSetupError> {
        let chain = certificates(pem)?;
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| TransportSetupError::Certificate("no private key in the PEM text"))?;
        self.identity = Some((chain, key));
        Ok(())
    }

    /// For where no TLS is spoken: every certificate is refused.
    pub(super) fn trusting_nobody() -> Result<ClientConfig, TransportSetupError> {
        Ok(ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth())
    }

    /// The configuration.
    pub(super) fn configuration(self) -> Result<ClientConfig, TransportSetupError> {
        let provider = provider();
        let verifier = verifier(self.authorities, Arc::clone(&provider))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The cryptography: what the program installed, else ring.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TransportSetupError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TransportSetupError::Certificate("no certificate in the PEM text")),
    }
}

#[cfg(any(all(unix, not(target_os = "android")), target_os = "windows"))]
fn verifier(
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, TransportSetupError> {
    if authorities.is_empty() {
        return Ok(Verifier::new(provider)?);
    }
    Ok(Verifier::new_with_extra_roots(authorities, provider)?)
}

#[cfg(not(any(all(unix, not(target_os = "android")), target_os = "windows")))]
fn verifier(
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, TransportSetupError> {
    if authorities.is_empty() {
        return Ok(Verifier::new(provider)?);
    }
    Err(TransportSetupError::Certificate(
        "this platform takes no further authorities: install them in its own store",
    ))
}
