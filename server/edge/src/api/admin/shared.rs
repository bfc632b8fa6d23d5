//! The data that all routes of the admin API share.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::background_work::BackgroundWork;
use super::comparison::LatestGenerations;
use crate::shared_state::SharedState;

/// The largest number of event streams that are open at the same time, for each router of the admin API. A request for a further stream is
/// answered with status 429.
pub(super) const MOST_EVENT_STREAMS: usize = 1_000;

/// The data that all routes of the admin API share.
#[derive(Debug)]
pub(super) struct Admin {
    pub(super) shared: Arc<SharedState>,
    pub(super) event_streams: Arc<Semaphore>,
    pub(super) generations: LatestGenerations,
    pub(super) background_work: BackgroundWork,
}
