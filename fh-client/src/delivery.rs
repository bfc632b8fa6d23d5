//! The threads that call a client's listeners and observers: threads of its own, or the one thread of a pool.

use std::time::Duration;

use crate::context_pool::Seat;
use crate::dispatcher::Dispatcher;

/// Asks for deliveries to the listeners of one client.
#[derive(Clone)]
pub(crate) enum Delivery {
    /// By the client's own dispatcher.
    Own(Dispatcher),
    /// By the thread that the clients of a pool share.
    Shared(Seat),
}

impl Delivery {
    /// Delivers once more, and ends.
    pub(crate) fn end(&self) {
        match self {
            Self::Own(dispatcher) => dispatcher.end(),
            Self::Shared(seat) => seat.end(),
        }
    }

    /// Waits until everything that happened before has been delivered. Returns at once on a thread that delivers, which could
    /// only wait for itself.
    pub(crate) async fn delivered(&self) {
        match self {
            Self::Own(dispatcher) => dispatcher.delivered().await,
            Self::Shared(seat) => seat.delivered().await,
        }
    }

    /// The same, and observers have sent what they hold, in about this time.
    pub(crate) async fn flushed(&self, limit: Duration) {
        match self {
            Self::Own(dispatcher) => dispatcher.flushed(limit).await,
            Self::Shared(seat) => seat.flushed(limit).await,
        }
    }
}
