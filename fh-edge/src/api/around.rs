//! What happens around every request: preflights, headers that all answers carry, counting.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, ORIGIN};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::core::Core;

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Answers below `/features/` tell nginx not to hold them back (edge-protocol 2.7).
pub(super) async fn around(
    State(core): State<Arc<Core>>,
    request: Request,
    next: Next,
) -> Response {
    let has_origin = request.headers().contains_key(ORIGIN);
    let is_preflight = has_origin && request.method() == Method::OPTIONS;
    let is_below_features = request.uri().path().starts_with("/features/");
    // Caches keep nothing else, and a real server says it nowhere else.
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let mut response = if is_preflight { core.cors.preflight() } else { next.run(request).await };
    core.metrics.responded(response.status());
    let is_nothing = is_read && response.status() == StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    if is_nothing
        && !headers.contains_key(CACHE_CONTROL)
        && let Some(value) = &core.options.cache_control
    {
        headers.insert(CACHE_CONTROL, value.clone());
    }
    if is_below_features {
        headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    if has_origin {
        core.cors.allow(headers);
    }
    response
}
