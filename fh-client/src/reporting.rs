//! The level of detail of logs and metrics.

/// The level of detail of a client's logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporting {
    /// The client reports all logs, counters and gauges.
    Full,
    /// The client reports counters, and logs only at debug level, but reports no gauges. The contexts of a pool use this level,
    /// because they are created and evicted often, and their state says nothing about the environment.
    Brief,
}
