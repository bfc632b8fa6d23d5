//! Converts versions and revisions to etags, and reads the `If-Match` header.

use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue};

use crate::wire::entity_tags::entity_tags;

/// The condition of an `If-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    /// The request has no `If-Match` header.
    Absent,
    /// Any version matches.
    Any,
    /// One of these versions matches. The list has only etags in the form that this Edge sends, so it may be empty.
    OneOf(Vec<i64>),
}

impl Match {
    /// Reads the `If-Match` header, which has one line or several. A weak etag counts as a strong one, because proxies that compress
    /// responses make etags weak.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        if !headers.contains_key(IF_MATCH) {
            return Self::Absent;
        }
        let texts = || headers.get_all(IF_MATCH).iter().filter_map(|line| line.to_str().ok());
        if texts().any(|text| text.trim() == "*") {
            return Self::Any;
        }
        let versions = texts().flat_map(entity_tags).filter_map(|tag| {
            let version = tag.opaque.parse::<i64>().ok()?;
            // Each number has one spelling in etags, so `"07"` matches no version.
            (version.to_string() == tag.opaque).then_some(version)
        });
        Self::OneOf(versions.collect())
    }
}

/// Returns the etag of a version or revision, such as `"7"`. The result is never `None`, because digits and quotes are a valid header
/// value.
pub(super) fn of(number: i64) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{number}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match() {
        let read = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(IF_MATCH, HeaderValue::from_static(line));
            }
            Match::read(&headers)
        };
        assert_eq!(read(&[]), Match::Absent);
        assert_eq!(read(&["*"]), Match::Any);
        for (lines, versions) in [
            (&["\"7\""][..], &[7][..]),
            (&["W/\"7\""], &[7]),
            (&["\"1\", W/\"2\""], &[1, 2]),
            (&["\"x\",\"2\""], &[2]),
            (&["\"1\"", "\"2\""], &[1, 2]),
            (&["7"], &[]),
            (&["\"+7\""], &[]),
            (&["\"07\""], &[]),
            (&["\"x\""], &[]),
            (&[""], &[]),
            (&["\"99999999999999999999\""], &[]),
        ] {
            assert_eq!(read(lines), Match::OneOf(versions.to_vec()), "{lines:?}");
        }
        assert_eq!(of(7).unwrap(), "\"7\"");
    }
}
