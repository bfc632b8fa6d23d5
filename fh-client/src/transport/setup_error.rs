//! The reasons why the default transport cannot be created.

use std::fmt;

/// The reason why a [`ReqwestTransport`](super::ReqwestTransport) cannot be created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportSetupError {
    /// A certificate or a private key cannot be used. The value is the reason.
    Certificate(&'static str),
    /// rustls rejected a certificate, a private key or the TLS settings. The value is the text of the error of rustls.
    Tls(String),
    /// The proxy that the program has set can never work. The value is the reason.
    Proxy(&'static str),
    /// The HTTP client cannot be created. The value is the text of the innermost cause of the error of reqwest.
    Http(String),
}

impl fmt::Display for TransportSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(why) => f.write_str(why),
            Self::Tls(why) => write!(f, "TLS cannot be set up: {why}"),
            Self::Proxy(why) => write!(f, "the setting proxy can never work: {why}"),
            Self::Http(why) => write!(f, "the HTTP client cannot be set up: {why}"),
        }
    }
}

impl std::error::Error for TransportSetupError {}

impl TransportSetupError {
    pub(super) fn of_tls(error: &rustls::Error) -> Self {
        Self::Tls(error.to_string())
    }
}
