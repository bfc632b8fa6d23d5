//! Percent-encoding as in forms, decoded as a server does it.

/// The error of a `%` without two hexadecimal digits, or of bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Decodes `%XX`, and `+` as a space.
pub(crate) fn decode(text: &str) -> Result<String, Malformed> {
    percent(text, Plus::Space)
}

/// Decodes `%XX` and leaves `+` unchanged, as in paths.
pub(crate) fn decode_path(text: &str) -> Result<String, Malformed> {
    percent(text, Plus::Itself)
}

/// Returns the decoded pairs of a query. Parts that cannot be decoded are left as they are.
pub(crate) fn query(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_or_raw(name), decode_or_raw(value))
        })
        .collect()
}

pub(crate) fn decode_or_raw(text: &str) -> String {
    decode(text).unwrap_or_else(|Malformed| text.to_owned())
}

#[derive(Clone, Copy)]
enum Plus {
    Space,
    Itself,
}

fn percent(text: &str, plus: Plus) -> Result<String, Malformed> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match (byte, plus) {
            (b'%', _) => {
                let high = bytes.next().and_then(digit).ok_or(Malformed)?;
                let low = bytes.next().and_then(digit).ok_or(Malformed)?;
                high * 16 + low
            }
            (b'+', Plus::Space) => b' ',
            _ => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| Malformed)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
