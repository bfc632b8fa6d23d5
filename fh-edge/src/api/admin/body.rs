//! Bodies of requests: bounded, and JSON.

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::api::body::{self, NoBody};

/// A body of at most so many bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    body::read(body, limit).await.map_err(|trouble| {
        let why = match trouble {
            NoBody::TooLarge => format!("the body is larger than {limit} bytes, or broke off"),
            NoBody::TooSlow => trouble.sentence().to_owned(),
        };
        Problem::new(trouble.status(), why).at("body")
    })
}

/// A body of JSON.
pub(super) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<T, Problem> {
    if !matches!(content_type(headers), "application/json" | "application/merge-patch+json") {
        let why = "the body is to be of type application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why).at("Content-Type"));
    }
    let bytes = read(body, limit).await?;
    // A derived reader alone would take a list, too, member by member.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::bad("not a JSON object").at("body"));
    }
    serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
}

/// The type of a body, without its parameters.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim()
}

/// What JSON is wrong with, and where.
fn unreadable(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    // The place stands at the end of the text as well.
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    Problem::bad(what).at(place)
}
