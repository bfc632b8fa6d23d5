//! A handle with which a program calls listeners and observers on a thread of its own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_repository::Repository;
use fh_repository::time::Millis;

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
    started: Instant,
}

impl ManualDelivery {
    pub(crate) fn new(waker: Waker) -> Self {
        let queue = ListenerQueue::new(Some(Arc::clone(&waker)));
        Self { queue, waker, started: Instant::now() }
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
    pub fn deliver(&self) -> Option<Duration> {
        if !self.queue.enter() {
            return None;
        }
        loop {
            while let Some(due) = self.queue.take() {
                due.run(self.now());
                self.queue.done(&due);
            }
            let summary = self.queue.deliver_summaries(self.now());
            if self.queue.leave() {
                return summary.map(|at| at.since(self.now()));
            }
        }
    }

    fn now(&self) -> Millis {
        Millis::default().after(self.started.elapsed())
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
