//! The formats of requests and events: API keys, contexts, conditions and compression.

pub(crate) mod api_key;
pub(crate) mod body;
pub(crate) mod coding;
pub(crate) mod condition;
pub(crate) mod context;
pub(crate) mod entity_tags;
pub(crate) mod sse;
