//! The headers that a program may set.

use std::fmt;

/// The names of headers that the program must not set, because the client or the HTTP library sets them. If the program sets
/// one of them, starting the client or replacing its headers fails.
const OURS: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "if-none-match",
    "transfer-encoding",
    "x-featurehub",
    "x-sdk",
];

/// Returns true if a header can have this value.
pub(crate) fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// Writes the error for a header that [`unsendable`] has found.
pub(crate) fn write_unsendable(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let why = if is_ours(name) {
        "leave it to the client"
    } else {
        "remove invalid characters from its name or value"
    };
    write!(f, "the header {name:?} cannot be sent: {why}")
}

/// Returns the name of the first header that cannot be sent, or `None` if all headers can be sent.
pub(crate) fn unsendable(headers: &[(String, String)]) -> Option<&str> {
    let mut wrong = headers.iter().filter(|(name, value)| !can_be_sent(name, value));
    wrong.next().map(|(name, _)| name.as_str())
}

fn can_be_sent(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token) && !is_ours(name) && is_header_value(value)
}

fn is_ours(name: &str) -> bool {
    OURS.contains(&name.to_ascii_lowercase().as_str())
}
