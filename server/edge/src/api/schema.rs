//! Answers requests for the JSON Schema of state files. It needs no API key, because it is the same for all servers.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use super::respond;
use crate::state::schema::STATE_SCHEMA;

/// The path of the schema.
pub(super) const PATH: &str = "/schema/state-1.schema.json";

/// Answers with the schema.
pub(super) async fn get() -> Response {
    let schema = Bytes::from_static(STATE_SCHEMA.as_bytes());
    respond::bytes(StatusCode::OK, "application/schema+json", schema)
}
