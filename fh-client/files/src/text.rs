//! Byte order marks, which some editors and shells write at the beginning of a text.

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// The byte order marks of UTF-16.
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// Returns a text without a byte order mark at its beginning.
///
/// ```
/// assert_eq!(fh_files::without_mark("\u{feff}server.port=8903"), "server.port=8903");
/// assert_eq!(fh_files::without_mark("server.port=8903"), "server.port=8903");
/// ```
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

pub(crate) fn without_mark_bytes(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// Returns true if the bytes begin with a byte order mark of UTF-16. No UTF-8 text begins with these bytes.
#[must_use]
pub fn is_utf16(bytes: &[u8]) -> bool {
    UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark))
}
