//! The admin API at `/admin/v1`, for consoles, tests and scripts. Each request needs the admin key. Responses carry no CORS
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
mod router;
mod state;
mod subject;
mod tag;
mod transport;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::shared_state::SharedState;
use background_work::BackgroundWork;
use comparison::LatestGenerations;
pub(super) use router::router;

/// The largest number of event streams that are open at the same time, for each router of the admin API. A request for a further stream is
/// answered with status 429.
const MOST_EVENT_STREAMS: usize = 1_000;

/// The data that all routes of the admin API share.
#[derive(Debug)]
struct Admin {
    shared: Arc<SharedState>,
    event_streams: Arc<Semaphore>,
    generations: LatestGenerations,
    background_work: BackgroundWork,
}
