//! A handle with which a program calls listeners and observers on a thread of its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_repository::Repository;

use super::listener_queue::{ListenerQueue, Seat, Waker};

/// A handle that calls a client's listeners and observers on the calling thread; see
/// [`ClientBuilder::manual_delivery`](crate::ClientBuilder::manual_delivery). The handle is meant for programs that must choose
/// the thread, such as a binding for another language.
///
/// The handle also serves the clients made from the client: the clients of [`Client::isolated`](crate::Client::isolated) and of
/// a [`ContextPool`](crate::ContextPool). The handle does not keep the clients alive. Keep the handle until these clients have
/// ended and [`Self::deliver`] has delivered their last events, so that listeners are notified of the end, and interceptors and
/// observers are closed.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// use std::sync::mpsc;
/// use std::time::Duration;
///
/// # let edge = MemoryEdge::new();
/// let (waker, woken) = mpsc::channel();
/// let client = edge
///     .client()
///     .manual_delivery(move || {
///         let _ = waker.send(());
///     })
///     .on_readiness(|change| println!("{}", change.readiness))
///     .start()?;
/// let delivery = client.manual_delivery().expect("the builder asked for it");
/// client.wait_ready(Duration::from_secs(5))?;
/// woken.recv()?;
/// // Calls the listener on this thread. If `deliver` returns a time, a usage summary is due after that time.
/// let _next: Option<Duration> = delivery.deliver();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ManualDelivery {
    queue: Arc<ListenerQueue>,
    waker: Waker,
}

impl ManualDelivery {
    pub(crate) fn new(waker: Waker) -> Self {
        let queue = ListenerQueue::new(Some(Arc::clone(&waker)));
        Self { queue, waker }
    }

    /// Returns a handle with the same waker that serves no clients yet. Takes no lock.
    pub(super) fn anew(&self) -> Self {
        Self::new(Arc::clone(&self.waker))
    }

    /// Calls the listeners and observers of all queued events, one after the other, on this thread and with no lock held.
    /// Returns the time after which the next usage summary is due, or `None` if no observer [receives
    /// summaries](crate::Dispatch::Summary). Call this function again when the waker was called, and at the latest after the
    /// returned time.
    ///
    /// One thread delivers at a time. If another thread is delivering, or if a listener or observer calls this function, this
    /// function returns `None` at once. The delivery that is already running then includes the events.
    ///
    /// A listener that blocks therefore blocks all others of these clients. A notice in the log names it after 10 seconds. If events
    /// wait for 10 seconds because the program does not deliver, a notice and the status say so
    /// ([`Notice::ListenersWait`](crate::Notice::ListenersWait)). At most
    /// 1,024 events wait for each client, and the oldest are dropped.
    pub fn deliver(&self) -> Option<Duration> {
        if !self.queue.enter() {
            return None;
        }
        loop {
            while let Some(due) = self.queue.take() {
                due.run(self.queue.now());
                self.queue.done(&due);
            }
            let summary = self.queue.deliver_summaries();
            if self.queue.leave() {
                return summary.map(|at| at.since(self.queue.now()));
            }
        }
    }

    pub(super) fn serve(&self, repository: &Repository) -> Option<Seat> {
        let seat = self.queue.register(repository)?;
        seat.attach(repository);
        Some(seat)
    }
}

impl fmt::Debug for ManualDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualDelivery").finish_non_exhaustive()
    }
}
