//! Responses that several routes give.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

/// A status without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A status with a sentence.
pub(super) fn text(status: StatusCode, sentence: &'static str) -> Response {
    let mut response = bytes(status, "text/plain", Bytes::from_static(sentence.as_bytes()));
    if sentence.is_empty() {
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response
}

/// A status with a body.
pub(super) fn bytes(status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Too many requests: come again after this many seconds (D-98).
pub(super) fn too_many(seconds: u64) -> Response {
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, "too many requests with this key");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}
