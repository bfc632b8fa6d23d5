//! Escapes of lone surrogates, which JSON allows and Rust strings cannot hold.

use std::borrow::Cow;

/// Returns the escapes of lone surrogates in a JSON text, each with its byte offset in the text. An example is `\ud800`
/// without the second half of its pair. Such escapes are legal JSON, but no Rust string can hold them.
pub fn lone_surrogates(json: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = json.as_bytes();
    let unit = |at: usize| -> Option<u16> {
        let hex = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let mut next = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = bytes.get(next..)?;
            let at = next + rest.iter().position(|byte| *byte == b'\\')?;
            match unit(at) {
                Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => {
                    next = at + 12;
                }
                Some(0xD800..=0xDFFF) => {
                    next = at + 6;
                    return Some((at, json.get(at..next)?));
                }
                // Every other escape, such as `\\`, has at least two bytes, so two bytes are skipped.
                _ => next = at + 2,
            }
        }
    })
}

/// Returns a JSON text with an escape of U+FFFD in place of each escape of a lone surrogate.
#[must_use]
pub fn mend(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (at, escape) in lone_surrogates(json) {
        out.push_str(json.get(done..at).unwrap_or_default());
        out.push_str("\\ufffd");
        done = at + escape.len();
    }
    if done == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(done..).unwrap_or_default());
    Cow::Owned(out)
}
