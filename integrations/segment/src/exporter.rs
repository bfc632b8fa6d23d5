//! The exporter: an observer that puts named events into a queue.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::{Observer, Params, UsageEvent};

use crate::builder::{SegmentBuilder, StartError};
use crate::message::{MAX_MESSAGE, track};
use crate::queue::Queue;

/// What became of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Taken by Segment.
    pub sent: u64,
    /// Given up, because the queue was full, Segment refused them, or they were too large.
    pub lost: u64,
    /// Requests that failed, those that were tried again included.
    pub failures: u64,
}

/// Sends named events to Segment. A handle: clones are the same exporter; with the last one it ends. `Debug` shows counters only,
/// because queued events hold user ids.
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
    /// Begins an exporter with the write key of a source.
    pub fn builder(write_key: impl Into<String>) -> SegmentBuilder {
        SegmentBuilder::new(write_key.into())
    }

    /// Starts one whose write key is in `FEATUREHUB_USAGE_SEGMENT_WRITE_KEY`.
    ///
    /// # Errors
    /// [`StartError`]; `NoWriteKey` if the variable is not set.
    pub fn from_environment() -> Result<Self, StartError> {
        let key = std::env::var("FEATUREHUB_USAGE_SEGMENT_WRITE_KEY");
        Self::builder(key.unwrap_or_default()).start()
    }

    pub(crate) fn new(queue: Arc<Queue>, defaults: Params) -> Self {
        Self { handle: Arc::new(Handle { queue, defaults }) }
    }

    /// What became of events so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.handle.queue.counters()
    }

    /// Sends what waits, and waits until that is done, not longer than this. Was all of it done?
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
            tracing::warn!(bytes = message.len(), "an event is too large for Segment");
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
