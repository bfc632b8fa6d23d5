//! The routes of FeatureHub's Edge protocol.

pub(crate) mod admin;
mod around;
mod audit;
mod body;
mod console;
mod cors;
mod features;
pub(crate) mod health;
mod ofrep;
mod polls;
mod put;
mod query;
mod relayed;
mod respond;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::StatusCode;

pub(crate) use cors::Cors;
pub(crate) use features::written_keys;
pub use polls::Polls;

use crate::core::Core;
use crate::options::{Administration, Console, Monitoring};

/// Everything that an Edge answers on its main port.
pub(crate) fn router(core: &Arc<Core>) -> Router {
    let mut router = Router::new()
        .route("/features", get(features::get))
        .route("/features/", get(features::get))
        .merge(ofrep::router())
        .route("/info/version", get(health::version));
    // With a slash at the end or without, as for a real Edge.
    for end in ["", "/"] {
        let path = |parts: &str| format!("/features/{parts}{end}");
        router = router
            // With a GET the parts are environment/key, with a PUT environment+key/feature.
            .route(&path("{one}/{two}"), get(stream::two).put(put::two))
            .route(&path("{one}/{two}/{three}"), get(stream::three).put(put::three))
            .route(&path("{one}/{two}/{three}/{four}"), axum::routing::put(put::four));
    }
    let router = router
        .fallback(|| async { respond::empty::<Body>(StatusCode::NOT_FOUND) })
        .layer(axum::middleware::from_fn_with_state(Arc::clone(core), around::around));
    let router = match core.options.monitoring {
        Monitoring::WithApi => router.merge(monitoring_router(core)),
        Monitoring::Apart => router,
    };
    let router = router.with_state(Arc::clone(core));
    let has_admin = match core.options.administration {
        Administration::WithApi => true,
        Administration::WithMonitoring => core.options.monitoring == Monitoring::WithApi,
        Administration::Apart => false,
    };
    // Merged last: other origins have no business there.
    if has_admin { router.merge(admin_router(core)) } else { router }
}

/// The admin API, and the console if there is to be one; nothing without a key.
pub(crate) fn admin_router(core: &Arc<Core>) -> Router {
    if !core.has_admin_key() {
        return Router::new();
    }
    let router = admin::router(core);
    match core.options.console {
        Console::On => router.merge(console::router()),
        Console::Off => router,
    }
}

/// Health and metrics beside the API: counted, and without CORS headers, since pages of other origins have no use for them.
fn monitoring_router(core: &Arc<Core>) -> Router<Arc<Core>> {
    let layer = axum::middleware::from_fn_with_state(Arc::clone(core), around::counted);
    health::router().merge(health::metrics_router()).layer(layer)
}

/// Health, and metrics unless they have a port of their own: what a server whose API is below a path answers without the path.
pub(crate) fn probe_router(core: &Arc<Core>) -> Router {
    let router = match core.options.monitoring {
        Monitoring::WithApi => monitoring_router(core),
        Monitoring::Apart => health::router(),
    };
    router.with_state(Arc::clone(core))
}

/// What is answered on a port for monitoring.
pub(crate) fn monitor_router(core: &Arc<Core>) -> Router {
    let router = health::router()
        .merge(health::metrics_router())
        .route("/info/version", get(health::version))
        .with_state(Arc::clone(core));
    match core.options.administration {
        Administration::WithMonitoring => router.merge(admin_router(core)),
        Administration::WithApi | Administration::Apart => router,
    }
}
