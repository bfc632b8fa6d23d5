//! Builds the responses that several routes share. The type of a body is axum's `Body` or `Bytes`.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::evaluations::Refused;
use crate::origin::NotOpen;
use crate::request_memory::RETRY_AFTER_SECONDS;
use crate::shared_state::SharedState;
use crate::wire::api_key::UNKNOWN_KEY;

/// The `cache-control` of event streams: caches must not store them, and proxies must not compress them.
pub(super) static NOT_STORED_OR_CHANGED: HeaderValue =
    HeaderValue::from_static("no-store, no-transform");

/// The body of a response with status 404 to a request for a path that the Edge does not have.
pub(super) const UNKNOWN_PATH: &str =
    "this Edge has no such path; features are at /features?apiKey=ENVIRONMENT/KEY";

/// The body of a response with status 503 to a request for features that are not there yet.
pub(super) const NOT_READY: &str = "cache layer not ready, try again shortly";

/// The body of a response with status 503 to a request that got no memory in time.
pub(super) const NO_MEMORY: &str = "the server has no memory for this request now, because other requests use it; try again shortly";

/// Returns the response to a request whose API key is unknown.
pub(super) fn unknown_key<B: From<Bytes>>() -> Response<B> {
    text(StatusCode::NOT_FOUND, UNKNOWN_KEY)
}

/// Returns the response to a request whose key opens no features now.
pub(super) fn not_open<B: From<Bytes>>(why: NotOpen) -> Response<B> {
    match why {
        NotOpen::TooMany(seconds, why) => too_many(seconds, why),
        NotOpen::Unknown => unknown_key(),
        NotOpen::NotReady => text(StatusCode::SERVICE_UNAVAILABLE, NOT_READY),
    }
}

/// Returns a response with this status and no body.
pub(super) fn empty<B: Default>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    response
}

/// Returns a response with this status and a sentence as plain text.
pub(super) fn text<B: From<Bytes>>(status: StatusCode, sentence: &'static str) -> Response<B> {
    bytes(status, "text/plain", Bytes::from_static(sentence.as_bytes()))
}

/// Returns a response with this status, content type and body.
pub(super) fn bytes<B: From<Bytes>>(
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
) -> Response<B> {
    let mut response = Response::new(B::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Returns the response with status 413 for a request whose context or evaluation exceeds its limit. The refusal is counted in the
/// metrics.
pub(super) fn refused<B: From<Bytes>>(shared: &SharedState, refused: Refused) -> Response<B> {
    shared.metrics.refused(refused);
    let body = serde_json::json!({"error": refused.sentence(), "reason": refused.reason()});
    let body = Bytes::from(body.to_string());
    bytes(StatusCode::PAYLOAD_TOO_LARGE, "application/json", body)
}

/// Returns a response with status 429 and the text `why`. The client may retry after this many seconds; 0 counts as 1.
pub(super) fn too_many<B: From<Bytes>>(seconds: u64, why: &'static str) -> Response<B> {
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, why);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// Returns the response with status 503 to a request that got no memory in time. The client may retry after a few seconds.
pub(super) fn no_memory<B: From<Bytes>>() -> Response<B> {
    unavailable(NO_MEMORY)
}

/// Returns a response with status 503 and a sentence. The client may retry after a few seconds.
pub(super) fn unavailable<B: From<Bytes>>(sentence: &'static str) -> Response<B> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, sentence);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    response
}
