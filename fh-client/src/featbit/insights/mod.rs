//! Insights: the evaluations and the metrics that a client reports to FeatBit.

mod counters;
mod pace;
mod payload;
mod queue;
mod sender;
mod shown;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Attributes, Timestamp};
use fh_repository::{Dispatch, Exposure, Observer, UsageEvent};

pub use self::counters::InsightCounters;
use self::payload::{key, metric};
use self::queue::Queue;
pub(crate) use self::sender::Sender;

/// The reason why [`Context::track`](crate::Context::track) reports nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum TrackError {
    /// The client is no client of FeatBit.
    OtherSystem,
    /// The name of the event is empty or blank.
    Event,
    /// The value is not a finite number of 32 bits. The server would refuse all events of the request.
    Value(f64),
    /// The context has no user key, so that the server would drop the event.
    UserKey,
}

impl fmt::Display for TrackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherSystem => f.write_str(
                "only a client of FeatBit reports metrics: use `record` with other clients",
            ),
            Self::Event => f.write_str("the name of the event is empty"),
            Self::Value(value) => {
                write!(
                    f,
                    "the value {value} is not a finite number of 32 bits: use one between -3.4e38 and 3.4e38"
                )
            }
            Self::UserKey => f.write_str("the context has no user key: build it with `user_key`"),
        }
    }
}

impl std::error::Error for TrackError {}

/// The observer that queues evaluations, and the queue of metrics. Clones share the queue.
#[derive(Clone)]
pub(crate) struct Insights {
    queue: Arc<Queue>,
}

impl Insights {
    pub(crate) fn new() -> Self {
        Self { queue: Arc::new(Queue::default()) }
    }

    pub(crate) fn counters(&self) -> InsightCounters {
        self.queue.counters()
    }

    pub(crate) const fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Queues a metric.
    pub(crate) fn track(
        &self,
        attributes: &Attributes,
        event: &str,
        value: f64,
        at: Timestamp,
    ) -> Result<(), TrackError> {
        if event.trim().is_empty() {
            return Err(TrackError::Event);
        }
        if !(value as f32).is_finite() {
            return Err(TrackError::Value(value));
        }
        let event = metric(attributes, event, value, at).ok_or(TrackError::UserKey)?;
        self.queue.push(event);
        Ok(())
    }
}

impl Observer for Insights {
    fn observe(&self, _: &UsageEvent) {}

    fn exposed(&self, exposure: &Exposure<'_>) {
        if key(exposure.attributes).is_some() {
            self.queue.push_exposure(exposure);
        }
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Exposures
    }

    fn flush(&self, limit: Duration) {
        self.queue.flush(limit);
    }
}

impl fmt::Debug for Insights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Insights").field("counters", &self.counters()).finish()
    }
}
