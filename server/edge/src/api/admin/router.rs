//! The routes of the admin API.

use std::sync::Arc;

use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use tokio::sync::Semaphore;

use super::background_work::BackgroundWork;
use super::comparison::LatestGenerations;
use super::overview::Overview;
use super::problem::Problem;
use super::shared::{Admin, MOST_EVENT_STREAMS};
use super::{accounts, connections, evaluate, events, features, guard, rollout, state};
use crate::shared_state::SharedState;

/// The largest number of tasks of [`BackgroundWork`] that run at the same time, for each router of the admin API. Further tasks wait.
const MOST_LONG_WORKS: usize = 2;

/// Returns all routes below `/admin/v1`.
pub(in crate::api) fn router(shared: &Arc<SharedState>) -> Router {
    let admin = Arc::new(Admin {
        shared: Arc::clone(shared),
        event_streams: Arc::new(Semaphore::new(MOST_EVENT_STREAMS)),
        generations: LatestGenerations::new(&shared.environments),
        background_work: BackgroundWork::new(MOST_LONG_WORKS),
    });
    let routes = Router::new()
        .route("/state", get(state::get).put(state::put))
        .route("/environments", get(environments))
        .route("/features/{environment}", get(features::list))
        .route("/features/{environment}/{feature}", get(features::get).patch(features::patch))
        .route("/keys", get(accounts::get))
        .route("/evaluate", post(evaluate::post))
        .route("/rollout", post(rollout::post))
        .route("/connections", get(connections::get))
        .route("/events", get(events::get))
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not support this method")
        })
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "the admin API has no such path")
        })
        .layer(from_fn_with_state(Arc::clone(&admin), guard::check))
        .with_state(admin);
    #[cfg(feature = "cluster")]
    let routes = routes.layer(from_fn_with_state(Arc::clone(shared), crate::api::revision::layer));
    Router::new().nest("/admin/v1", routes)
}

/// Answers `GET /admin/v1/environments` with a summary of all environments.
async fn environments(State(admin): State<Arc<Admin>>) -> Json<Overview> {
    Json(Overview::of(&admin.shared))
}
