//! The `x-featurehub` header, which sends the context of a server-evaluated key to the Edge.

use std::fmt::Write;

use fh_eval::Attributes;
use fh_repository::problem::{MAX_ATTRIBUTES, TooManyAttributes};

/// A context in the form of the `x-featurehub` header, from which the digest of the context is computed. Equal contexts have equal headers,
/// whatever the order of their attributes.
///
/// ```
/// use fh_eval::Attributes;
/// use fh_session::ContextHeader;
/// let fred = Attributes::builder().user_key("fred").attribute("styles", ["deep house", "a,b"]).build();
/// let header = ContextHeader::of(&fred)?;
/// assert_eq!(header.text(), Some("styles=deep%20house%2Ca%2Cb,userkey=fred"));
/// assert_eq!(ContextHeader::of(&Attributes::default())?.context_sha(), "0");
/// # Ok::<(), fh_repository::problem::TooManyAttributes>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextHeader {
    /// The text of the header; empty if the context has no attributes.
    text: String,
}

impl ContextHeader {
    /// Returns the header of a context.
    ///
    /// # Errors
    /// [`TooManyAttributes`] if the context has more than [`MAX_ATTRIBUTES`].
    pub fn of(attributes: &Attributes) -> Result<Self, TooManyAttributes> {
        let mut pairs: Vec<String> = attributes
            .iter()
            .map(|(name, values)| {
                let values: Vec<&str> = values.collect();
                format!("{}={}", percent_encode(name), percent_encode(&values.join(",")))
            })
            .collect();
        if pairs.len() > MAX_ATTRIBUTES {
            return Err(TooManyAttributes(pairs.len()));
        }
        pairs.sort_unstable();
        Ok(Self { text: pairs.join(",") })
    }

    /// Returns the text of the header; `None` if the context has no attributes, because then no header is sent.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        (!self.text.is_empty()).then_some(self.text.as_str())
    }

    /// Returns the digest by which caches distinguish contexts: the SHA-256 of the header in lower-case hexadecimal, or `0` if the context
    /// has no attributes.
    #[must_use]
    pub fn context_sha(&self) -> String {
        self.text().map_or_else(|| "0".to_string(), |text| sha256_hex(text.as_bytes()))
    }
}

/// Returns the names of the attributes of which a value contains a comma. An Edge splits such a value at its commas.
#[must_use]
pub(crate) fn values_with_commas(attributes: &Attributes) -> Vec<String> {
    let split = attributes.iter().filter(|(_, values)| values.clone().any(|v| v.contains(',')));
    split.map(|(name, _)| name.to_string()).collect()
}

/// Returns `text` with all characters percent-encoded except ASCII letters, digits and `-_.~`.
pub(crate) fn percent_encode(text: &str) -> String {
    percent_encode_but(text, "")
}

/// Returns the same as [`percent_encode`], but leaves the ASCII characters of `kept` unchanged too.
pub(crate) fn percent_encode_but(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        if plain || kept.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Returns the SHA-256 of bytes in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_the_specification() {
        for (text, hex) in [
            ("userkey=fred", "6a1d1fa42d1c1917552a255a940792205cb62cc2efd6613ab5a3f75d0038518b"),
            ("1234", "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4"),
            ("a=b", "42144f3939c3ffbbf0bf8b1f12affb5c23a4c5bd41e0ff672d54a5754f062058"),
            ("zoot=riot", "629d7f91c9b2dacda7232e77dbe8874736eaf74589a15d2a23befbc880b6cb5c"),
        ] {
            assert_eq!(sha256_hex(text.as_bytes()), hex, "{text}");
        }
        let fred = Attributes::builder().user_key("fred").build();
        assert_eq!(
            ContextHeader::of(&fred).unwrap().context_sha(),
            "6a1d1fa42d1c1917552a255a940792205cb62cc2efd6613ab5a3f75d0038518b"
        );
    }

    #[test]
    fn attributes_cannot_inject_headers() {
        let odd = Attributes::builder()
            .attribute("k=,\r\n&", "v\r\nX-Evil: 1")
            .user_key("a b,c=d é 😀")
            .build();
        let header = ContextHeader::of(&odd).unwrap();
        assert_eq!(
            header.text().unwrap(),
            "k%3D%2C%0D%0A%26=v%0D%0AX-Evil%3A%201,userkey=a%20b%2Cc%3Dd%20%C3%A9%20%F0%9F%98%80"
        );
        assert_eq!(values_with_commas(&odd), ["userkey"]);
    }
}
