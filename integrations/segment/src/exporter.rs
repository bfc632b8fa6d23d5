//! The exporter: an observer that queues named events.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{Observer, Params, UsageEvent};

use crate::builder::{SegmentBuilder, StartError};
use crate::message::{MAX_MESSAGE, track};
use crate::queue::Queue;

/// The number of events that were sent or lost, and of requests that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Events that Segment accepted.
    pub sent: u64,
    /// Events that were dropped because the queue was full or closed, because they were too large, or because Segment refused
    /// them or could not be reached.
    pub lost: u64,
    /// Requests that failed, including those that were retried.
    pub failures: u64,
}

/// An observer that sends named events to Segment. It is a handle: clones are the same exporter, which ends with the last clone.
/// `Debug` shows counters only, because queued events contain user ids.
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
    /// Starts building an exporter with the write key of a source.
    pub fn builder(write_key: impl Into<String>) -> SegmentBuilder {
        SegmentBuilder::new(write_key.into())
    }

    /// Starts an exporter with the write key in `FEATUREHUB_USAGE_SEGMENT_WRITE_KEY`.
    ///
    /// # Errors
    /// [`StartError`], in particular `NoWriteKey` if the variable is not set.
    pub fn from_environment() -> Result<Self, StartError> {
        let key = std::env::var("FEATUREHUB_USAGE_SEGMENT_WRITE_KEY");
        Self::builder(key.unwrap_or_default()).start()
    }

    pub(crate) fn new(queue: Arc<Queue>, defaults: Params) -> Self {
        Self { handle: Arc::new(Handle { queue, defaults }) }
    }

    /// Returns the counts of events so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.handle.queue.counters()
    }

    /// Sends all waiting events and waits until they are sent or lost, at most for this time. Returns true if none is left.
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
