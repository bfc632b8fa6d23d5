//! Reads the conditions of requests, from the headers `If-None-Match` and `Last-Event-ID`.

/// A well-formed condition of a request: a list of tags.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Condition<'a> {
    tags: Vec<&'a str>,
}

impl<'a> Condition<'a> {
    /// Reads the condition from an etag without its quotes. Returns `None` if its number of tags is not `environments`, or if the etag
    /// belongs to another context than `context_tag`.
    pub(crate) fn of_etag(tag: &'a str, environments: usize, context_tag: &str) -> Option<Self> {
        let (tags, context) = tag.split_once("//").unwrap_or((tag, "0"));
        if context != context_tag {
            return None;
        }
        let tags: Vec<&str> =
            tags.split(';').filter(|tag| !tag.is_empty()).take(environments + 1).collect();
        (tags.len() == environments).then_some(Self { tags })
    }

    /// Reads the condition of a `Last-Event-ID` in quotes. Returns `None` for an id without quotes: event-source libraries return the last id in
    /// this form on their own, also for a client that has lost its features since.
    pub(crate) fn of_event_id(text: &'a str, context_tag: &str) -> Option<Self> {
        let text = text.strip_prefix("W/").unwrap_or(text);
        let quoted = text.strip_prefix('"')?.strip_suffix('"')?;
        Self::of_etag(quoted, 1, context_tag)
    }

    /// Returns true if the tags of the condition equal the current tags, so that the client holds the current answer.
    pub(crate) fn holds<'t>(&self, current: impl IntoIterator<Item = &'t str>) -> bool {
        self.tags.iter().copied().eq(current)
    }
}
