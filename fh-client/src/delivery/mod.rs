//! Access to the threads that call a client's listeners and observers. They are threads of the client's own, those of a
//! pool, or a thread of the program. A client that was built without listeners has no such thread.

mod dispatcher;
mod ended_passes;
mod listener_queue;
mod manual_delivery;
mod pool_listeners;

use std::io;
use std::time::Duration;

use fh_repository::Repository;

use self::dispatcher::Dispatcher;
pub(crate) use self::dispatcher::MOST_THREADS;
use self::listener_queue::Seat;
pub use self::manual_delivery::ManualDelivery;
pub(crate) use self::pool_listeners::PoolListeners;

/// The choice of the threads that call a client's listeners and observers.
#[derive(Debug, Clone)]
pub(crate) enum Dispatching {
    /// Threads that only this client uses.
    OnAThread,
    /// Threads that the clients of a context pool share.
    Shared(PoolListeners),
    /// The thread of the program that calls [`ManualDelivery::deliver`].
    Manual(ManualDelivery),
    /// No thread: listeners are never called, and events are not delivered to observers. Inline observers are called within
    /// reads.
    Nobody,
}

impl Dispatching {
    /// Returns the choice for a client that is started anew in a forked child process, in which the threads of the parent do not exist.
    pub(crate) fn after_fork(&self) -> Self {
        match self {
            Self::OnAThread | Self::Shared(_) => Self::OnAThread,
            Self::Manual(delivery) => Self::Manual(delivery.anew()),
            Self::Nobody => Self::Nobody,
        }
    }

    /// Starts the deliveries of this repository's events.
    ///
    /// # Errors
    /// An [`io::Error`] if the operating system cannot start a thread.
    pub(crate) fn start(&self, repository: &Repository) -> io::Result<Delivery> {
        match self {
            Self::OnAThread => Dispatcher::start(repository).map(Delivery::Own),
            Self::Shared(thread) => thread.serve(repository).map(Delivery::Shared),
            Self::Manual(delivery) => {
                let seat = delivery.serve(repository).ok_or(io::ErrorKind::Other)?;
                Ok(Delivery::Shared(seat))
            }
            Self::Nobody => Ok(Delivery::Own(Dispatcher::idle())),
        }
    }
}

/// A handle that requests deliveries to the listeners of one client.
#[derive(Clone)]
pub(crate) enum Delivery {
    /// The client's own dispatcher, which has no thread if the client was built without listeners.
    Own(Dispatcher),
    /// Threads that several clients share: those of a pool, or the program's.
    Shared(Seat),
}

impl Delivery {
    /// Starts a thread if calls hang on all threads of the client and another listener waits.
    pub(crate) fn relieve(&self, repository: &Repository) {
        match self {
            Self::Own(dispatcher) => dispatcher.relieve(repository),
            Self::Shared(seat) => seat.relieve(),
        }
    }

    /// Returns the number of the request that the program has not carried out yet; `None` if there is none, or if threads of
    /// the client deliver.
    pub(crate) fn awaited_from_program(&self) -> Option<u64> {
        match self {
            Self::Own(_) => None,
            Self::Shared(seat) => seat.awaited_from_program(),
        }
    }

    /// Requests one more delivery to the client's listeners, after which the deliveries end.
    pub(crate) fn end(&self) {
        match self {
            Self::Own(dispatcher) => dispatcher.end(),
            Self::Shared(seat) => seat.end(),
        }
    }

    /// Waits until all events before this call have been delivered. Returns at once on a thread that delivers, because such a
    /// thread would wait for itself.
    pub(crate) async fn delivered(&self) {
        match self {
            Self::Own(dispatcher) => dispatcher.delivered().await,
            Self::Shared(seat) => seat.delivered().await,
        }
    }

    /// Waits as [`Self::delivered`] does, and until observers have sent their buffered events. The observers get `limit`, or
    /// the longer limit of another pending flush, as the time in which they should send the events. The wait itself has no
    /// time limit.
    pub(crate) async fn flushed(&self, limit: Duration) {
        match self {
            Self::Own(dispatcher) => dispatcher.flushed(limit).await,
            Self::Shared(seat) => seat.flushed(limit).await,
        }
    }
}
