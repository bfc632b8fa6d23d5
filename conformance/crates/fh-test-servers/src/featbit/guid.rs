//! GUIDs in the byte order of .NET, which environment secrets contain.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Number of characters of a GUID in base64 without padding.
pub(crate) const TEXT_LENGTH: usize = 22;

/// .NET ignores the bits after the last byte, and so does this engine.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A GUID as 16 bytes, in the order in which its text shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guid([u8; 16]);

impl Guid {
    /// Returns a GUID of the form of version 4, whose digits are those of a number.
    pub(crate) fn numbered(number: u128) -> Self {
        let mut bytes = number.to_be_bytes();
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = 0x40 | (*version & 0x0f);
        *variant = 0x80 | (*variant & 0x3f);
        Self(bytes)
    }

    /// Reads the form `0f8fad5b-d9cd-469f-a165-70867728950e`.
    #[cfg(test)]
    fn parse(text: &str) -> Option<Self> {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        if lengths != [8, 4, 4, 4, 12] {
            return None;
        }
        let digits: String = text.split('-').collect();
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(&digits, 16).ok().filter(|_| is_hex)?;
        Some(Self(number.to_be_bytes()))
    }

    /// Returns the 22 characters that a secret contains.
    pub(crate) fn to_secret_half(self) -> String {
        ENGINE.encode(swapped(self.0))
    }

    /// Reads the 22 characters that a secret contains.
    pub(crate) fn from_secret_half(text: &str) -> Option<Self> {
        let standard = text.replace('/', "_").replace('+', "-");
        let bytes = ENGINE.decode(standard).ok()?;
        Some(Self(swapped(bytes.try_into().ok()?)))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }
}

impl std::fmt::Display for Guid {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                to.write_str("-")?;
            }
            write!(to, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// Reverses the bytes of the first three groups, which .NET holds as little-endian numbers.
fn swapped(bytes: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_halves_of_secrets() {
        let text = "0f8fad5b-d9cd-469f-a165-70867728950e";
        let guid = Guid::parse(text).unwrap();
        assert_eq!(guid.to_string(), text);
        assert_eq!(guid.to_secret_half(), "W62PD83Zn0ahZXCGdyiVDg");
        assert_eq!(Guid::from_secret_half("W62PD83Zn0ahZXCGdyiVDg"), Some(guid));
        assert_eq!(Guid::from_secret_half("W62PD83Zn0ahZXCGdyiVDh"), Some(guid));
        assert_eq!(Guid::from_secret_half("W62PD83Zn0ahZXCGdyiV"), None);
        assert_eq!(Guid::parse("0f8fad5b-d9cd-469f-a165+70867728950e"), None);
    }
}
