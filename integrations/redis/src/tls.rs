//! TLS: whom to trust, and what to show.

use redis::{ClientTlsConfig, ConnectionAddr, TlsCertificates};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::builder::RedisStoreBuilder;
use crate::error::StoreError;

impl RedisStoreBuilder {
    /// Trusts these authorities (PEM, one or several certificates) in place of the system's.
    pub fn ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.authorities = Some(pem.into());
        self
    }

    /// Shows this certificate to a server that wants to know who connects: a PEM text with the chain and its private key.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.identity = Some(pem.into());
        self
    }
}

/// PEM texts that a user gave.
#[derive(Default)]
pub(crate) struct Certificates {
    authorities: Option<Vec<u8>>,
    identity: Option<Vec<u8>>,
}

impl Certificates {
    /// Makes a server ready for what its URL asks.
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

    /// A text without certificates would make a store that trusts nobody, and does not say why.
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

/// The redis crate takes the process's cryptography, and panics if it cannot tell which.
fn provide_crypto() {
    if CryptoProvider::get_default().is_none() {
        // Somebody else may have been quicker, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
