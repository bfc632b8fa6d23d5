//! Is the server alive, ready, how does it do, and which one is it? (edge-protocol 7.3, D-109)

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::respond;
use crate::core::Core;

const ROOT: &str = "/";
const LIVENESS: &str = "/health/liveness";
const READINESS: [&str; 2] = ["/health/readiness", "/health/readyness"];

/// `/` and `/health`.
pub(super) fn router() -> Router<Arc<Core>> {
    let router = Router::new()
        .route(ROOT, get(|| async { respond::text::<Body>(StatusCode::OK, "ok") }))
        .route(LIVENESS, get(|| async { respond::empty::<Body>(StatusCode::OK) }));
    READINESS.into_iter().fold(router, |router, path| router.route(path, get(readiness)))
}

/// The paths of [`router`].
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    [ROOT, LIVENESS].into_iter().chain(READINESS)
}

/// `/metrics`.
pub(super) fn metrics_router() -> Router<Arc<Core>> {
    Router::new().route("/metrics", get(metrics))
}

/// 200 once there is a state to serve, until the end begins. What is wrong all the same is the body.
async fn readiness(State(core): State<Arc<Core>>) -> Response {
    let status = match core.wants_clients() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    match core.notices() {
        notices if notices.is_empty() => respond::empty(status),
        notices => respond::bytes(status, "text/plain; charset=utf-8", Bytes::from(notices)),
    }
}

async fn metrics(State(core): State<Arc<Core>>) -> Response {
    let (environments, connections) = (&core.environments, &core.connections);
    let text =
        core.metrics.text(core.wants_clients(), environments, connections, &core.upstreams());
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    respond::bytes(StatusCode::OK, content_type, Bytes::from(text))
}

/// Test suites ask this to find out what runs.
pub(super) async fn version(State(core): State<Arc<Core>>) -> Response {
    let body = format!(r#"{{"name":"fh-edge","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    let mut response = respond::bytes(StatusCode::OK, "application/json", Bytes::from(body));
    if let Some(value) = &core.options.cache_control {
        response.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
    response
}
