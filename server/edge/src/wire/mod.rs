//! The formats of requests and events: API keys, contexts, conditions and compression.

pub(crate) mod api_key;
pub(crate) mod coding;
pub(crate) mod condition;
pub(crate) mod context;
pub(crate) mod entity_tags;
pub(crate) mod sse;

use serde::Deserialize;

/// Reads a JSON object. The error describes the mistake in the body. A list is rejected explicitly, because serde's derived readers would
/// accept it and use its elements as the members.
pub(crate) fn read_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err("the body is not a JSON object".to_string());
    }
    serde_json::from_slice(body).map_err(|why| why.to_string())
}
