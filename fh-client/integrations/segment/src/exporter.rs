//! The exporter: an observer that queues named events, which the exporter's thread sends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{Observer, Params, UsageEvent};

use crate::builder::{SegmentBuilder, StartError};
use crate::message::{MAX_MESSAGE, track};
use crate::queue::Queue;

/// The numbers of events that were sent or lost, and of requests that failed, since the exporter was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// The number of events that Segment accepted.
    pub sent: u64,
    /// The number of events that were dropped. If the queue is full, its oldest event is dropped. An event is also dropped if
    /// the queue is closed, if the event is larger than 32 KiB, if Segment rejects it, or if the last attempt to send it
    /// fails.
    pub lost: u64,
    /// The number of requests that failed, including requests that were retried.
    pub failures: u64,
}

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
    /// Returns a builder for an exporter with this write key, which belongs to a source in Segment.
    pub fn builder(write_key: impl Into<String>) -> SegmentBuilder {
        SegmentBuilder::new(write_key.into())
    }

    /// Starts an exporter with the write key in the environment variable `FEATUREHUB_USAGE_SEGMENT_WRITE_KEY`.
    ///
    /// # Errors
    /// [`StartError::NoWriteKey`] if the variable is empty, blank, not Unicode or not set, and the other errors of
    /// [`SegmentBuilder::start`].
    pub fn from_environment() -> Result<Self, StartError> {
        let key = std::env::var("FEATUREHUB_USAGE_SEGMENT_WRITE_KEY");
        Self::builder(key.unwrap_or_default()).start()
    }

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
