//! Revisions and versions as etags, and `If-Match` on them.

use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue};

/// What an `If-Match` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// There is no such header.
    Absent,
    /// Whatever is there.
    Any,
    /// This one.
    Only(i64),
    /// Something that was never given out.
    Never,
}

impl Match {
    /// Reads the header. Weak tags count as strong ones: proxies that compress write them.
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
        // Numbers are given out in one form.
        match read.filter(|read| number == Some(read.to_string().as_str())) {
            Some(number) => Self::Only(number),
            None => Self::Never,
        }
    }
}

/// The etag of a version or revision.
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
