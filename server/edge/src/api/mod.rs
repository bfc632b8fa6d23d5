//! The HTTP routes: FeatureHub's Edge protocol, OFREP, health, metrics, the admin API and the console.

pub(crate) mod admin;
mod audit;
mod body;
mod console;
mod features;
pub(crate) mod health;
mod middleware;
mod ofrep;
mod poll_shortcut;
mod put;
mod query;
mod respond;
#[cfg(feature = "cluster")]
pub(in crate::api) mod revision;
mod schema;
mod slashes;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::StatusCode;

use health::NoticeReaders;
pub(crate) use poll_shortcut::PollShortcut;
pub(crate) use query::written_keys;
pub(crate) use slashes::collapsed;

use crate::options::{Administration, Console, Monitoring};
use crate::shared_state::SharedState;

/// Returns all routes that the options place on the port of the API.
pub(crate) fn router(shared: &Arc<SharedState>) -> Router {
    let mut router = Router::new()
        .route("/features", get(features::get))
        .route("/features/", get(features::get))
        .merge(ofrep::router(shared))
        .route("/info/version", get(health::version))
        .route(schema::PATH, get(schema::get));
    // Each of these paths is served with and without a slash at its end, as by a FeatureHub Edge.
    for end in ["", "/"] {
        let path = |parts: &str| format!("/features/{parts}{end}");
        router = router
            // The segments of a GET are environment/key. Those of a PUT are environment+key/feature.
            .route(&path("{one}/{two}"), get(stream::two).put(put::two))
            .route(&path("{one}/{two}/{three}"), get(stream::three).put(put::three))
            .route(&path("{one}/{two}/{three}/{four}"), axum::routing::put(put::four));
    }
    let unknown = || async { respond::text::<Body>(StatusCode::NOT_FOUND, respond::UNKNOWN_PATH) };
    let layer = axum::middleware::from_fn_with_state(Arc::clone(shared), middleware::middleware);
    let router = router.fallback(unknown).layer(layer.clone());
    let router = match shared.options.monitoring {
        Monitoring::WithApi => router.merge(monitoring_router(shared)),
        Monitoring::Apart => router,
    };
    let router = router.with_state(Arc::clone(shared));
    // The admin routes are merged after the middleware, so that their responses carry no CORS headers.
    let router = match shared.options.is_admin_with_api() {
        true => router.merge(admin_router(shared)),
        false => router,
    };
    slashes::collapse_slashes(router, Router::new().fallback(unknown).layer(layer))
}

/// Returns the routes of the admin API, and of the console if it is enabled. Without an admin key, the router has no routes.
pub(crate) fn admin_router(shared: &Arc<SharedState>) -> Router {
    if !shared.has_admin_key() {
        return Router::new();
    }
    let router = admin::router(shared);
    match shared.options.console {
        Console::On => router.merge(console::router()),
        Console::Off => router,
    }
}

/// Returns the routes of health and metrics for the port of the API. The responses of these routes are counted in the metrics. The
/// responses carry no CORS headers, because pages of other origins do not need to read them.
fn monitoring_router(shared: &Arc<SharedState>) -> Router<Arc<SharedState>> {
    let layer = axum::middleware::from_fn_with_state(Arc::clone(shared), middleware::counted);
    health::router(NoticeReaders::Operator).merge(health::metrics_router()).layer(layer)
}

/// Returns the routes of health checks, and of metrics unless metrics have a port of their own. A server that mounts the API below a path
/// can also serve these routes without that path.
pub(crate) fn probe_router(shared: &Arc<SharedState>) -> Router {
    let router = match shared.options.monitoring {
        Monitoring::WithApi => monitoring_router(shared),
        Monitoring::Apart => health::router(NoticeReaders::Operator),
    };
    router.with_state(Arc::clone(shared))
}

/// Returns the routes of the monitoring port: health, metrics and version, and the admin API with the console if the options place them
/// there.
pub(crate) fn monitor_router(shared: &Arc<SharedState>) -> Router {
    let router = health::router(NoticeReaders::All)
        .merge(health::metrics_router())
        .route("/info/version", get(health::version))
        .with_state(Arc::clone(shared));
    match shared.options.administration {
        Administration::WithMonitoring => router.merge(admin_router(shared)),
        Administration::WithApi | Administration::Apart => router,
    }
}
