//! The server-side secret of an environment.

use std::fmt;
use std::sync::Arc;

/// The secret of an environment of FeatBit. `Debug` shows only the id of the environment, which is no secret.
///
/// ```
/// use fh_session::featbit::Secret;
/// let secret = Secret::parse(" ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg ")?;
/// assert_eq!(&*secret.environment(), "0f8fad5b-d9cd-469f-a165-70867728950e");
/// assert!(!format!("{secret:?}").contains("ERERESIi"));
/// # Ok::<(), fh_session::featbit::SecretError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

/// The reason why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// The text is empty or blank.
    Empty,
    /// The text contains white space, a control character, or a character that is not ASCII.
    Character,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => {
                "the environment secret is empty: copy the server secret from the environment's settings in FeatBit"
            }
            Self::Character => {
                "the environment secret contains a character that is not printable ASCII: copy the server secret from the environment's \
                 settings in FeatBit"
            }
        })
    }
}

impl std::error::Error for SecretError {}

/// Number of characters of a secret that are the id of its environment, at the end of the secret.
const ENVIRONMENT: usize = 22;

impl Secret {
    /// Reads a secret. White space around it is removed. Its form is not checked further, because only the server knows its forms.
    ///
    /// # Errors
    /// [`SecretError`] if the text is blank, or contains a character that secrets cannot contain.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::Character);
        }
        Ok(Self(text.into()))
    }

    /// Returns the secret, for a request. Do not print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the id of the environment that the secret contains; `unknown` if the secret has another form.
    #[must_use]
    pub fn environment(&self) -> Arc<str> {
        environment(&self.0).map_or_else(|| "unknown".into(), Into::into)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.environment())
    }
}

/// Decodes the id at the end of a secret: base64url of a GUID, whose first three groups are little-endian.
fn environment(secret: &str) -> Option<String> {
    let secret = secret.trim_end_matches('=');
    let digits =
        secret.get(secret.len().checked_sub(ENVIRONMENT)?..).filter(|_| secret.len() == 44)?;
    let mut bits = 0_u128;
    for (position, digit) in digits.bytes().enumerate() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        // 22 digits have 132 bits. The last four of them are padding.
        let is_last = position == ENVIRONMENT - 1;
        bits = if is_last {
            bits << 2 | u128::from(value >> 4)
        } else {
            bits << 6 | u128::from(value)
        };
    }
    let [a, b, c, d, e, f, g, h, rest @ ..] = bits.to_be_bytes();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (clock, node) = rest.split_at(2);
    Some(format!(
        "{}-{}-{}-{}-{}",
        hex(&[d, c, b, a]),
        hex(&[f, e]),
        hex(&[h, g]),
        hex(clock),
        hex(node)
    ))
}
