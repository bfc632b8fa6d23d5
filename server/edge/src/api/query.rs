//! Parses query strings. The pairs keep their order, and a name may occur several times.

use std::borrow::Cow;

use crate::wire::context::form_decode;

/// Returns the decoded pairs of names and values of a query string, in their order. A name without `=` has an empty value, and empty parts
/// are left out.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (form_decode(name), form_decode(value))
    })
}
