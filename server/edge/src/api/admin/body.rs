//! Reads the request bodies of the admin API. A body above a maximum size is rejected.

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::api::audit;
use crate::api::body::{self, NoBody};
use crate::request_memory::RequestMemory;

/// Reads a body of at most `limit` bytes. The error has status 413 if the body is larger or its connection breaks, 408 if the body arrives
/// too slowly, and 503 if there is no memory for the body.
pub(super) async fn read(
    memory: &RequestMemory,
    parts: &Parts,
    body: Body,
    limit: usize,
) -> Result<Bytes, Problem> {
    let address = audit::limited_address(&parts.extensions);
    body::read(memory, address, body, limit).await.map_err(|trouble| {
        let why = match trouble {
            NoBody::TooLarge => {
                format!("the body is larger than {limit} bytes, or the connection broke")
            }
            NoBody::TooSlow => trouble.sentence().to_owned(),
            NoBody::NoMemory => return Problem::unavailable(trouble.sentence()),
        };
        Problem::new(trouble.status(), why).at("body")
    })
}

/// Reads a JSON object of at most `limit` bytes. The error has status 415 if the content type is neither `application/json` nor
/// `application/merge-patch+json`, 400 if the body is not a valid object, and otherwise the status of [`read`].
pub(super) async fn json<T: DeserializeOwned>(
    memory: &RequestMemory,
    parts: &Parts,
    body: Body,
    limit: usize,
) -> Result<T, Problem> {
    if !matches!(content_type(&parts.headers), "application/json" | "application/merge-patch+json")
    {
        let why =
            "the content type of the body must be application/json or application/merge-patch+json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why).at("Content-Type"));
    }
    let bytes = read(memory, parts, body, limit).await?;
    // Without this check, serde's derived readers would also accept a list and take its elements as the members.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::bad("the body is not a JSON object").at("body"));
    }
    serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
}

/// Returns the value of the `content-type` header without its parameters. The text is empty if the header is missing or not readable.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim()
}

/// Converts a JSON error into a problem with status 400, whose `place` is the line and column of the error in the body.
fn unreadable(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    // The text of the error ends with the position as well, which would repeat the place of the problem.
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    Problem::bad(what).at(place)
}
