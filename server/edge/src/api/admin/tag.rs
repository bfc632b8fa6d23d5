//! Converts versions and revisions to etags, and reads the `If-Match` header.

use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue};

/// The condition of an `If-Match` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// The request has no `If-Match` header.
    Absent,
    /// Any version matches.
    Any,
    /// Only this version matches.
    Only(i64),
    /// No version matches, because the header is neither `*` nor exactly one etag in the form that this Edge sends, or in the weak form of
    /// it.
    Never,
}

impl Match {
    /// Reads the `If-Match` header. A weak etag counts as a strong one, because proxies that compress responses make etags weak.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(IF_MATCH).iter();
        let Some(line) = lines.next() else { return Self::Absent };
        if lines.next().is_some() {
            return Self::Never;
        }
        let text = line.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Self::Any;
        }
        let text = text.strip_prefix("W/").unwrap_or(text);
        let number = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let read = number.and_then(|number| number.parse::<i64>().ok());
        // Each number has one spelling in etags, so `"07"` matches no version.
        match read.filter(|read| number == Some(read.to_string().as_str())) {
            Some(number) => Self::Only(number),
            None => Self::Never,
        }
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
        assert_eq!(read(&["\"7\""]), Match::Only(7));
        assert_eq!(read(&["W/\"7\""]), Match::Only(7));
        for never in
            ["7", "\"+7\"", "\"07\"", "\"x\"", "\"1\", \"2\"", "", "\"99999999999999999999\""]
        {
            assert_eq!(read(&[never]), Match::Never, "{never}");
        }
        assert_eq!(read(&["\"1\"", "\"2\""]), Match::Never);
        assert_eq!(of(7).unwrap(), "\"7\"");
    }
}
