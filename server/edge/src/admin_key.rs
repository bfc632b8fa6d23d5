//! The key of the admin API.

use std::fmt;

use subtle::ConstantTimeEq;

/// The key of the admin API, which allows changing the whole state. Therefore `Debug` does not show the key, and the time of a comparison
/// does not depend on the key.
///
/// ```
/// use fh_edge::AdminKey;
/// let key = AdminKey::new("correct-horse-battery")?;
/// assert!(key.is("correct-horse-battery") && !key.is("correct-horse-staples"));
/// assert_eq!(format!("{key:?}"), "***");
/// assert!(AdminKey::new("secret").is_err());
/// # Ok::<(), fh_edge::InvalidAdminKey>(())
/// ```
#[derive(Clone)]
pub struct AdminKey {
    digest: [u8; 32],
}

/// The reason why a text is not a valid admin key. Its message does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidAdminKey {
    /// The text is shorter than [`AdminKey::SHORTEST`], so it could be guessed.
    TooShort,
    /// The text is longer than [`AdminKey::LONGEST`], so it might not fit into a header.
    TooLong,
    /// The text contains a space or another character that is not a visible ASCII character.
    Characters,
}

impl fmt::Display for InvalidAdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => {
                write!(
                    f,
                    "the admin key is shorter than {} characters: write a random one, such as the output of `openssl rand -hex 16`",
                    AdminKey::SHORTEST
                )
            }
            Self::TooLong => write!(f, "the admin key is longer than {} characters", AdminKey::LONGEST),
            Self::Characters => {
                f.write_str("the admin key contains a space, or a character other than visible ASCII characters")
            }
        }
    }
}

impl std::error::Error for InvalidAdminKey {}

impl AdminKey {
    /// The minimum number of characters of an admin key. A shorter key could be guessed and is rejected.
    pub const SHORTEST: usize = 16;
    /// The maximum number of characters of an admin key, so that the key fits into the head of a request. A longer key is rejected.
    pub const LONGEST: usize = 400;

    /// Makes a key from its text.
    ///
    /// # Errors
    /// Returns [`InvalidAdminKey`] if the text is shorter than [`Self::SHORTEST`], longer than [`Self::LONGEST`], or contains other than
    /// visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, InvalidAdminKey> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidAdminKey::Characters);
        }
        match text.len() {
            0..Self::SHORTEST => Err(InvalidAdminKey::TooShort),
            Self::SHORTEST..=Self::LONGEST => Ok(Self { digest: digest(text) }),
            _ => Err(InvalidAdminKey::TooLong),
        }
    }

    /// Returns true if the text `given` equals this key. The time of the comparison does not depend on the key.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        self.digest.ct_eq(&digest(given)).into()
    }
}

impl PartialEq for AdminKey {
    fn eq(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }
}

impl Eq for AdminKey {}

/// Returns the digest of a text. All digests have the same length, so comparing them reveals nothing about the length of the key.
fn digest(text: &str) -> [u8; 32] {
    crate::digest::digest(text.as_bytes())
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_and_invalid_keys() {
        let refused = |text: &str| AdminKey::new(text).map(|_| ()).unwrap_err();
        assert_eq!(refused(""), InvalidAdminKey::TooShort);
        assert_eq!(refused(&"k".repeat(15)), InvalidAdminKey::TooShort);
        assert_eq!(refused(&"k".repeat(401)), InvalidAdminKey::TooLong);
        assert_eq!(refused("sixteen characters"), InvalidAdminKey::Characters);
        assert_eq!(refused("sixteen-zeichen-ä"), InvalidAdminKey::Characters);
        let key = AdminKey::new(&"k".repeat(16)).unwrap();
        assert!(key.is(&"k".repeat(16)));
        assert!(!key.is(&"k".repeat(17)) && !key.is("") && !key.is(&"K".repeat(16)));
        let options = crate::Options { admin_key: Some(key), ..crate::Options::default() };
        assert!(!format!("{options:?}").contains("kkkk"));
    }
}
