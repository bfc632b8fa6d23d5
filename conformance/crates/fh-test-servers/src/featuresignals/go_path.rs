//! Paths as the router of Go's server sees them.

use std::fmt::Write;

/// Returns the path that is compared with routes, or nothing if an escape is invalid.
///
/// Go compares the decoded path if it would encode that path in the same way again, and otherwise the path as it was sent. So a slug `x y` must
/// be sent as `x%20y`, while `prod%75ction` is not `production`.
pub(crate) fn routed(path: &str) -> Option<String> {
    let decoded = unescaped(path.as_bytes(), false)?;
    let is_canonical = escaped(&decoded) == path;
    Some(if is_canonical {
        String::from_utf8_lossy(&decoded).into_owned()
    } else {
        path.to_owned()
    })
}

/// Decodes `%xx`, and `+` in a query. An incomplete escape is none.
pub(crate) fn unescaped(text: &[u8], is_query: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'%' => {
                let (hex, after) = rest.split_at_checked(2)?;
                rest = after;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let number = digit(hex.first()?)? * 16 + digit(hex.last()?)?;
                u8::try_from(number).ok()?
            }
            b'+' if is_query => b' ',
            other => *other,
        });
    }
    Some(bytes)
}

/// Encodes a path as Go does.
fn escaped(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Returns the first value of a parameter. A pair with an invalid escape or a semicolon is left out. Bytes that are no UTF-8 are replaced.
pub(crate) fn first_parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_it = !pair.contains(';') && unescaped(key.as_bytes(), true)? == name.as_bytes();
        let value = unescaped(value.as_bytes(), true)?;
        is_it.then(|| String::from_utf8_lossy(&value).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_escapes_that_go_writes_are_decoded() {
        assert_eq!(routed("/c/x%20y/f").as_deref(), Some("/c/x y/f"));
        assert_eq!(routed("/c/pr%C3%BCf/f").as_deref(), Some("/c/prüf/f"));
        for kept in ["/c/pr%c3%bcf/f", "/c/prod%75ction/f", "/c/a%3Ab/f", "/c/x%2Fy/f", "/c/a*b/f"]
        {
            assert_eq!(routed(kept).as_deref(), Some(kept));
        }
        assert_eq!(routed("/c/%2"), None);
    }

    #[test]
    fn the_first_valid_pair_counts() {
        let first = |query| first_parameter(query, "key");
        assert_eq!(first("KEY=x&a=%ZZ&key=a+b&key=c").as_deref(), Some("a b"));
        assert_eq!(first("key=%ZZ&key=a;b"), None);
        assert_eq!(first("key").as_deref(), Some(""));
    }
}
