//! The admin API at `/admin/v1` (D-111), for consoles, tests and scripts. Each request needs the admin key. Responses carry no CORS
//! headers.

mod accounts;
mod background_work;
mod body;
mod comparison;
mod connections;
mod credential;
mod evaluate;
mod events;
mod feature;
mod features;
pub(super) mod guard;
mod overview;
mod problem;
mod rollout;
mod state;
mod subject;
mod tag;
mod transport;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::shared_state::SharedState;
use background_work::BackgroundWork;
use comparison::LatestGenerations;
use problem::Problem;

/// The largest number of event streams that are open at the same time, for each router of the admin API. A request for a further stream is
/// answered with status 429.
const MOST_EVENT_STREAMS: usize = 1_000;
/// The largest number of tasks of [`BackgroundWork`] that run at the same time, for each router of the admin API. Further tasks wait.
const MOST_LONG_WORKS: usize = 2;

/// The data that all routes of the admin API share.
#[derive(Debug)]
struct Admin {
    shared: Arc<SharedState>,
    event_streams: Arc<Semaphore>,
    generations: LatestGenerations,
    background_work: BackgroundWork,
}

/// Returns all routes below `/admin/v1`.
pub(super) fn router(shared: &Arc<SharedState>) -> Router {
    let admin = Arc::new(Admin {
        shared: Arc::clone(shared),
        event_streams: Arc::new(Semaphore::new(MOST_EVENT_STREAMS)),
        generations: LatestGenerations::new(&shared.environments),
        background_work: BackgroundWork::new(MOST_LONG_WORKS),
    });
    let routes = Router::new()
        .route("/state", get(state::get).put(state::put))
        .route("/environments", get(overview::get))
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
    Router::new().nest("/admin/v1", routes)
}
