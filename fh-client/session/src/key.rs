//! API keys: their environment, the side that evaluates, and protection against printing them.

use std::fmt;
use std::sync::Arc;

/// The side that evaluates strategies. The form of the API key determines the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The client evaluates. The key contains a `*`. The Edge sends strategies, which the client evaluates for any number of contexts.
    ClientEvaluated,
    /// The Edge evaluates the features for the context of each request. The key contains no `*`.
    ServerEvaluated,
}

/// An API key: `environment/key`, or the old form `cache/environment/key`.
///
/// `Debug` and `Display` show the environment, never the secret.
///
/// ```
/// use fh_session::{ApiKey, KeyKind};
/// let key = ApiKey::parse("71ed3c04-122b-4312-9ea8-06b2b8d6ceac/fsTmCrU0*g7")?;
/// assert_eq!(&**key.environment(), "71ed3c04-122b-4312-9ea8-06b2b8d6ceac");
/// assert_eq!(key.kind(), KeyKind::ClientEvaluated);
/// assert_eq!(key.to_string(), "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/***");
/// # Ok::<(), fh_session::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiKey {
    text: Arc<str>,
    environment: Arc<str>,
}

/// The reason why a key, or a list of keys, is invalid. The reason never contains a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The list has no key, or a key is empty.
    Empty,
    /// The key has neither two nor three parts between slashes, or one of its last two parts is empty.
    Shape,
    /// The key contains white space, a control character or a quote.
    Character,
    /// A part of the key is `.` or `..`. The path of a stream's URL contains the key, and `.` and `..` would lead to another path.
    Dots,
    /// The key is longer than [`ApiKey::MAX_LENGTH`].
    TooLong,
    /// The list mixes client-evaluated and server-evaluated keys.
    Mixed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the API key is missing or empty: write ENVIRONMENT/KEY",
            Self::Shape => "an API key looks like ENVIRONMENT/KEY",
            Self::Character => {
                "the API key contains white space, a control character or a quote: copy it again"
            }
            Self::Dots => "a part of the API key is `.` or `..`: copy it again",
            Self::TooLong => "the API key is longer than 1024 bytes: copy it again",
            Self::Mixed => {
                "API keys with and without a `*` cannot be mixed: write keys of one kind"
            }
        })
    }
}

impl std::error::Error for KeyError {}

impl ApiKey {
    /// Maximum length of a key in bytes. A longer key gives [`KeyError::TooLong`]. FeatureHub's schema allows 400 characters for the secret
    /// part.
    pub const MAX_LENGTH: usize = 1024;

    /// Parses a key. White space around the key is ignored.
    ///
    /// # Errors
    /// [`KeyError`] if the text is not a valid key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(KeyError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'')) {
            return Err(KeyError::Character);
        }
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| is_dots(part)) {
            return Err(KeyError::Dots);
        }
        let environment = match parts.as_slice() {
            [environment, secret] | [_, environment, secret]
                if !environment.is_empty() && !secret.is_empty() =>
            {
                *environment
            }
            _ => return Err(KeyError::Shape),
        };
        Ok(Self { environment: environment.into(), text: text.into() })
    }

    /// Returns the id of the key's environment.
    #[must_use]
    pub fn environment(&self) -> &Arc<str> {
        &self.environment
    }

    /// Returns the side that evaluates strategies with this key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        if self.text.contains('*') { KeyKind::ClientEvaluated } else { KeyKind::ServerEvaluated }
    }

    /// Returns the complete key with its secret, for requests. Do not print the result.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

/// Returns true if the segment is `.` or `..`, which URL parsers treat as a step to another path.
pub(crate) fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/***", self.environment)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({self})")
    }
}

/// One or more keys of the same kind, without duplicates, in the order in which they were given. If several environments have a feature
/// with the same key, the feature of the earliest API key's environment is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeys {
    first: ApiKey,
    others: Vec<ApiKey>,
}

impl ApiKeys {
    /// Makes a list of keys in the given order, without duplicates.
    ///
    /// # Errors
    /// [`KeyError::Empty`] if there is no key, [`KeyError::Mixed`] if client-evaluated and server-evaluated keys are mixed.
    pub fn new(keys: impl IntoIterator<Item = ApiKey>) -> Result<Self, KeyError> {
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(KeyError::Empty)?;
        let mut others = Vec::new();
        for key in keys {
            if key.kind() != first.kind() {
                return Err(KeyError::Mixed);
            }
            if key != first && !others.contains(&key) {
                others.push(key);
            }
        }
        Ok(Self { first, others })
    }

    /// Parses a list of keys. The order is kept, and duplicates are removed.
    ///
    /// # Errors
    /// The errors of [`ApiKey::parse`] and [`Self::new`].
    pub fn parse<T: AsRef<str>>(keys: impl IntoIterator<Item = T>) -> Result<Self, KeyError> {
        let keys: Result<Vec<_>, _> =
            keys.into_iter().map(|text| ApiKey::parse(text.as_ref())).collect();
        Self::new(keys?)
    }

    /// Returns the first key, which is the key that a stream uses.
    #[must_use]
    pub const fn first(&self) -> &ApiKey {
        &self.first
    }

    /// Returns all keys, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &ApiKey> + Clone {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Returns the side that evaluates strategies with these keys.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.first.kind()
    }

    /// Returns true if there is more than one key. A client with several keys does not stream.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// Returns a digest of the keys in their order, for files that must not hold keys: a SHA-256 in lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let texts: Vec<&str> = self.iter().map(ApiKey::expose).collect();
        crate::context_header::sha256_hex(texts.join("\n").as_bytes())
    }
}
