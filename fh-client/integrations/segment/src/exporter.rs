//! The exporter: an observer that queues named events, which the exporter's thread sends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{Observer, Params, UsageEvent};

use crate::counters::Counters;
use crate::message::{MAX_MESSAGE, track};
use crate::queue::Queue;

/// An observer that sends named events to Segment. Clones are handles of the same exporter. The exporter ends when the last handle is
/// dropped, when this observer is removed from a client, or when a client that has this observer is closed. Before that, the exporter sends
/// the waiting events, but does not retry a request that fails then. The `Debug` output contains only the counters, because queued events
/// contain user ids.
#[derive(Clone)]
pub struct SegmentExporter {
    handle: Arc<Handle>,
}

struct Handle {
    queue: Arc<Queue>,
    defaults: Params,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl SegmentExporter {
    pub(crate) fn new(queue: Arc<Queue>, defaults: Params) -> Self {
        Self { handle: Arc::new(Handle { queue, defaults }) }
    }

    /// Returns the numbers of events and failed requests so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.handle.queue.counters()
    }

    /// Makes the exporter send all waiting events without waiting for further events, and blocks this thread until no event is left to be
    /// sent, at most for the time `limit`. Delays before retries are not shortened. Returns true if no event is left.
    pub fn flush(&self, limit: Duration) -> bool {
        self.handle.queue.flush(limit)
    }
}

impl fmt::Debug for SegmentExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentExporter")
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl Observer for SegmentExporter {
    fn observe(&self, event: &UsageEvent) {
        let Some(message) = track(event, &self.handle.defaults) else { return };
        if message.len() > MAX_MESSAGE {
            tracing::warn!(
                bytes = message.len(),
                "an event that is too large for Segment was dropped"
            );
            self.handle.queue.lose(1);
        } else {
            self.handle.queue.push(message);
        }
    }

    fn flush(&self, limit: Duration) {
        self.handle.queue.flush(limit);
    }

    fn close(&self) {
        self.handle.queue.close();
    }
}
