//! The TLS configuration of the default transport. It uses rustls with the platform's certificates and the certificates that
//! the program adds.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::setup_error::TransportSetupError;

/// The versions of HTTP that the transport offers to servers in the TLS handshake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum HttpVersions {
    #[default]
    Both,
    Http1,
}

/// The certificate authorities and the client certificate that the program has set.
#[derive(Clone, Default)]
pub(super) struct TlsChoices {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
}

impl TlsChoices {
    /// Adds the certificates of a PEM text to the trusted authorities. Fails if the text holds no certificate, or a certificate
    /// that cannot be used.
    pub(super) fn trust(&mut self, pem: &[u8]) -> Result<(), TransportSetupError> {
        let found = certificates(without_mark(pem)).ok_or(TransportSetupError::Certificate(
            "the setting ca_certificate can never work: the PEM text holds no valid certificate: \
             write the content of a file that begins with -----BEGIN CERTIFICATE-----",
        ))?;
        let mut usable = RootCertStore::empty();
        for certificate in &found {
            usable.add(certificate.clone()).map_err(|why| TransportSetupError::of_tls(&why))?;
        }
        self.authorities.extend(found);
        Ok(())
    }

    /// Sets the certificate chain and the private key of a PEM text as the client certificate. Fails if one of them is missing
    /// or cannot be read.
    pub(super) fn identify(&mut self, pem: &[u8]) -> Result<(), TransportSetupError> {
        let pem = without_mark(pem);
        let chain = certificates(pem).ok_or(TransportSetupError::Certificate(
            "the setting client_certificate can never work: the PEM text holds no valid certificate: \
             write the certificates, and then the private key, each with its line -----BEGIN ...-----",
        ))?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            TransportSetupError::Certificate(
                "the setting client_certificate can never work: the PEM text holds no valid private key: \
                 write it after the certificates, with its line -----BEGIN PRIVATE KEY-----",
            )
        })?;
        self.identity = Some((chain, Arc::new(key)));
        Ok(())
    }

    /// Returns the configuration of rustls with these certificates and HTTP versions.
    pub(super) fn configuration(
        &self,
        versions: HttpVersions,
    ) -> Result<ClientConfig, TransportSetupError> {
        // The cryptography provider that the program has installed is used, or ring if there is none.
        let provider = CryptoProvider::get_default()
            .cloned()
            .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
        let trust = Trust {
            authorities: self.authorities.clone(),
            provider: Arc::clone(&provider),
            verifier: Mutex::new(None),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| TransportSetupError::of_tls(&why))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(trust));
        let mut config = match &self.identity {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|why| TransportSetupError::of_tls(&why))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = match versions {
            HttpVersions::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersions::Http1 => vec![b"http/1.1".to_vec()],
        };
        Ok(config)
    }
}

/// Returns the text of an error. A refusal of a certificate for which rustls shows only a name of the library webpki gets a text with the
/// cause and the cure.
pub(super) fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let text = error.to_string();
    if !text.contains("CaUsedAsEndEntity") {
        return text;
    }
    "the server's own certificate is marked as that of an authority (CA:TRUE), which is refused even if the certificate is trusted: give the \
     server a certificate with CA:FALSE"
        .to_string()
}

/// Returns the certificates of a PEM text; `None` if it holds none, or one that cannot be read.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!found.is_empty()).then_some(found)
}

/// Returns a PEM text without a byte order mark, which would hide its first line from the reader of PEM.
fn without_mark(pem: &[u8]) -> &[u8] {
    pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem)
}

/// A verifier that trusts the certificates of the platform and of the program. The platform's certificates are not read before
/// the first handshake. Therefore a transport can be created without them, and a client without TLS needs none. If the
/// platform's verifier cannot be created, the handshake fails, and the next handshake tries again.
#[derive(Debug)]
struct Trust {
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    verifier: Mutex<Option<Arc<Verifier>>>,
}

impl Trust {
    fn verifier(&self) -> Result<Arc<Verifier>, rustls::Error> {
        let mut verifier = self.verifier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verifier) = &*verifier {
            return Ok(Arc::clone(verifier));
        }
        let found = Arc::new(self.look_up()?);
        *verifier = Some(Arc::clone(&found));
        Ok(found)
    }

    fn look_up(&self) -> Result<Verifier, rustls::Error> {
        let provider = Arc::clone(&self.provider);
        if self.authorities.is_empty() {
            return Verifier::new(provider);
        }
        #[cfg(not(target_os = "android"))]
        return Verifier::new_with_extra_roots(self.authorities.iter().cloned(), provider);
        #[cfg(target_os = "android")]
        Err(rustls::Error::General(
            "on Android, install additional certificate authorities in the platform's store".into(),
        ))
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verifier = self.verifier()?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
