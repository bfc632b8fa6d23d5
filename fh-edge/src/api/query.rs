//! Query strings. Order and repeated names are kept.

use std::borrow::Cow;

use crate::wire::context::form_decode;

/// Returns the decoded pairs of a query string.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (form_decode(name), form_decode(value))
    })
}
