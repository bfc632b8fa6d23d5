//! Errors below HTTP, and settings of a transport that can never work.

use std::borrow::Cow;
use std::fmt;

/// The kind of a transport error. The client reacts differently to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: the host is unknown, refuses or cannot be reached, or the proxy refused.
    Connect,
    /// No connection within the time limit.
    ConnectTimeout,
    /// TLS failed: the certificate was not accepted, or there is no common version or cipher.
    Tls,
    /// The connection broke, or the data was not HTTP.
    Broken,
    /// Any other error.
    Other,
}

/// The reason why a request failed, as a text without URL and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    text: Cow<'static, str>,
    is_unsent: bool,
}

impl TransportError {
    /// Makes an error. The text is shown to people and must contain no URL and no header.
    #[must_use]
    pub fn new(kind: TransportErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        let is_unsent =
            matches!(kind, TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout);
        Self { kind, text: text.into(), is_unsent }
    }

    /// Marks the error as one of a request of which nothing was sent.
    #[must_use]
    pub const fn before_sending(mut self) -> Self {
        self.is_unsent = true;
        self
    }

    /// Returns true if nothing of the request was sent, so that the server cannot have acted on it. This is so for errors of the
    /// kinds `Connect` and `ConnectTimeout`, and for errors that the transport has marked ([`Self::before_sending`]).
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        self.is_unsent
    }

    /// Returns the kind of the error.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Returns the text of the error.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for TransportError {}

/// A setting that can never work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidSetting {
    /// The name of the setting, or of the environment variable that holds it.
    pub name: String,
    /// The reason why it can never work, without secrets.
    pub why: String,
}

impl InvalidSetting {
    /// Makes an error for the setting of this name, with the reason.
    #[must_use]
    pub fn new(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), why: why.into() }
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the setting {} can never work: {}", self.name, self.why)
    }
}

impl std::error::Error for InvalidSetting {}
