//! TLS certificates, and their renewal while the server is running.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{error, warn};

use super::certificate::{ExpiryNotices, Notice, not_after};

/// A request extension that marks requests over TLS. [`serve`](super::serve) adds it to the requests over TLS that it passes to the router.
/// If the request comes from a trusted proxy that names the scheme, [`TrustedProxies::before`](super::TrustedProxies::before) adds the
/// extension for the scheme `https` and removes it for any other scheme. A request that reaches the router without the extension came over
/// plain HTTP, as far as this server knows. Requests of a [`Shortcut`](super::Shortcut) never have the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The request came over TLS: to the trusted proxy if the proxy's headers say so, else to this server.
    Tls,
}

/// The TLS settings of a server. Settings from files allow TLS 1.2 and 1.3, and HTTP/2 if the client supports it. Clones share their
/// certificate.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    files: Option<Arc<Files>>,
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
    expiry: Mutex<ExpiryNotices>,
}

/// The result of [`Tls::reload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// The files contain the certificate chain that is already in use, or the settings have no files.
    Same,
    /// The files contain another certificate chain, which new connections use from now on.
    Another,
}

impl Tls {
    /// Reads a certificate chain and its private key from PEM files. The server's own certificate must come first. The chain and the key
    /// may be in one file.
    ///
    /// # Errors
    /// Fails if a file cannot be read or is not valid PEM, if it contains no certificate or key that can be used, or if the key does not
    /// belong to the certificate.
    pub fn from_files(
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let current = ArcSwap::from_pointee(load(&certificate, &key, &provider)?);
        let expiry = Mutex::default();
        let files = Arc::new(Files { certificate, key, current, expiry });
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?;
        let mut config = builder
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&files) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), files: Some(files) })
    }

    /// Creates TLS settings from a rustls configuration, for instance one that requires client certificates. HTTP/2 needs `h2` in its
    /// `alpn_protocols`. The configuration is never reloaded.
    #[must_use]
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        Self { config, files: None }
    }

    /// Reads the certificate and key files again. Open connections keep their certificate. [`serve`](super::serve) calls this function at
    /// the interval [`certificate_check`](super::ListenOptions::certificate_check). For settings from [`Tls::from_config`], this function
    /// does nothing.
    ///
    /// # Errors
    /// Fails in the same cases as [`Tls::from_files`]. The certificate in use is then kept. A key that does not belong to the certificate
    /// may mean that the files are being replaced at this moment.
    pub fn reload(&self) -> Result<Reloaded, TlsError> {
        let Some(files) = &self.files else { return Ok(Reloaded::Same) };
        let read = load(&files.certificate, &files.key, self.config.crypto_provider())?;
        if read.cert == files.current.load().cert {
            return Ok(Reloaded::Same);
        }
        files.current.store(Arc::new(read));
        Ok(Reloaded::Another)
    }

    /// Returns the time at which the certificate in use expires. Returns `None` if the time cannot be read from the certificate, or if the
    /// settings come from [`Tls::from_config`].
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        let current = self.files.as_ref()?.current.load();
        not_after(current.cert.first()?)
    }

    /// Logs a warning if the certificate in use expires within two weeks, and an error if it has expired, each at most once a day.
    pub(super) fn log_expiry(&self, now: SystemTime) {
        let (Some(files), Some(expires)) = (&self.files, self.expires()) else { return };
        let certificate = files.certificate.display();
        match files.expiry.lock().unwrap_or_else(PoisonError::into_inner).due(expires, now) {
            None => {}
            Some(Notice::Soon { days }) => {
                warn!(%certificate, days, "the certificate expires soon");
            }
            Some(Notice::Expired { days }) => {
                error!(%certificate, days, "the certificate has expired, and clients refuse it");
            }
        }
    }

    pub(super) fn reloads(&self) -> bool {
        self.files.is_some()
    }

    pub(super) fn accept<S>(&self, stream: S) -> tokio_rustls::Accept<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        tokio_rustls::TlsAcceptor::from(Arc::clone(&self.config)).accept(stream)
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn load(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let read = |path: &Path| match std::fs::read(path) {
        // Some editors write a byte order mark before the first line, which would hide that line from the reader of PEM.
        Ok(bytes) => Ok(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes)),
        Err(error) => Err(TlsError::Read { path: path.to_path_buf(), error }),
    };
    let malformed = |path: &Path| {
        let path = path.to_path_buf();
        move |error| TlsError::Pem { path, error }
    };
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(malformed(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { path: certificate.to_path_buf() });
    }
    let private = match PrivateKeyDer::from_pem_slice(&read(key)?) {
        Ok(private) => private,
        Err(pem::Error::NoItemsFound) => return Err(TlsError::NoKey { path: key.to_path_buf() }),
        Err(error) => return Err(malformed(key)(error)),
    };
    let private = provider
        .key_provider
        .load_private_key(private)
        .map_err(|error| TlsError::Key { path: key.to_path_buf(), error })?;
    let certified = CertifiedKey::new(chain, private);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(certified)
        }
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Mismatch {
            certificate: certificate.to_path_buf(),
            key: key.to_path_buf(),
        }),
        Err(error) => Err(TlsError::Certificate { path: certificate.to_path_buf(), error }),
    }
}

/// The reason why a certificate and key cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file of certificates or of the private key cannot be read.
    Read {
        /// The path of the file that cannot be read.
        path: PathBuf,
        /// The reason why the file cannot be read.
        error: io::Error,
    },
    /// A file of certificates or of the private key is not valid PEM.
    Pem {
        /// The path of the file that is not valid PEM.
        path: PathBuf,
        /// The reason why the file is not valid PEM.
        error: pem::Error,
    },
    /// The file of certificates contains no certificate.
    NoCertificate {
        /// The path of the file of certificates.
        path: PathBuf,
    },
    /// The key file contains no private key, or only an encrypted one.
    NoKey {
        /// The path of the key file.
        path: PathBuf,
    },
    /// The first certificate of a file cannot be read or used.
    Certificate {
        /// The path of the file of certificates.
        path: PathBuf,
        /// The reason why rustls rejected the certificate.
        error: rustls::Error,
    },
    /// The private key cannot be used, for example because it is of an unsupported kind or too weak.
    Key {
        /// The path of the key file.
        path: PathBuf,
        /// The reason why rustls rejected the private key.
        error: rustls::Error,
    },
    /// The private key does not belong to the first certificate.
    Mismatch {
        /// The path of the file of certificates.
        certificate: PathBuf,
        /// The path of the key file.
        key: PathBuf,
    },
    /// The TLS library cannot be set up. The value is the reason.
    Setup(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, error } => write!(
                out,
                "{} cannot be read: {error}; write the path of a PEM file that this user may read",
                path.display()
            ),
            Self::Pem { path, error } => write!(out, "{} is not PEM: {error}", path.display()),
            Self::NoCertificate { path } => write!(
                out,
                "{} contains no certificate (a section that begins -----BEGIN CERTIFICATE-----)",
                path.display()
            ),
            Self::NoKey { path } => write!(
                out,
                "{} contains no readable private key; an encrypted key must be decrypted first",
                path.display()
            ),
            Self::Certificate { path, error } => {
                write!(out, "the first certificate in {} cannot be read: {error}", path.display())
            }
            Self::Key { path, error } => {
                write!(out, "the private key in {} cannot be used: {error}", path.display())
            }
            Self::Mismatch { certificate, key } => write!(
                out,
                "the private key in {} does not belong to the first certificate in {}",
                key.display(),
                certificate.display()
            ),
            Self::Setup(error) => write!(out, "TLS cannot be set up: {error}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { error, .. } => Some(error),
            Self::Pem { error, .. } => Some(error),
            Self::Certificate { error, .. } | Self::Key { error, .. } | Self::Setup(error) => {
                Some(error)
            }
            Self::NoCertificate { .. } | Self::NoKey { .. } | Self::Mismatch { .. } => None,
        }
    }
}
