//! The one thread that calls the listeners and observers of all contexts of a pool.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use fh_session::{Millis, Repository};
use tokio::sync::watch;

/// A client's registration with the shared thread. The registration is used to request deliveries to the client's listeners,
/// and to end the deliveries. Dropping the registration does not end the deliveries.
#[derive(Clone)]
pub(crate) struct Seat {
    queue: Arc<ListenerQueue>,
    number: u64,
    /// The number of the client's last request that the thread has carried out.
    done: watch::Receiver<u64>,
    thread: ThreadId,
}

/// A thread that several clients share. The thread starts with the first client and ends with the last client.
#[derive(Clone, Default)]
pub(crate) struct PoolListeners(Arc<Mutex<Option<Running>>>);

/// The queue and the id of the thread that was started last.
type Running = (Arc<ListenerQueue>, ThreadId);

struct ListenerQueue {
    requests: Mutex<ListenerRequests>,
    condvar: Condvar,
}

#[derive(Default)]
struct ListenerRequests {
    clients: HashMap<u64, Client>,
    /// The numbers of the clients with a pending request. Each client is listed once.
    due: VecDeque<u64>,
    /// The number of clients that have been registered so far.
    seats: u64,
    is_over: bool,
}

/// A client to whose listeners and observers the thread delivers events.
struct Client {
    repository: Repository,
    /// The number of the client's last request.
    given: u64,
    done: watch::Sender<u64>,
    is_due: bool,
    /// The time in which observers should send their buffered events; `None` if no flush was requested.
    flush: Option<Duration>,
    is_over: bool,
}

/// The next task of the thread: a delivery to the listeners of one client.
struct ListenerThread {
    number: u64,
    repository: Repository,
    given: u64,
    flush: Option<Duration>,
    is_last: bool,
}

impl ListenerQueue {
    fn requests(&self) -> MutexGuard<'_, ListenerRequests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request of the client with this number, and returns the number of the request. Returns `None` once the deliveries
    /// of this client have ended.
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
        self.condvar.notify_one();
        Some(given)
    }

    /// Blocks the thread until there is a task, and returns the task.
    fn next(&self) -> ListenerThread {
        let mut requests = self.requests();
        loop {
            let number = requests.due.pop_front();
            if let Some(number) = number
                && let Some(client) = requests.clients.get_mut(&number)
            {
                client.is_due = false;
                return ListenerThread {
                    number,
                    repository: client.repository.clone(),
                    given: client.given,
                    flush: client.flush.take(),
                    is_last: client.is_over,
                };
            }
            if number.is_none() {
                requests = self.condvar.wait(requests).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Marks a task as done. Returns false if no registered client is left, so that the thread ends.
    fn done(&self, work: &ListenerThread) -> bool {
        let mut requests = self.requests();
        if !work.is_last {
            if let Some(client) = requests.clients.get(&work.number) {
                client.done.send_replace(work.given);
            }
            return true;
        }
        // Dropping the client drops its sender, which ends the waits for this client's deliveries.
        let last = requests.clients.remove(&work.number);
        requests.is_over = requests.clients.is_empty();
        let goes_on = !requests.is_over;
        drop(requests);
        drop(last);
        goes_on
    }
}

impl PoolListeners {
    /// Registers a client, and starts the thread if no thread is running.
    ///
    /// # Errors
    /// An [`io::Error`] if the operating system cannot start a thread.
    pub(crate) fn serve(&self, repository: &Repository) -> io::Result<Seat> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seat = held.as_ref().and_then(|(queue, thread)| seat(queue, *thread, repository));
        let seat = match seat {
            Some(seat) => seat,
            None => {
                let seat = start(repository)?;
                *held = Some((Arc::clone(&seat.queue), seat.thread));
                seat
            }
        };
        drop(held);
        let (queue, number) = (Arc::clone(&seat.queue), seat.number);
        repository.set_waker(move || {
            queue.order(number, |_| {});
        });
        Ok(seat)
    }
}

impl fmt::Debug for PoolListeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolListeners").finish_non_exhaustive()
    }
}

/// Registers a client with a running thread. Returns `None` if the thread has ended.
fn seat(queue: &Arc<ListenerQueue>, thread: ThreadId, repository: &Repository) -> Option<Seat> {
    let mut requests = queue.requests();
    if requests.is_over {
        return None;
    }
    let (number, done) = requests.add(repository);
    drop(requests);
    Some(Seat { queue: Arc::clone(queue), number, done, thread })
}

/// Starts a thread and registers its first client.
fn start(repository: &Repository) -> io::Result<Seat> {
    let mut requests = ListenerRequests::default();
    let (number, done) = requests.add(repository);
    let queue = Arc::new(ListenerQueue { requests: Mutex::new(requests), condvar: Condvar::new() });
    let work = Arc::clone(&queue);
    let thread = thread::Builder::new()
        .name("fh-listeners".to_string())
        .spawn(move || deliver(&work))?
        .thread()
        .id();
    Ok(Seat { queue, number, done, thread })
}

impl ListenerRequests {
    fn add(&mut self, repository: &Repository) -> (u64, watch::Receiver<u64>) {
        self.seats += 1;
        let (done, receiver) = watch::channel(0);
        let repository = repository.clone();
        let client =
            Client { repository, given: 0, done, is_due: false, flush: None, is_over: false };
        self.clients.insert(self.seats, client);
        (self.seats, receiver)
    }
}

impl Seat {
    /// Requests one more delivery for this client, after which the client's registration ends. The thread ends when the last
    /// registration has ended.
    pub(crate) fn end(&self) {
        self.queue.order(self.number, |client| client.is_over = true);
    }

    /// Waits until all events before this call have been delivered. Returns at once on the delivering thread, because that
    /// thread would wait for itself.
    pub(crate) async fn delivered(&self) {
        self.carried_out(None).await;
    }

    /// Waits as [`Self::delivered`] does, and until observers have sent their buffered events. Observers are asked to finish
    /// within `limit`.
    pub(crate) async fn flushed(&self, limit: Duration) {
        self.carried_out(Some(limit)).await;
    }

    async fn carried_out(&self, flush: Option<Duration>) {
        if thread::current().id() == self.thread {
            return;
        }
        let mut done = self.done.clone();
        let order = self.queue.order(self.number, |client| client.flush = client.flush.max(flush));
        let Some(order) = order else { return };
        // An error means that the client's registration has ended, so that the wait ends too.
        let _ = done.wait_for(|done| *done >= order).await;
    }
}

fn deliver(queue: &ListenerQueue) {
    let started = Instant::now();
    loop {
        let work = queue.next();
        work.repository.deliver();
        // A usage summary whose time window has ended is reported at the next delivery, because this thread has no timer.
        work.repository.deliver_summaries(Millis::default().after(started.elapsed()));
        if let Some(limit) = work.flush {
            work.repository.flush_usage(limit);
        }
        if !queue.done(&work) {
            return;
        }
    }
}
