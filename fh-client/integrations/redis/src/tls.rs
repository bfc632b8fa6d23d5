//! The TLS settings of a store: the trusted authorities, and the certificate that the store presents.

use redis::{ClientTlsConfig, ConnectionAddr, TlsCertificates};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::StoreError;

/// The PEM texts that the program has set: the trusted authorities, and the client certificate with its private key.
#[derive(Default)]
pub(crate) struct Certificates {
    pub(crate) authorities: Option<Vec<u8>>,
    pub(crate) identity: Option<Vec<u8>>,
}

impl Certificates {
    /// Returns a Redis client that uses these certificates if the server's URL uses TLS. Fails if there are certificates, but the URL does
    /// not use TLS or the certificates cannot be used.
    pub(crate) fn used_with(&self, server: redis::Client) -> Result<redis::Client, StoreError> {
        let info = server.get_connection_info();
        let is_given = self.authorities.is_some() || self.identity.is_some();
        if !matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            return if is_given { Err(StoreError::WithoutTls) } else { Ok(server) };
        }
        provide_crypto();
        if !is_given {
            return Ok(server);
        }
        let certificates = self.checked()?;
        redis::Client::build_with_tls(info.clone(), certificates).map_err(|_| {
            StoreError::Certificate("the PEM text holds certificates or a key that TLS cannot use")
        })
    }

    /// Checks that the PEM texts hold certificates and, for the client certificate, a private key. Without this check, a text
    /// without certificates would make the store trust no server, with an unclear error.
    fn checked(&self) -> Result<TlsCertificates, StoreError> {
        for pem in [&self.authorities, &self.identity].into_iter().flatten() {
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            if !found.is_ok_and(|found| !found.is_empty()) {
                return Err(StoreError::Certificate("the PEM text holds no certificate"));
            }
        }
        if let Some(pem) = &self.identity
            && PrivateKeyDer::from_pem_slice(pem).is_err()
        {
            return Err(StoreError::Certificate("the PEM text holds no private key"));
        }
        let identity = self.identity.clone();
        Ok(TlsCertificates {
            client_tls: identity
                .map(|pem| ClientTlsConfig { client_cert: pem.clone(), client_key: pem }),
            root_cert: self.authorities.clone(),
        })
    }
}

/// Returns a PEM text without a byte order mark, which would hide its first line from the reader of PEM.
pub(crate) fn without_mark(pem: Vec<u8>) -> Vec<u8> {
    pem.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(pem)
}

/// Installs ring as the cryptography provider of the process if no provider is installed. The crate `redis` uses the installed
/// provider, and panics if it cannot determine a provider.
fn provide_crypto() {
    if CryptoProvider::get_default().is_none() {
        // If another thread has installed a provider in the meantime, that provider is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
