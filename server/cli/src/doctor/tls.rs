//! TLS with the settings of clients, and a verifier that records why a certificate was refused.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::failure::Failure;
use crate::sanitize::plural;

/// The remaining time of validity below which a certificate or its issuer's certificate gets a warning.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
const DAY: u64 = 24 * 3600;

/// The results of the certificate checks so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The number of times that a certificate was accepted.
    pub(super) accepted: usize,
    /// True if the last accepted certificate would no longer be accepted after [`SOON`], which is 14 days.
    pub(super) ends_soon: bool,
    /// The last [`Error::InvalidCertificate`], or `None` if there was none.
    refused: Option<CertificateError>,
}

/// A shared handle to the results of the certificate checks.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched(Arc<Mutex<Seen>>);

impl Watched {
    pub(super) fn seen(&self) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Returns a TLS configuration that trusts the same authorities as clients do.
pub(super) fn configuration(watched: &Watched) -> Result<ClientConfig, Failure> {
    let failed = |error: Error| Failure::Edge(format!("TLS cannot be set up: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let mut config = match Verifier::new(Arc::clone(&provider)) {
        Ok(inner) => {
            let watching = Watching { inner, watched: watched.clone() };
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(watching))
                .with_no_client_auth()
        }
        // Without trusted authorities, requests without TLS still work.
        Err(_) => {
            builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns true if a verifier with the certificate authorities of this machine can be created. On a machine that trusts no
/// authority, this may fail.
pub(super) fn trusts_anybody() -> bool {
    let provider: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
    Verifier::new(provider).is_ok()
}

/// A verifier that records the results of the platform's verifier.
#[derive(Debug)]
struct Watching {
    inner: Verifier,
    watched: Watched,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |at| {
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at)
        };
        let result = verify(now);
        match &result {
            Ok(_) => {
                let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + SOON);
                let ends_soon = verify(soon).is_err();
                self.watched.note(|seen| {
                    seen.accepted += 1;
                    seen.ends_soon = ends_soon;
                });
            }
            Err(Error::InvalidCertificate(why)) => {
                self.watched.note(|seen| seen.refused = Some(why.clone()));
            }
            Err(_) => {}
        }
        result
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Returns a description of the problem, and advice, for a failed TLS handshake.
pub(super) fn trouble(seen: &Seen, host: &str, error: &str) -> (String, String) {
    let days = |from: UnixTime, to: UnixTime| {
        let days = to.as_secs().saturating_sub(from.as_secs()) / DAY;
        plural(usize::try_from(days).unwrap_or(usize::MAX), "day", "days")
    };
    let (message, advice) = match &seen.refused {
        Some(CertificateError::ExpiredContext { time, not_after }) => (
            format!("the certificate expired {} ago", days(*not_after, *time)),
            "renew the certificate, or set this machine's clock if the clock is wrong",
        ),
        Some(CertificateError::Expired) => (
            "the certificate has expired".to_string(),
            "renew the certificate, or set this machine's clock if the clock is wrong",
        ),
        Some(CertificateError::NotValidYetContext { time, not_before }) => (
            format!("the certificate becomes valid only in {}", days(*time, *not_before)),
            "probably this machine's clock is wrong: set it",
        ),
        Some(CertificateError::NotValidYet) => (
            "the certificate is not valid yet".to_string(),
            "probably this machine's clock is wrong: set it",
        ),
        Some(CertificateError::NotValidForNameContext { presented, .. }) => {
            let names: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
            let names = if names.is_empty() { "no name".to_string() } else { names.join(", ") };
            (
                format!("the certificate is for {names}, not for {host}"),
                "connect with a host name that the certificate contains, or get a certificate for this host name",
            )
        }
        Some(CertificateError::NotValidForName) => (
            format!("the certificate is not for {host}"),
            "connect with a host name that the certificate contains, or get a certificate for this host name",
        ),
        Some(CertificateError::UnknownIssuer) => (
            "the certificate is from an authority that this machine does not trust".to_string(),
            "if the authority is your own, add its certificate to the system's certificates, or name the file of the certificate in SSL_CERT_FILE; \
             otherwise the server may not send the intermediate certificates, or a proxy intercepts TLS",
        ),
        Some(CertificateError::BadSignature) => (
            "this machine trusts an authority of this name, but the certificate was signed with another key"
                .to_string(),
            "if the authority was renewed, replace the authority's old certificate, in the system's store or in the file of SSL_CERT_FILE",
        ),
        Some(CertificateError::Revoked) => {
            ("the certificate was revoked".to_string(), "get a new certificate")
        }
        Some(other) if is_authority_as_server(other) => (
            "the server's own certificate is marked as that of an authority (CA:TRUE), which clients do not accept, even if they trust it"
                .to_string(),
            "give the server a certificate with CA:FALSE that the trusted certificate has signed; for a self-signed certificate \
             of its own, create it with `openssl req -x509 -addext basicConstraints=critical,CA:FALSE`",
        ),
        Some(other) => {
            (format!("the certificate is not accepted: {other}"), "get a new certificate")
        }
        None if error.contains("InvalidContentType") => (
            "the TLS handshake failed: this port speaks http, not https".to_string(),
            "write the URL with http://, or the port that speaks https",
        ),
        None if !trusts_anybody() => (
            "this machine trusts no authority at all".to_string(),
            "install the certificates of authorities (the package ca-certificates), or name a file of certificates in SSL_CERT_FILE",
        ),
        None => (
            format!("the TLS handshake failed: {error}"),
            "check the port: it may speak plain HTTP (http://), or require a client certificate; a proxy may block this host",
        ),
    };
    (message, advice.to_string())
}

/// Returns true if the server presents the certificate of an authority as its own. rustls has no variant for this refusal of webpki.
fn is_authority_as_server(refusal: &CertificateError) -> bool {
    let CertificateError::Other(other) = refusal else { return false };
    format!("{other:?}").contains("CaUsedAsEndEntity")
}

/// Returns the name `a.example` in a text such as `DnsName("a.example")`. A text without quotes is returned unchanged.
fn plain_name(presented: &str) -> String {
    presented.split('"').nth(1).unwrap_or(presented).to_string()
}
