//! Percent-encoding of texts.

/// Returns true if a byte is an ASCII character that needs no percent-encoding (RFC 3986, 2.3).
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends `text` to `out`. A character is percent-encoded if `is_plain` returns false for one of its bytes.
pub(crate) fn encode(out: &mut String, text: &str, is_plain: impl Fn(u8) -> bool) {
    for character in text.chars() {
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        if bytes.iter().copied().all(&is_plain) {
            out.push(character);
        } else {
            for byte in bytes {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
}
