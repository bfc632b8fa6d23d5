//! The middleware of the routes. On the port of the API, the Edge protocol, OFREP and the version use `middleware`, which answers preflight
//! requests, adds the shared response headers and counts responses. Health and metrics use `counted` if
//! [`Monitoring::WithApi`](crate::Monitoring::WithApi) places them on the port of the API.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::shared_state::SharedState;

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The properties of a request on which the shared headers of its response depend.
pub(super) struct RequestMiddleware {
    has_origin: bool,
    is_below_features: bool,
    is_read: bool,
}

impl RequestMiddleware {
    /// Reads the properties from a request. `path` is the path within the API, without the path at which the router is mounted.
    pub(super) fn of(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        Self {
            has_origin: headers.contains_key(ORIGIN),
            is_below_features: path.starts_with("/features/"),
            is_read: *method == Method::GET || *method == Method::HEAD,
        }
    }

    /// Adds the headers that depend on these properties to the response, and counts the response in the metrics.
    pub(super) fn finish<B>(&self, shared: &SharedState, response: &mut http::Response<B>) {
        shared.metrics.responded(response.status());
        // A 404 is the only error that caches may store. A FeatureHub server sends `cache-control` with no other error.
        let is_nothing = self.is_read && response.status() == StatusCode::NOT_FOUND;
        let headers = response.headers_mut();
        if is_nothing && let Some(value) = &shared.options.cache_control {
            headers.entry(CACHE_CONTROL).or_insert_with(|| value.clone());
        }
        // This header instructs nginx not to buffer responses below `/features/` (edge-protocol 2.7).
        if self.is_below_features {
            headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
        }
        if self.has_origin {
            shared.cors.allow(headers);
        }
    }
}

pub(super) async fn middleware(
    State(shared): State<Arc<SharedState>>,
    request: Request,
    next: Next,
) -> Response {
    let middleware =
        RequestMiddleware::of(request.method(), request.uri().path(), request.headers());
    let is_preflight = middleware.has_origin && request.method() == Method::OPTIONS;
    let mut response = if is_preflight {
        shared.cors.preflight(request.headers())
    } else {
        next.run(request).await
    };
    middleware.finish(&shared, &mut response);
    response
}

/// Counts the response of a route in the metrics. No CORS headers are added, so pages of other origins cannot read the response.
pub(super) async fn counted(
    State(shared): State<Arc<SharedState>>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    shared.metrics.responded(response.status());
    response
}
