//! Log records for the program.

use std::sync::Arc;

use fh_binding::logs::Queue;
use tracing::level_filters::LevelFilter;

use crate::functions::Function;
use crate::jobs::{Job, PUMP, SINK};

/// Sets the level by its name, such as `WARN` or `OFF`, and the function that gets the records.
pub(crate) fn set(level: &str, sink: Option<Function>) {
    SINK.set(sink.map(Arc::new), level.parse().unwrap_or(LevelFilter::OFF), deliver);
}

/// Delivers the records of a queue, on a thread of its own.
fn deliver(queue: &Queue) {
    while queue.wait() {
        let _ = PUMP.call(Job::Logs);
        queue.delivered();
    }
}
