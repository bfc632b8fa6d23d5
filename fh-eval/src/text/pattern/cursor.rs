//! The place at which the readers of patterns are, as the text that is left.

/// Takes the next character of a text.
pub(super) fn next(rest: &mut &str) -> Option<char> {
    let c = rest.chars().next()?;
    *rest = rest.get(c.len_utf8()..).unwrap_or_default();
    Some(c)
}

/// Takes a beginning of a text. Returns false if the text begins with something else.
pub(super) fn take(rest: &mut &str, expected: &str) -> bool {
    let after = rest.strip_prefix(expected);
    *rest = after.unwrap_or(rest);
    after.is_some()
}
