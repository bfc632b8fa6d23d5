//! API keys as a server reads them (edge-protocol 1).
use std::fmt;

/// An API key: the environment it belongs to and the secret part.
///
/// `Debug` and `Display` never show the secret part.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiKey {
    environment: String,
    secret: String,
}

impl ApiKey {
    /// Reads `environment/secret` or the old `cache/environment/secret`. The environment must be a
    /// UUID; it is kept in lower case (edge-protocol 1.2). `None` for anything else.
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

    /// The environment's id, in lower case.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// The part that must not be shown.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Who evaluates: a key with `*` is for clients that do (edge-protocol 1.4).
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

/// Who evaluates the strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The client gets strategies.
    ClientEvaluated,
    /// The client gets values for its context.
    ServerEvaluated,
}

/// What a key may do in its environment (edge-protocol 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Read features.
    Read,
    /// Lock features.
    Lock,
    /// Unlock features.
    Unlock,
    /// Change values.
    ChangeValue,
    /// Get the properties (`fp`) of features.
    ExtendedData,
}

impl Permission {
    /// All of them.
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
