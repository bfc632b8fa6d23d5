//! The API key of an environment.

use std::fmt;
use std::sync::Arc;

/// An API key of FeatureSignals. `Debug` shows none of it.
///
/// ```
/// use fh_session::featuresignals::Key;
/// let key = Key::parse(" fs_srv_0123456789abcdef ")?;
/// assert_eq!(key.expose(), "fs_srv_0123456789abcdef");
/// assert_eq!(format!("{key:?}"), "Key(***)");
/// # Ok::<(), fh_session::featuresignals::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Arc<str>);

/// The reason why a text is no API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is empty or blank.
    Empty,
    /// The text contains white space, a control character, or a character that is not ASCII.
    Character,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => {
                "the API key is empty: create a key of the environment in FeatureSignals, such as fs_srv_…"
            }
            Self::Character => {
                "the API key contains a character that is not printable ASCII: copy the key of the environment from FeatureSignals"
            }
        })
    }
}

impl std::error::Error for KeyError {}

impl Key {
    /// Reads an API key. White space around it is removed. Its form is not checked further, because only the server knows its forms.
    ///
    /// # Errors
    /// [`KeyError`] if the text is blank, or contains a character that keys cannot contain.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Character);
        }
        Ok(Self(text.into()))
    }

    /// Returns the key, for a request. Do not print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}
