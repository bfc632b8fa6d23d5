//! Reads that interceptors decide about, and their decisions, in JSON.

use fh_client::{Failed, InterceptedRead, Kind, Value};
use serde_json::json;

use super::usage::attributes;
use super::value::JsonValue;

/// Returns a read. It contains the attributes of the context, which are personal data.
#[must_use]
pub fn intercepted(read: &InterceptedRead<'_>) -> serde_json::Value {
    json!({
        "key": read.key,
        "kind": read.feature.and_then(|feature| feature.kind()).map(Kind::as_str),
        "exists": read.feature.is_some(),
        "isLocked": read.feature.is_some_and(|feature| feature.is_locked()),
        "version": read.feature.map_or(-1, |feature| feature.version()),
        "attributes": read.attributes.map(attributes),
    })
}

/// Returns the value with which an interceptor overrides a read: a [`JsonValue`].
///
/// # Errors
/// [`Failed`] if the text is none, with which a binding reports that the function has failed.
pub fn decision(json: &str) -> Result<Option<Value>, Failed> {
    let value: JsonValue = serde_json::from_str(json).map_err(|_| Failed)?;
    value.try_into().map_err(|_| Failed)
}
