//! The bytes of a payload as one JSON value.

use serde_json::value::RawValue;

/// The reason why bytes are no JSON.
pub(crate) enum Unparsable {
    /// The bytes are not UTF-8. The number is the position of the first byte that is not.
    NotUtf8(usize),
    /// The text is not JSON, with the parser's message.
    InvalidJson(String),
}

/// Reads the bytes of a payload, whose JSON is not read yet. A byte-order mark is skipped.
pub(crate) fn payload(bytes: &[u8]) -> Result<&RawValue, Unparsable> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| Unparsable::NotUtf8(error.valid_up_to()))?;
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(json)
        .map_err(|error: serde_json::Error| Unparsable::InvalidJson(error.to_string()))
}
