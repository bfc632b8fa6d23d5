//! Why a request failed below HTTP.

use std::borrow::Cow;
use std::fmt;

/// What kind of trouble it was: the client reacts to each differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: no such host, refused, unreachable, or the proxy would not.
    Connect,
    /// No connection in time.
    ConnectTimeout,
    /// The certificate was not accepted, or the two ends could not agree on TLS.
    Tls,
    /// The connection broke, or what came over it was not HTTP.
    Broken,
    /// Anything else.
    Other,
}

/// Why a request failed, in words that hold neither URL nor key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    text: Cow<'static, str>,
    is_unsent: bool,
}

impl TransportError {
    /// An error. The text is shown to people: no URL, no headers.
    #[must_use]
    pub fn new(kind: TransportErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        let is_unsent =
            matches!(kind, TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout);
        Self { kind, text: text.into(), is_unsent }
    }

    /// The same error, of a request of which nothing was sent.
    #[must_use]
    pub const fn before_sending(mut self) -> Self {
        self.is_unsent = true;
        self
    }

    /// Returns true if nothing of the request was sent, so that the server cannot have done what it asks for. An error without a
    /// connection is one; others are if the transport says so ([`Self::before_sending`]).
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        self.is_unsent
    }

    /// What kind of trouble it was.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// What it says.
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
    /// Why it can never work. Holds no secret.
    pub why: String,
}

impl InvalidSetting {
    /// A setting of this name that cannot work for this reason.
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
