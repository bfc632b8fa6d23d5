//! API keys as a server reads them (edge-protocol 1).
use std::fmt;

/// An API key: the id of its environment and a secret part.
///
/// `Debug` and `Display` never show the secret part.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiKey {
    environment: String,
    secret: String,
}

impl ApiKey {
    /// Parses `environment/secret` or the old form `cache/environment/secret`. The environment must be a UUID and is stored in lower case
    /// (edge-protocol 1.2). Returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [environment, secret] | [_, environment, secret] => Self::of(environment, secret),
            _ => None,
        }
    }

    pub(crate) fn of(environment: &str, secret: &str) -> Option<Self> {
        if secret.is_empty() || !is_uuid(environment) {
            return None;
        }
        Some(Self { environment: environment.to_ascii_lowercase(), secret: secret.to_owned() })
    }

    /// Returns the environment's id in lower case.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Returns the secret part, which must not be shown.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Returns the kind of the key. A key with `*` is client-evaluated (edge-protocol 1.4).
    pub fn kind(&self) -> KeyKind {
        if self.secret.contains('*') { KeyKind::ClientEvaluated } else { KeyKind::ServerEvaluated }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/***", self.environment)
    }
}

/// The side that evaluates the strategies of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The client evaluates: it gets strategies.
    ClientEvaluated,
    /// The server evaluates: the client gets the values for its context.
    ServerEvaluated,
}

/// A permission of a key in its environment (edge-protocol 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Permission to read features.
    Read,
    /// Permission to lock features.
    Lock,
    /// Permission to unlock features.
    Unlock,
    /// Permission to change values.
    ChangeValue,
    /// Permission to read the properties (`fp`) of features.
    ExtendedData,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 5] =
        [Self::Read, Self::Lock, Self::Unlock, Self::ChangeValue, Self::ExtendedData];
}

pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
