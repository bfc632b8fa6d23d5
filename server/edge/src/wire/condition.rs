//! Reads the conditions of requests, from the headers `If-None-Match` and `Last-Event-ID` (edge-protocol 2.4, 3.4).

/// The header that contained the text of a condition. The Edge sends the id of a stream event without quotes, and clients return the id
/// with or without quotes (D-105).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The header `If-None-Match`, whose tags are quoted.
    Quoted,
    /// The header `Last-Event-ID`, whose value may be quoted or not.
    QuotedOrBare,
}

/// A well-formed condition of a request: a list of tags.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Condition<'a> {
    tags: Vec<&'a str>,
}

impl<'a> Condition<'a> {
    /// Reads the condition from the text of a header. Returns `None` if the text is malformed, if its number of tags is not `environments`,
    /// or if the text belongs to another context than `context_tag`.
    ///
    /// A weak etag counts as a strong one, because proxies that compress responses make etags weak.
    pub(crate) fn read(
        text: &'a str,
        written: Written,
        environments: usize,
        context_tag: &str,
    ) -> Option<Self> {
        let text = text.strip_prefix("W/").unwrap_or(text);
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let tag = match written {
            Written::Quoted => quoted?,
            Written::QuotedOrBare => quoted.unwrap_or(text),
        };
        let (tags, context) = tag.split_once("//").unwrap_or((tag, "0"));
        if context != context_tag {
            return None;
        }
        let tags: Vec<&str> =
            tags.split(';').filter(|tag| !tag.is_empty()).take(environments + 1).collect();
        (tags.len() == environments).then_some(Self { tags })
    }

    /// Returns true if the tags of the condition equal the current tags, so that the client holds the current answer.
    pub(crate) fn holds<'t>(&self, current: impl IntoIterator<Item = &'t str>) -> bool {
        self.tags.iter().copied().eq(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, written: Written, current: &[&str], context: &str) -> bool {
        Condition::read(text, written, current.len(), context)
            .is_some_and(|condition| condition.holds(current.iter().copied()))
    }

    #[test]
    fn if_none_match() {
        let quoted =
            |text, current: &[&str], context| holds(text, Written::Quoted, current, context);
        assert!(quoted("\"a0\"", &["a0"], "0"));
        assert!(quoted("\"a0//0\"", &["a0"], "0"));
        assert!(quoted("W/\"a0\"", &["a0"], "0"));
        assert!(quoted("\"a0;b0\"", &["a0", "b0"], "0"));
        assert!(quoted("\";a0;;b0;\"", &["a0", "b0"], "0"));
        assert!(quoted("\"a0//f7\"", &["a0"], "f7"));
        assert!(!quoted("a0", &["a0"], "0"));
        assert!(!quoted("\"", &["a0"], "0"));
        assert!(!quoted("\"a0\"", &["a0"], "f7"));
        assert!(!quoted("\"a0//f7\"", &["a0"], "0"));
        assert!(!quoted("\"a0\"", &["a0", "b0"], "0"));
        assert!(!quoted("\"a0;b0\"", &["a0"], "0"));
        assert!(!quoted("\"b0;a0\"", &["a0", "b0"], "0"));
        assert!(!quoted("*", &["a0"], "0"));
    }

    #[test]
    fn last_event_id() {
        assert!(holds("a0//f7", Written::QuotedOrBare, &["a0"], "f7"));
        assert!(holds("\"a0\"", Written::QuotedOrBare, &["a0"], "0"));
        assert!(!holds("b0", Written::QuotedOrBare, &["a0"], "0"));
        assert!(Condition::read("b0", Written::QuotedOrBare, 1, "0").is_some());
        assert!(Condition::read("", Written::QuotedOrBare, 1, "0").is_none());
    }
}
