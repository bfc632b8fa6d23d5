//! The bytes of a payload as text.

/// Returns the text of a payload without a byte-order mark. An error is the position of the first byte that is not UTF-8.
pub(crate) fn payload_text(bytes: &[u8]) -> Result<&str, usize> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.valid_up_to())?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
