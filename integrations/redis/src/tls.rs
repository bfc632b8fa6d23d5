//! TLS: the trusted authorities, and the certificate that the store presents.

use redis::{ClientTlsConfig, ConnectionAddr, TlsCertificates};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::builder::RedisStoreBuilder;
use crate::error::StoreError;

impl RedisStoreBuilder {
    /// Trusts these authorities (PEM, one or several certificates) instead of the system's.
    pub fn ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.authorities = Some(pem.into());
        self
    }

    /// Presents this certificate to a server that requests one: a PEM text with the certificate chain and its private key.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.identity = Some(pem.into());
        self
    }
}

/// The PEM texts that the program gave.
#[derive(Default)]
pub(crate) struct Certificates {
    authorities: Option<Vec<u8>>,
    identity: Option<Vec<u8>>,
}

impl Certificates {
    /// Returns a client that uses these certificates, if the server's URL asks for TLS.
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
        redis::Client::build_with_tls(info.clone(), certificates)
            .map_err(|_| StoreError::Certificate("the PEM text cannot be used"))
    }

    /// Checks the PEM texts. With a text without certificates, the store would trust no server and could not say why.
    fn checked(&self) -> Result<TlsCertificates, StoreError> {
        for pem in [&self.authorities, &self.identity].into_iter().flatten() {
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            if !found.is_ok_and(|found| !found.is_empty()) {
                return Err(StoreError::Certificate("no certificate in the PEM text"));
            }
        }
        if let Some(pem) = &self.identity
            && PrivateKeyDer::from_pem_slice(pem).is_err()
        {
            return Err(StoreError::Certificate("no private key in the PEM text"));
        }
        let identity = self.identity.clone();
        Ok(TlsCertificates {
            client_tls: identity
                .map(|pem| ClientTlsConfig { client_cert: pem.clone(), client_key: pem }),
            root_cert: self.authorities.clone(),
        })
    }
}

/// Installs ring as the process's cryptography provider if there is none. The redis crate uses that provider, and panics if it cannot
/// determine one.
fn provide_crypto() {
    if CryptoProvider::get_default().is_none() {
        // If another thread has installed a provider meanwhile, that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
