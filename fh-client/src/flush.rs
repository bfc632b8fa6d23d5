//! The error of a wait for the delivery of all events and the write of the snapshot file.

use std::fmt;

/// The reason why a flush, such as [`Client::flush`](crate::Client::flush), ended before all events were delivered and all data
/// was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlushError {
    /// The time limit passed before all events were delivered and the snapshot file was written. Delivering and writing
    /// continue.
    TimedOut,
    /// The calling thread runs the runtime given to the client, so the wait would block the client (D-119). Use
    /// `flushed(limit).await` on such a thread.
    InsideRuntime,
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => {
                "the time limit passed before all events were delivered and the snapshot was \
                 written"
            }
            Self::InsideRuntime => {
                "waiting would block the client's runtime, which this thread runs: use \
                 `flushed(limit).await`"
            }
        })
    }
}

impl std::error::Error for FlushError {}
