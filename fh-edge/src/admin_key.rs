//! The key of the admin API.

use std::fmt;

use subtle::ConstantTimeEq;

/// The key of the admin API. Who has it may do everything, so `Debug` does not show it, and comparing takes as long for every
/// key.
///
/// ```
/// use fh_edge::AdminKey;
/// let key = AdminKey::new("correct-horse-battery")?;
/// assert!(key.is("correct-horse-battery") && !key.is("correct-horse-staples"));
/// assert_eq!(format!("{key:?}"), "***");
/// assert!(AdminKey::new("secret").is_err());
/// # Ok::<(), fh_edge::NotAnAdminKey>(())
/// ```
#[derive(Clone)]
pub struct AdminKey {
    digest: [u8; 32],
}

/// Why a text is no admin key, in words that do not hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAnAdminKey {
    /// It is easily guessed.
    TooShort,
    /// It does not fit into a header.
    TooLong,
    /// It holds something that does not travel in a header.
    Characters,
}

impl fmt::Display for NotAnAdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => {
                write!(f, "an admin key has at least {} characters", AdminKey::SHORTEST)
            }
            Self::TooLong => write!(f, "an admin key has at most {} characters", AdminKey::LONGEST),
            Self::Characters => {
                f.write_str("an admin key holds visible ASCII characters and no blanks")
            }
        }
    }
}

impl std::error::Error for NotAnAdminKey {}

impl AdminKey {
    /// Fewer characters are guessed.
    pub const SHORTEST: usize = 16;
    /// More do not fit into a header with the rest.
    pub const LONGEST: usize = 400;

    /// Takes a key.
    ///
    /// # Errors
    /// [`NotAnAdminKey`] if it is too short to be safe, or does not travel in a header.
    pub fn new(text: &str) -> Result<Self, NotAnAdminKey> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAnAdminKey::Characters);
        }
        match text.len() {
            0..Self::SHORTEST => Err(NotAnAdminKey::TooShort),
            Self::SHORTEST..=Self::LONGEST => Ok(Self { digest: digest(text) }),
            _ => Err(NotAnAdminKey::TooLong),
        }
    }

    /// Is this the key?
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        self.digest.ct_eq(&digest(given)).into()
    }
}

/// Keys of every length are compared in the same time.
fn digest(text: &str) -> [u8; 32] {
    hmac_sha256::Hash::hash(text.as_bytes())
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
    fn what_can_be_a_key() {
        let refused = |text: &str| AdminKey::new(text).map(|_| ()).unwrap_err();
        assert_eq!(refused(""), NotAnAdminKey::TooShort);
        assert_eq!(refused(&"k".repeat(15)), NotAnAdminKey::TooShort);
        assert_eq!(refused(&"k".repeat(401)), NotAnAdminKey::TooLong);
        assert_eq!(refused("sixteen characters"), NotAnAdminKey::Characters);
        assert_eq!(refused("sixteen-zeichen-ä"), NotAnAdminKey::Characters);
        let key = AdminKey::new(&"k".repeat(16)).unwrap();
        assert!(key.is(&"k".repeat(16)));
        assert!(!key.is(&"k".repeat(17)) && !key.is("") && !key.is(&"K".repeat(16)));
        let options = crate::Options { admin_key: Some(key), ..crate::Options::default() };
        assert!(!format!("{options:?}").contains("kkkk"));
    }
}
