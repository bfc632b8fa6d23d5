//! The queue of the clients that have events for their listeners. One thread at a time empties the queue: the thread of a
//! context pool, or a thread of the program.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use fh_repository::Repository;
use fh_repository::time::Millis;
use tokio::sync::watch;

/// A function that is called after each request of a client for a delivery.
pub(super) type Waker = Arc<dyn Fn() + Send + Sync>;

/// A client's registration with the delivering thread. The registration is used to request deliveries to the client's
/// listeners, and to end the deliveries. Dropping the registration does not end the deliveries.
#[derive(Clone)]
pub(crate) struct Seat {
    queue: Arc<ListenerQueue>,
    number: u64,
    /// The number of the client's last request that the thread has carried out.
    done: watch::Receiver<u64>,
}

pub(super) struct ListenerQueue {
    requests: Mutex<ListenerRequests>,
    condvar: Condvar,
    /// The function that wakes the program; `None` if a thread waits in [`ListenerQueue::next`].
    waker: Option<Waker>,
}

#[derive(Default)]
struct ListenerRequests {
    clients: HashMap<u64, Client>,
    /// The numbers of the clients with a pending request. Each client is listed at most once.
    due: VecDeque<u64>,
    /// The number of clients that have been registered so far.
    seats: u64,
    /// The thread that delivers at present, or the thread of a pool, even while it waits; `None` if there is no such thread.
    thread: Option<ThreadId>,
    is_over: bool,
}

/// A client to whose listeners and observers the thread delivers events.
struct Client {
    repository: Repository,
    /// The number of the client's last request for a delivery.
    given: u64,
    done: watch::Sender<u64>,
    is_due: bool,
    /// The longest time limit of the pending flushes, which is passed to observers; `None` if no flush is pending.
    flush: Option<Duration>,
    is_over: bool,
}

/// A delivery to the listeners and observers of one client.
pub(super) struct DueDelivery {
    number: u64,
    repository: Repository,
    given: u64,
    flush: Option<Duration>,
    is_last: bool,
}

impl DueDelivery {
    /// Calls the listeners and observers, reports a usage summary whose time window has ended at `now`, and carries out a
    /// requested flush.
    pub(super) fn run(&self, now: Millis) {
        self.repository.deliver();
        self.repository.deliver_summaries(now);
        if let Some(limit) = self.flush {
            self.repository.flush_usage(limit);
        }
    }
}

impl ListenerQueue {
    pub(super) fn new(waker: Option<Waker>) -> Arc<Self> {
        Arc::new(Self { requests: Mutex::default(), condvar: Condvar::new(), waker })
    }

    fn requests(&self) -> MutexGuard<'_, ListenerRequests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        match &self.waker {
            Some(waker) => waker(),
            None => self.condvar.notify_one(),
        }
    }

    /// Registers the client of this repository. Returns `None` if the last client of a queue with a thread has ended, because
    /// the thread then ends too.
    pub(super) fn register(self: &Arc<Self>, repository: &Repository) -> Option<Seat> {
        let mut requests = self.requests();
        if requests.is_over {
            return None;
        }
        requests.seats += 1;
        let number = requests.seats;
        let (sender, done) = watch::channel(0);
        let client = Client {
            repository: repository.clone(),
            given: 0,
            done: sender,
            is_due: false,
            flush: None,
            is_over: false,
        };
        requests.clients.insert(number, client);
        drop(requests);
        Some(Seat { queue: Arc::clone(self), number, done })
    }

    /// Requests a delivery for the client with this number, after `change` has updated the client's entry. Returns the number of
    /// the request, or `None` once the deliveries of this client have ended.
    fn order(&self, number: u64, change: impl FnOnce(&mut Client)) -> Option<u64> {
        let mut requests = self.requests();
        let client = requests.clients.get_mut(&number)?;
        client.given += 1;
        change(client);
        let given = client.given;
        if !std::mem::replace(&mut client.is_due, true) {
            requests.due.push_back(number);
        }
        drop(requests);
        self.wake();
        Some(given)
    }

    /// Blocks the thread until a delivery is due, and returns the delivery.
    pub(super) fn next(&self) -> DueDelivery {
        let mut requests = self.requests();
        loop {
            if let Some(due) = requests.take() {
                return due;
            }
            requests = self.condvar.wait(requests).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns the next delivery without blocking, or `None` if none is due.
    pub(super) fn take(&self) -> Option<DueDelivery> {
        self.requests().take()
    }

    /// Marks a delivery as done, and removes the client after its last delivery. Returns false if this was the last delivery
    /// of the last registered client.
    pub(super) fn done(&self, delivery: &DueDelivery) -> bool {
        let mut requests = self.requests();
        if !delivery.is_last {
            if let Some(client) = requests.clients.get(&delivery.number) {
                client.done.send_replace(delivery.given);
            }
            return true;
        }
        // Dropping the client drops its sender, which ends the waits for this client's deliveries.
        let last = requests.clients.remove(&delivery.number);
        let goes_on = !requests.clients.is_empty();
        // A queue that the program empties accepts new clients even after its last client has ended. A queue with a thread does not,
        // because the thread ends with the last client.
        requests.is_over = !goes_on && self.waker.is_none();
        drop(requests);
        drop(last);
        goes_on
    }

    /// Marks this thread as the delivering thread. Returns false if another thread, or this thread further up its stack, is
    /// delivering.
    pub(super) fn enter(&self) -> bool {
        let mut requests = self.requests();
        let is_free = requests.thread.is_none();
        if is_free {
            requests.thread = Some(thread::current().id());
        }
        is_free
    }

    /// Marks this thread as no longer delivering. Returns false, and changes nothing, if a delivery has become due in the meantime.
    /// This thread must then make that delivery.
    pub(super) fn leave(&self) -> bool {
        let mut requests = self.requests();
        let is_empty = requests.due.is_empty();
        if is_empty {
            requests.thread = None;
        }
        is_empty
    }

    /// Reports the usage summaries whose time window has ended, for all clients. Returns the time at which the earliest present
    /// window ends, or `None` if no observer receives summaries.
    pub(super) fn deliver_summaries(&self, now: Millis) -> Option<Millis> {
        let requests = self.requests();
        let repositories: Vec<Repository> =
            requests.clients.values().map(|client| client.repository.clone()).collect();
        drop(requests);
        repositories.iter().filter_map(|repository| repository.deliver_summaries(now)).min()
    }
}

impl ListenerRequests {
    fn take(&mut self) -> Option<DueDelivery> {
        while let Some(number) = self.due.pop_front() {
            if let Some(client) = self.clients.get_mut(&number) {
                client.is_due = false;
                return Some(DueDelivery {
                    number,
                    repository: client.repository.clone(),
                    given: client.given,
                    flush: client.flush.take(),
                    is_last: client.is_over,
                });
            }
        }
        None
    }
}

impl Seat {
    /// Makes the repository request a delivery for this client now, and later when events occur. While a request waits for its
    /// delivery, the repository makes no further request.
    pub(super) fn attach(&self, repository: &Repository) {
        let (queue, number) = (Arc::clone(&self.queue), self.number);
        repository.set_waker(move || {
            queue.order(number, |_| {});
        });
    }

    /// Requests one more delivery for this client, after which the client's registration ends.
    pub(crate) fn end(&self) {
        self.queue.order(self.number, |client| client.is_over = true);
    }

    /// Waits until all events before this call have been delivered. Returns at once on the delivering thread, because that
    /// thread would wait for itself.
    pub(crate) async fn delivered(&self) {
        self.carried_out(None).await;
    }

    /// Waits as [`Self::delivered`] does, and until observers have sent their buffered events. The observers get `limit`, or
    /// the longer limit of another pending flush, as the time in which they should send the events. The wait itself has no
    /// time limit.
    pub(crate) async fn flushed(&self, limit: Duration) {
        self.carried_out(Some(limit)).await;
    }

    async fn carried_out(&self, flush: Option<Duration>) {
        if self.queue.requests().thread == Some(thread::current().id()) {
            return;
        }
        let mut done = self.done.clone();
        let order = self.queue.order(self.number, |client| client.flush = client.flush.max(flush));
        let Some(order) = order else { return };
        // An error means that the client's registration has ended, so that the wait ends too.
        let _ = done.wait_for(|done| *done >= order).await;
    }
}
