//! The queue of the clients that have events for their listeners. Threads of a context pool empty the queue, or one thread of
//! the program at a time. A pool has one thread, and more, up to 64, while calls hang.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use fh_repository::Repository;
use fh_repository::time::Millis;
use tokio::sync::watch;

use super::dispatcher::MOST_THREADS;
use super::ended_passes::EndedPasses;

/// The time without progress after which the calls of a pool count as hanging, so that a further thread delivers. It is longer
/// than that of a client's own threads, because no thread of a pool is on standby.
const HANGS_AFTER: Duration = Duration::from_secs(1);

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
    started: Instant,
    hangs_after: Duration,
}

#[derive(Default)]
struct ListenerRequests {
    clients: HashMap<u64, Client>,
    /// The numbers of the clients with a pending request. Each client is listed at most once.
    due: VecDeque<u64>,
    /// The number of clients that have been registered so far.
    seats: u64,
    /// The thread that delivers at present, or the threads of a pool, even while they wait.
    threads: Vec<ThreadId>,
    /// The number of the pool's threads that wait.
    idle: usize,
    /// The number of deliveries that run.
    running: usize,
    /// The time at which a delivery began or ended last.
    last_progress: Option<Instant>,
    is_over: bool,
}

/// A client to whose listeners and observers the thread delivers events.
struct Client {
    repository: Repository,
    /// The number of the client's last request for a delivery.
    given: u64,
    /// The number of the last request that a thread has begun to carry out.
    taken: u64,
    done: watch::Sender<u64>,
    is_due: bool,
    /// The numbers of the requests that threads carry out at present: several if a call hangs.
    running: Vec<u64>,
    ended: EndedPasses,
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
    /// True if no other delivery to this client is running, so that this one may call every listener.
    is_alone: bool,
}

impl DueDelivery {
    /// Calls the listeners and observers, reports a usage summary whose time window has ended at `now`, and carries out a
    /// requested flush.
    pub(super) fn run(&self, now: Millis) {
        if self.is_alone {
            self.repository.deliver();
        } else {
            self.repository.deliver_beside();
        }
        self.repository.deliver_summaries(now);
        if let Some(limit) = self.flush {
            self.repository.flush_usage(limit);
        }
    }
}

impl ListenerQueue {
    pub(super) fn new(waker: Option<Waker>) -> Arc<Self> {
        let (requests, condvar) = (Mutex::default(), Condvar::new());
        Arc::new(Self {
            requests,
            condvar,
            waker,
            started: Instant::now(),
            hangs_after: HANGS_AFTER,
        })
    }

    fn requests(&self) -> MutexGuard<'_, ListenerRequests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time on this queue's clock.
    pub(super) fn now(&self) -> Millis {
        Millis::default().after(self.started.elapsed())
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
            taken: 0,
            done: sender,
            is_due: false,
            running: Vec::new(),
            ended: EndedPasses::default(),
            flush: None,
            is_over: false,
        };
        repository.set_all_threads_taken(requests.running >= MOST_THREADS);
        requests.clients.insert(number, client);
        drop(requests);
        Some(Seat { queue: Arc::clone(self), number, done })
    }

    /// Requests a delivery for the client with this number, after `change` has updated the client's entry. Returns the number of
    /// the request, or `None` once the deliveries of this client have ended.
    fn order(self: &Arc<Self>, number: u64, change: impl FnOnce(&mut Client)) -> Option<u64> {
        let mut requests = self.requests();
        let client = requests.clients.get_mut(&number)?;
        client.given += 1;
        change(client);
        let given = client.given;
        if !std::mem::replace(&mut client.is_due, true) {
            requests.due.push_back(number);
        }
        let program = self.waker.as_ref().and(requests.clients.get(&number));
        let repository = program.map(|client| client.repository.clone());
        self.relieve(&mut requests);
        drop(requests);
        // The driver of the client reports a program that does not deliver.
        repository.iter().for_each(Repository::watch_deliveries);
        self.wake();
        Some(given)
    }

    /// Starts the first thread of a pool.
    ///
    /// # Errors
    /// An [`io::Error`] if the operating system cannot start a thread.
    pub(super) fn start(self: &Arc<Self>) -> io::Result<()> {
        self.start_thread(&mut self.requests())
    }

    /// Starts a thread of a pool. The thread begins once the lock is released.
    fn start_thread(self: &Arc<Self>, requests: &mut ListenerRequests) -> io::Result<()> {
        let queue = Arc::clone(self);
        let thread = thread::Builder::new()
            .name("fh-listeners".to_string())
            .spawn(move || queue.deliver_until_over())?;
        requests.threads.push(thread.thread().id());
        Ok(())
    }

    /// Starts a further thread of a pool if a delivery is due and calls hang on all threads.
    fn relieve(self: &Arc<Self>, requests: &mut ListenerRequests) {
        let hangs = |since: Instant| since.elapsed() >= self.hangs_after;
        let is_needed = self.waker.is_none()
            && requests.idle == 0
            && !requests.due.is_empty()
            && !requests.is_over
            && requests.threads.len() < MOST_THREADS
            && requests.last_progress.is_some_and(hangs);
        if is_needed {
            // If the thread cannot be started, the other listeners wait while these hang.
            let _ = self.start_thread(requests);
        }
    }

    /// Delivers on a thread of a pool, until the last client has ended or another thread waits, too.
    fn deliver_until_over(&self) {
        while let Some(due) = self.next() {
            // A usage summary whose time window has ended is reported at the client's next delivery, because this thread has no
            // timer.
            due.run(self.now());
            self.done(&due);
        }
    }

    /// Blocks a thread of a pool until a delivery is due, and returns the delivery. With `None`, the thread should end.
    fn next(&self) -> Option<DueDelivery> {
        let mut requests = self.requests();
        loop {
            if let Some(due) = requests.take() {
                return Some(due);
            }
            if requests.is_over || requests.idle > 0 {
                let me = thread::current().id();
                requests.threads.retain(|thread| *thread != me);
                return None;
            }
            requests.idle += 1;
            requests = self.condvar.wait(requests).unwrap_or_else(PoisonError::into_inner);
            requests.idle -= 1;
        }
    }

    /// Returns the next delivery without blocking, or `None` if none is due.
    pub(super) fn take(&self) -> Option<DueDelivery> {
        self.requests().take()
    }

    /// Marks a delivery as done, and removes the client after its last delivery. After the last delivery of the last client, the
    /// threads of a pool end.
    pub(super) fn done(&self, delivery: &DueDelivery) {
        let mut requests = self.requests();
        let last = requests.end(delivery);
        // A queue that the program empties accepts new clients even after its last client has ended. A queue with threads does
        // not, because the threads end with the last client.
        requests.is_over |= requests.clients.is_empty() && self.waker.is_none();
        let is_over = requests.is_over;
        drop(requests);
        if is_over {
            self.condvar.notify_all();
        }
        // Dropping the client drops its sender, which ends the waits for this client's deliveries.
        drop(last);
    }

    /// Marks this thread as the delivering thread. Returns false if another thread, or this thread further up its stack, is
    /// delivering.
    pub(super) fn enter(&self) -> bool {
        let mut requests = self.requests();
        let is_free = requests.threads.is_empty();
        if is_free {
            requests.threads.push(thread::current().id());
        }
        is_free
    }

    /// Marks this thread as no longer delivering. Returns false, and changes nothing, if a delivery has become due in the meantime.
    /// This thread must then make that delivery.
    pub(super) fn leave(&self) -> bool {
        let mut requests = self.requests();
        let is_empty = requests.due.is_empty();
        if is_empty {
            requests.threads.clear();
        }
        is_empty
    }

    /// Reports the usage summaries whose time window has ended, for all clients. Returns the time at which the earliest present
    /// window ends, or `None` if no observer receives summaries.
    pub(super) fn deliver_summaries(&self) -> Option<Millis> {
        let now = self.now();
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
                client.taken = client.given;
                let delivery = DueDelivery {
                    number,
                    repository: client.repository.clone(),
                    given: client.given,
                    flush: client.flush.take(),
                    is_alone: client.running.is_empty(),
                };
                client.running.push(client.given);
                // The program delivers, if it was waited for.
                client.repository.set_all_threads_taken(false);
                self.progressed(self.running + 1);
                return Some(delivery);
            }
        }
        None
    }

    /// Ends a delivery. Returns the client after its last delivery.
    fn end(&mut self, delivery: &DueDelivery) -> Option<Client> {
        self.progressed(self.running - 1);
        let client = self.clients.get_mut(&delivery.number)?;
        client.running.retain(|given| *given != delivery.given);
        let done = client.ended.end(delivery.given, delivery.given, client.running.clone())?;
        client.done.send_replace(done);
        let is_last = client.is_over && done >= client.given;
        if is_last { self.clients.remove(&delivery.number) } else { None }
    }

    /// Records that a delivery has begun or ended, and whether deliveries now take all threads.
    fn progressed(&mut self, running: usize) {
        self.last_progress = Some(Instant::now());
        let were_all_taken = self.running >= MOST_THREADS;
        self.running = running;
        let are_all_taken = running >= MOST_THREADS;
        if were_all_taken != are_all_taken {
            let repositories = self.clients.values().map(|client| &client.repository);
            repositories.for_each(|repository| repository.set_all_threads_taken(are_all_taken));
        }
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

    /// Starts a further thread of a pool if a delivery is due and calls hang on all threads.
    pub(crate) fn relieve(&self) {
        self.queue.relieve(&mut self.queue.requests());
    }

    /// Returns the number of the last request that the program has carried out, if a later one waits for the program.
    pub(crate) fn awaited_from_program(&self) -> Option<u64> {
        self.queue.waker.as_ref()?;
        let requests = self.queue.requests();
        requests.clients.get(&self.number).filter(|client| client.is_due).map(|client| client.taken)
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
        if self.queue.requests().threads.contains(&thread::current().id()) {
            return;
        }
        let mut done = self.done.clone();
        let order = self.queue.order(self.number, |client| client.flush = client.flush.max(flush));
        let Some(order) = order else { return };
        // An error means that the client's registration has ended, so that the wait ends too.
        let _ = done.wait_for(|done| *done >= order).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use fh_eval::Timestamp;
    use fh_repository::RepositoryOptions;
    use fh_test::wait::{PATIENCE, wait_until};

    use super::*;

    /// A pool whose calls hang at once.
    fn impatient() -> Arc<ListenerQueue> {
        let (requests, condvar) = (Mutex::default(), Condvar::new());
        let hangs_after = Duration::ZERO;
        Arc::new(ListenerQueue {
            requests,
            condvar,
            waker: None,
            started: Instant::now(),
            hangs_after,
        })
    }

    #[test]
    fn clients_whose_listeners_hang_take_64_threads_and_then_the_others_wait() {
        let queue = impatient();
        queue.start().unwrap();
        let (enter, entered) = mpsc::channel();
        let mut clients: Vec<_> = (0..=MOST_THREADS)
            .map(|number| {
                let repository =
                    Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
                let seat = queue.register(&repository).unwrap();
                seat.attach(&repository);
                let (leave, may_leave) = mpsc::channel::<()>();
                let (enter, may_leave) = (enter.clone(), Mutex::new(may_leave));
                let subscription = repository.on_readiness(move |_| {
                    enter.send(number).unwrap();
                    let _ = may_leave.lock().unwrap().recv();
                });
                if number < MOST_THREADS {
                    assert_eq!(entered.recv_timeout(PATIENCE), Ok(number));
                }
                (repository, seat, leave, subscription)
            })
            .collect();
        assert!(clients.iter().all(|(repository, ..)| repository.are_all_threads_taken()));
        assert_eq!(queue.requests().threads.len(), MOST_THREADS);
        let returned = clients.remove(0);
        drop(returned.2);
        assert_eq!(entered.recv_timeout(PATIENCE), Ok(MOST_THREADS));
        returned.1.end();
        clients.iter().for_each(|(_, seat, ..)| seat.end());
        clients.iter_mut().for_each(|(_, _, leave, _)| *leave = mpsc::channel().0);
        wait_until("all threads end", || queue.requests().threads.is_empty());
        assert!(!returned.0.are_all_threads_taken());
    }
}
