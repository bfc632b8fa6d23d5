//! A header that a relay sends.

use http::HeaderName;

use super::value::header;

/// A header for every request to the relayed Edge. `Debug` does not show its value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RelayHeader {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl std::fmt::Debug for RelayHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Parses `NAME=VALUE`. The value may contain `=`. Errors do not repeat the value, which may be a secret.
pub(super) fn header_pair(text: &str) -> Result<RelayHeader, String> {
    let wrong = || "write NAME=VALUE, such as x-tenant=blue".to_string();
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
    let value = header(value)?.ok_or_else(wrong)?;
    let value = value
        .to_str()
        .map_err(|_| "the header's value contains characters other than ASCII".to_string())?;
    Ok(RelayHeader { name: name.to_string(), value: value.to_string() })
}

/// Parses the headers in the text of a file, one per line.
pub(crate) fn relay_headers_in(text: &str) -> Result<Vec<RelayHeader>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let headers =
        lines.map(|(at, line)| header_pair(line).map_err(|why| format!("line {}: {why}", at + 1)));
    headers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_a_name_and_a_value_and_no_error_repeats_the_value() {
        let pair = header_pair(" X-One = a b=c ").unwrap();
        assert_eq!((pair.name.as_str(), pair.value.as_str()), ("x-one", "a b=c"));
        assert!(!format!("{pair:?}").contains("a b"));
        for wrong in
            ["secret", "=secret", "x one=secret", "x-one=", "x-one=sec\nret", "x-one=secr\u{e9}t"]
        {
            assert!(!header_pair(wrong).unwrap_err().contains("secr"), "{wrong}");
        }
    }
}
