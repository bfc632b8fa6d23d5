//! The error of a flush.

use std::fmt;

/// The reason why a flush, such as [`Client::flush`](crate::Client::flush), ended before everything was delivered and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlushError {
    /// The time limit passed before all work of the flush was done. [`Client::flush`](crate::Client::flush) waits for the
    /// delivery of earlier events, for the sending of observers' buffered events, and for the write of the snapshot file. A
    /// flush of a store waits for the write of the store's data. Pending deliveries and writes are not cancelled, but observers
    /// may not have been requested to send their buffered events.
    TimedOut,
    /// The calling thread runs tasks of the client's runtime, so the wait could block the client. Use
    /// `flushed(limit).await` on such a thread.
    InsideRuntime,
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => {
                "the time limit passed before all events were delivered and all data was written"
            }
            Self::InsideRuntime => {
                "waiting would block the client's runtime, which this thread runs: use \
                 `flushed(limit).await`"
            }
        })
    }
}

impl std::error::Error for FlushError {}
