//! Certificate authorities and certificates that are generated for tests of TLS.
//!
//! ```
//! use fh_test::certificates::Authority;
//!
//! let authority = Authority::new("the test's authority");
//! let certificate = authority.issue("localhost", -1..1);
//! assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! let config = certificate.server();
//! assert!(config.alpn_protocols.is_empty());
//! ```
#![allow(clippy::expect_used, reason = "a failure to generate a certificate fails the test")]

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Additional validity, so that code which counts the remaining whole days gets the full number.
const GRACE: Duration = Duration::from_secs(60);

/// A certificate authority with its own private key.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Creates an authority of this name. Two authorities of the same name have different keys.
    ///
    /// # Panics
    /// If the platform provides no random numbers.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate of its own"))
    }

    /// Returns the certificate that clients must trust.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Issues a certificate for a host name or an address. It is valid from the first to the last of these days, counted from now, and one
    /// minute longer.
    ///
    /// # Panics
    /// If `host` is not a valid host.
    #[must_use]
    pub fn issue(&self, host: &str, good: Range<i64>) -> Certificate {
        let mut params = CertificateParams::new([host.to_string()]).expect("a host");
        params.not_before = day(good.start).into();
        params.not_after = (day(good.end) + GRACE).into();
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Certificate { pem: certificate.pem(), der: certificate.der().clone(), key }
    }
}

fn day(count: i64) -> SystemTime {
    let distance = Duration::from_secs(count.unsigned_abs() * DAY.as_secs());
    let now = SystemTime::now();
    if count < 0 { now - distance } else { now + distance }
}

/// A certificate and its private key.
pub struct Certificate {
    pem: String,
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Certificate {
    /// Creates a self-signed certificate for a host that is marked as that of an authority, as `openssl req -x509` makes it.
    ///
    /// # Panics
    /// If `host` is not a valid host.
    #[must_use]
    pub fn self_signed_authority(host: &str) -> Self {
        let mut params = CertificateParams::new([host.to_string()]).expect("a host");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate of its own");
        Self { pem: certificate.pem(), der: certificate.der().clone(), key }
    }

    /// Returns the certificate.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns the private key.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// Returns the configuration of a server with this certificate. It requires no client certificate.
    ///
    /// # Panics
    /// If the private key does not match the certificate.
    #[must_use]
    pub fn server(&self) -> ServerConfig {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], key)
            .expect("a key that fits")
    }
}
