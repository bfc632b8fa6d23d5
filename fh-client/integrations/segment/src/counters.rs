//! The numbers of events and requests of an exporter.

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
