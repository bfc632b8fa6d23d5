//! Answers requests for health, readiness, metrics and the version.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::admin::guard;
use super::respond;
use crate::shared_state::SharedState;

const ROOT: &str = "/";
/// The page for browsers at the path `/`.
const PAGE: &[u8] = br#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>fh Edge</title>
<p>This server is an Edge: it serves feature flags to programs, and it is running.</p>
<p>An SDK needs the URL of this page and an API key. A program can also read features from
<code>/features?apiKey=ENVIRONMENT/KEY</code>, and a probe the health from <code>/health/readiness</code>.</p>
</html>
"#;
const LIVENESS: &str = "/health/liveness";
/// The last line of a body without the whole notices.
const DETAILS: &str =
    "the log, the monitor port and this path with the admin key name the details\n";
const READINESS: [&str; 2] = ["/health/readiness", "/health/readyness"];

/// The callers that get the whole notices from readiness. Notices name files, environments and features. Other callers get a sentence for
/// each notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoticeReaders {
    /// All callers, on a port of its own for monitoring.
    All,
    /// Callers with the admin key, if this port serves the admin API.
    Operator,
}

/// Returns the routes of `/` and of the paths below `/health`.
pub(super) fn router(readers: NoticeReaders) -> Router<Arc<SharedState>> {
    let readiness = move |State(shared): State<Arc<SharedState>>, request: Request| async move {
        readiness(&shared, readers, &request)
    };
    let router = Router::new()
        .route(ROOT, get(root))
        .route(LIVENESS, get(|| async { respond::empty::<Body>(StatusCode::OK) }));
    READINESS.into_iter().fold(router, |router, path| router.route(path, get(readiness)))
}

/// Returns the paths that [`router`] serves.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    [ROOT, LIVENESS].into_iter().chain(READINESS)
}

/// Returns the route of `/metrics`.
pub(super) fn metrics_router() -> Router<Arc<SharedState>> {
    Router::new().route("/metrics", get(metrics))
}

/// Answers a browser with a page that says what the server is, and other clients with the text `ok`.
async fn root(headers: HeaderMap) -> Response {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut response = match accepted.flat_map(|line| line.split(',')).any(is_html) {
        true => {
            respond::bytes(StatusCode::OK, "text/html; charset=utf-8", Bytes::from_static(PAGE))
        }
        false => respond::text(StatusCode::OK, "ok"),
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

fn is_html(range: &str) -> bool {
    range.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case("text/html"))
}

/// Answers with status 200 while the Edge is ready for clients, and with 503 otherwise. The body lists the problems that do not keep the
/// Edge from serving, in full for these readers. Without such problems, the body is empty.
fn readiness(shared: &SharedState, readers: NoticeReaders, request: &Request) -> Response {
    let status = match shared.wants_clients() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let summaries = shared.notices.summaries();
    if summaries.is_empty() {
        return respond::empty(status);
    }
    let is_operator = || {
        request.headers().contains_key(AUTHORIZATION)
            && shared.has_admin_key()
            && shared.options.is_admin_with_api()
            && guard::is_operator(shared, request)
    };
    let notices = match readers == NoticeReaders::All || is_operator() {
        true => shared.notices.text(),
        false => format!("{summaries}{DETAILS}"),
    };
    respond::bytes(status, "text/plain; charset=utf-8", Bytes::from(notices))
}

async fn metrics(State(shared): State<Arc<SharedState>>) -> Response {
    let (environments, connections) = (&shared.environments, &shared.connections);
    let (is_ready, notices) = (shared.wants_clients(), &shared.notices);
    let upstreams = shared.origin.upstreams();
    let text = shared.metrics.text(is_ready, notices, environments, connections, &upstreams);
    #[cfg(feature = "cluster")]
    let text = match shared.origin.cluster() {
        Some(status) => crate::metrics::cluster::text(&status) + &text,
        None => text,
    };
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    respond::bytes(StatusCode::OK, content_type, Bytes::from(text))
}

/// Answers `GET /info/version` with the name `fh-edge` and the version of this crate, which test suites read.
pub(super) async fn version(State(shared): State<Arc<SharedState>>) -> Response {
    let body = format!(r#"{{"name":"fh-edge","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    let mut response = respond::bytes(StatusCode::OK, "application/json", Bytes::from(body));
    if let Some(value) = &shared.options.cache_control {
        response.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
    response
}
