//! Errors of a transport: failed requests, and invalid settings.

use std::borrow::Cow;
use std::fmt;

/// The kind of a transport error. The client reports [`Self::Tls`], [`Self::Unusable`] and [`Self::ConnectTimeout`] as problems of their own. The
/// client does not distinguish the other kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection could be opened, for example because the host is unknown, cannot be reached or refuses connections, or
    /// because the proxy refused to connect to the host.
    Connect,
    /// No connection could be opened within the time limit.
    ConnectTimeout,
    /// TLS failed, in most cases in the handshake: for example because the certificate was not accepted, or because there is no
    /// common version or cipher.
    Tls,
    /// The request failed after the connection was opened, for example because the connection broke, or because the received
    /// data was not HTTP.
    Broken,
    /// The proxy refuses the tunnel that a socket needs, but may pass other requests on. A client of FeatBit then polls.
    NoTunnel,
    /// The transport cannot do this at all. A client of FeatBit whose transport opens no sockets polls.
    Unsupported,
    /// The transport can send no request at all in this program, for example because a library that it needs has another version.
    /// [`Client::ready`](crate::Client::ready) fails at once. The text says what to do.
    Unusable,
    /// An error that no other variant covers.
    Other,
}

/// The reason why a request failed. A transport must put neither the URL nor a header into the text of the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    text: Cow<'static, str>,
    is_unsent: bool,
}

impl TransportError {
    /// Returns an error with this kind and text. The text is shown to people, and must contain no URL and no header.
    #[must_use]
    pub fn new(kind: TransportErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        let is_unsent =
            matches!(kind, TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout);
        Self { kind, text: text.into(), is_unsent }
    }

    /// Marks the error as a failure that occurred before any part of the request was sent.
    #[must_use]
    pub const fn before_sending(mut self) -> Self {
        self.is_unsent = true;
        self
    }

    /// Returns true if no part of the request was sent, so that the server cannot have acted on the request. The result is
    /// true for errors of the kinds `Connect` and `ConnectTimeout`, and for errors that the transport has marked with
    /// [`Self::before_sending`].
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        self.is_unsent
    }

    /// Returns the kind of the error.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Returns the text that was given to [`Self::new`].
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

/// The error for a setting that can never work, such as a proxy URL without a host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidSetting {
    /// The name of the setting, or of the environment variable that holds it.
    pub name: String,
    /// The reason why the setting can never work, as a text without secrets.
    pub why: String,
}

impl InvalidSetting {
    /// Returns an error for the setting with this name. `why` is the reason why the setting can never work.
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
