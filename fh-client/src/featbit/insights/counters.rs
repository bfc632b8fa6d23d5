//! The numbers of events for FeatBit.

/// The numbers of events of a client of FeatBit since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsightCounters {
    /// The number of events that the server has accepted.
    pub sent: u64,
    /// The number of events that were dropped: because the queue was full, because the server could not read them or found one too large,
    /// or because the client was closed.
    pub dropped: u64,
    /// The number of events that were dropped because the server refused their request, for example because of the secret, or because a page
    /// of HTML answered it.
    pub refused: u64,
    /// The number of events that wait to be sent, including those in flight.
    pub waiting: u64,
}
