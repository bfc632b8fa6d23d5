//! The threads that call listeners and observers, so that these calls do not run on the program's runtime or on the
//! driver's thread. Observers that are called within reads are an exception, for example: the reading thread calls them.
//!
//! One thread delivers events. If there are several listeners, a second thread waits as a standby. If a call lasts longer than
//! 10 ms, the standby thread delivers to the other listeners, and another standby thread starts. There are at most 64 threads,
//! and those above two end when they have nothing to do.

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fh_repository::Repository;
use fh_repository::time::Millis;
use tokio::sync::watch;

use super::ended_passes::EndedPasses;

/// The time after which a call of a listener or an observer counts as hanging, so that another thread delivers to the other
/// listeners.
const HANGS_AFTER: Duration = Duration::from_millis(10);
/// The maximum number of delivering threads of one client. If calls hang on all delivering threads, the other listeners wait.
pub(crate) const MOST_THREADS: usize = 64;

thread_local! {
    /// The number of the dispatcher whose events this thread delivers, or 0 if the thread belongs to no dispatcher.
    static DELIVERS_FOR: Cell<u64> = const { Cell::new(0) };
}

/// A handle that requests deliveries from the threads, and that ends the threads. Dropping the handle does not end the threads.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    queue: Arc<DispatchQueue>,
}

struct DispatchQueue {
    number: u64,
    requests: Mutex<DispatchRequests>,
    condvar: Condvar,
    /// The number of the last delivery request that the threads have carried out; `u64::MAX` once the last delivery has ended,
    /// and if there is no thread.
    done: watch::Sender<u64>,
    started: Instant,
}

#[derive(Default)]
struct DispatchRequests {
    /// The number of the last delivery request.
    given: u64,
    /// The number of the last delivery request that a thread has begun to carry out.
    taken: u64,
    /// The longest time limit of the pending flushes, which is passed to observers; `None` if no flush is pending.
    flush: Option<Duration>,
    is_over: bool,
    /// True once the last request after `is_over` was set has been carried out, so that all threads end.
    is_ended: bool,
    threads: usize,
    passes: Vec<Pass>,
    last_pass: u64,
    ended: EndedPasses,
    /// The time at which the next usage summary is due, on this queue's clock; `None` if no summary is scheduled.
    summary: Option<Millis>,
}

/// A delivery of all pending events, or of usage summaries only, by one thread.
struct Pass {
    number: u64,
    /// The number of calls of listeners and observers that had begun when `since` was set.
    calls: u64,
    since: Instant,
    /// True once a later pass for events has begun, so that no further thread needs to relieve this pass if it hangs.
    is_relieved: bool,
}

/// The next step of a delivering thread.
enum Task {
    /// Makes a pass. The requests up to the number `order` count as carried out once this pass, and all passes that are
    /// running at its end, have ended.
    Deliver {
        order: u64,
        pass: u64,
        /// The delivery of events; `None` if the pass delivers only usage summaries.
        events: Option<Events>,
    },
    End,
}

/// The settings with which a pass delivers events.
struct Events {
    flush: Option<Duration>,
    /// True if no other pass is running, so that this pass may call every listener.
    is_alone: bool,
}

impl DispatchQueue {
    fn new(done: u64) -> Arc<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            requests: Mutex::default(),
            condvar: Condvar::new(),
            done: watch::Sender::new(done),
            started: Instant::now(),
        })
    }

    fn requests(&self) -> MutexGuard<'_, DispatchRequests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, flush: Option<Duration>) -> u64 {
        let mut requests = self.requests();
        requests.given += 1;
        requests.flush = requests.flush.max(flush);
        let number = requests.given;
        drop(requests);
        self.condvar.notify_all();
        number
    }

    fn now(&self) -> Millis {
        Millis::default().after(self.started.elapsed())
    }

    /// Marks the requests up to this number as carried out. A thread calls this function without the lock, so that another
    /// thread may mark a higher number first; the lower number must not replace it, or the waits in between would never end.
    fn mark_done(&self, request: u64) {
        self.done.send_if_modified(|done| {
            let is_higher = request > *done;
            *done = request.max(*done);
            is_higher
        });
    }

    /// Blocks the thread until there is a task, and returns the task.
    fn next(&self, repository: &Repository) -> Task {
        let mut requests = self.requests();
        loop {
            if requests.is_ended {
                return Task::End;
            }
            let hanging = requests.hanging(repository.calls());
            if requests.given > requests.taken || hanging == Some(Duration::ZERO) {
                let task = requests.begin(repository.calls());
                repository.set_all_threads_taken(requests.are_all_taken());
                return task;
            }
            if requests.is_over && hanging.is_none() {
                // The thread whose call hangs ends the dispatcher when that call returns.
                return Task::End;
            }
            let summary = requests.summary.map(|at| at.since(self.now()));
            if summary == Some(Duration::ZERO) {
                requests.summary = None;
                let (order, pass) = (requests.taken, requests.add_pass(repository.calls()));
                repository.set_all_threads_taken(requests.are_all_taken());
                return Task::Deliver { order, pass, events: None };
            }
            let wait = hanging.into_iter().chain(summary).min();
            requests = match wait {
                Some(wait) => {
                    let waited = self.condvar.wait_timeout(requests, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.condvar.wait(requests).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl DispatchRequests {
    const fn are_all_taken(&self) -> bool {
        self.passes.len() >= MOST_THREADS
    }

    /// Returns the time until a running pass counts as hanging, if no further call of a listener or observer begins until
    /// then. `calls` is the number of calls that have begun so far. Returns `None` if there is no pass that another thread
    /// could relieve.
    fn hanging(&mut self, calls: u64) -> Option<Duration> {
        let now = Instant::now();
        let mut shortest = None;
        for pass in &mut self.passes {
            if pass.calls != calls {
                (pass.calls, pass.since) = (calls, now);
            }
            let left = HANGS_AFTER.saturating_sub(now.duration_since(pass.since));
            if !pass.is_relieved {
                shortest = Some(shortest.map_or(left, |shortest: Duration| shortest.min(left)));
            }
        }
        shortest
    }

    /// Begins a new pass for all requests so far, and marks the passes that are already running as relieved. `calls` is the
    /// number of calls of listeners and observers that have begun so far.
    fn begin(&mut self, calls: u64) -> Task {
        let is_alone = self.passes.is_empty();
        for pass in &mut self.passes {
            pass.is_relieved = true;
        }
        self.taken = self.given;
        let pass = self.add_pass(calls);
        let events = Events { flush: self.flush.take(), is_alone };
        Task::Deliver { order: self.given, pass, events: Some(events) }
    }

    /// Adds a running pass and returns its number.
    fn add_pass(&mut self, calls: u64) -> u64 {
        self.last_pass += 1;
        let since = Instant::now();
        self.passes.push(Pass { number: self.last_pass, calls, since, is_relieved: false });
        self.last_pass
    }
}

impl Dispatcher {
    /// Returns a dispatcher without a thread. The dispatcher delivers nothing. A wait for its deliveries returns at once.
    pub(crate) fn idle() -> Self {
        // With the highest number as the last request, all requests count as carried out.
        Self { queue: DispatchQueue::new(u64::MAX) }
    }

    /// Starts a dispatcher with one thread, which delivers the events of this repository.
    ///
    /// # Errors
    /// An [`io::Error`] if the operating system cannot start a thread.
    pub(crate) fn start(repository: &Repository) -> io::Result<Self> {
        let queue = DispatchQueue::new(0);
        queue.requests().threads = 1;
        spawn(repository, &queue)?;
        let condvar = Arc::clone(&queue);
        repository.set_waker(move || {
            condvar.order(None);
        });
        Ok(Self { queue })
    }

    /// Starts a standby thread if calls hang on all threads, as after the registration of a second listener while the only one hangs.
    pub(crate) fn relieve(&self, repository: &Repository) {
        stand_by(repository, &self.queue);
    }

    /// Requests one more delivery, after which the threads of this dispatcher end.
    pub(crate) fn end(&self) {
        let mut requests = self.queue.requests();
        requests.given += 1;
        requests.is_over = true;
        drop(requests);
        self.queue.condvar.notify_all();
    }

    /// Waits until all events before this call have been delivered. Returns at once on one of the threads that deliver, because
    /// such a thread would wait for itself.
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
        if DELIVERS_FOR.with(Cell::get) == self.queue.number {
            return;
        }
        let mut done = self.queue.done.subscribe();
        let order = self.queue.order(flush);
        // The wait cannot fail, because this handle keeps the sender alive.
        let _ = done.wait_for(|done| *done >= order).await;
    }
}

fn spawn(repository: &Repository, queue: &Arc<DispatchQueue>) -> io::Result<()> {
    let (repository, queue) = (repository.clone(), Arc::clone(queue));
    thread::Builder::new()
        .name("fh-listeners".to_string())
        .spawn(move || {
            DELIVERS_FOR.with(|number| number.set(queue.number));
            deliver(&repository, &queue);
        })
        .map(drop)
}

/// Starts a standby thread if a hanging call would delay another listener and there is no standby thread yet. Starts no thread
/// if the dispatcher is ending, or if it already has [`MOST_THREADS`] threads.
fn stand_by(repository: &Repository, queue: &Arc<DispatchQueue>) {
    let mut requests = queue.requests();
    let is_needed = !requests.passes.is_empty() && requests.threads == requests.passes.len();
    if !is_needed
        || requests.is_over
        || requests.threads >= MOST_THREADS
        || repository.listeners() < 2
    {
        return;
    }
    requests.threads += 1;
    drop(requests);
    if spawn(repository, queue).is_err() {
        // If the standby thread cannot be started, the other listeners wait while one listener hangs.
        queue.requests().threads -= 1;
    }
}

fn deliver(repository: &Repository, queue: &Arc<DispatchQueue>) {
    loop {
        let Task::Deliver { order, pass, events } = queue.next(repository) else { return };
        if let Some(Events { flush, is_alone }) = events {
            stand_by(repository, queue);
            if is_alone {
                repository.deliver();
            } else {
                repository.deliver_beside();
            }
            if let Some(limit) = flush {
                repository.flush_usage(limit);
            }
        }
        // Summaries are delivered within the pass, so that closing waits for an observer that is being called with a summary.
        let summary = repository.deliver_summaries(queue.now());
        let mut requests = queue.requests();
        requests.summary = summary;
        requests.passes.retain(|other| other.number != pass);
        let running = requests.passes.iter().map(|other| other.number).collect();
        let done = requests.ended.end(pass, order, running);
        repository.set_all_threads_taken(requests.are_all_taken());
        let is_over = requests.is_over && done.is_some_and(|done| done >= requests.given);
        requests.is_ended |= is_over;
        // One thread delivers and one waits as a standby; any further thread ends. At the end the other threads may already
        // have ended, and then only this thread can carry out later requests.
        let is_spare = !requests.is_over && requests.threads - requests.passes.len() > 2;
        requests.threads -= usize::from(is_spare);
        drop(requests);
        // After the end, all requests count as carried out, so that no caller waits.
        if let Some(done) = if is_over { Some(u64::MAX) } else { done } {
            queue.mark_done(done);
        }
        if is_over {
            queue.condvar.notify_all();
            return;
        }
        if is_spare {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use fh_eval::Timestamp;
    use fh_repository::RepositoryOptions;
    use fh_test::wait::PATIENCE;

    use super::*;

    #[test]
    fn a_listener_that_is_registered_while_the_only_one_hangs_is_called() {
        let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
        let dispatcher = Dispatcher::start(&repository).unwrap();
        let ((enter, entered), (leave, may_leave)) = (mpsc::channel(), mpsc::channel::<()>());
        let may_leave = Mutex::new(may_leave);
        let _hanging = repository.on_readiness(move |_| {
            enter.send(()).unwrap();
            let _ = may_leave.lock().unwrap().recv();
        });
        entered.recv_timeout(PATIENCE).unwrap();
        let (told, called) = mpsc::channel();
        let _other =
            repository.on_status(move |status| told.send(status.requests).unwrap_or_default());
        dispatcher.relieve(&repository);
        assert_eq!(called.recv_timeout(PATIENCE), Ok(0));
        drop(leave);
        dispatcher.end();
    }

    #[test]
    fn a_thread_that_marks_a_lower_request_last_takes_no_higher_request_back() {
        let queue = DispatchQueue::new(0);
        queue.mark_done(2);
        queue.mark_done(1);
        assert_eq!(*queue.done.borrow(), 2);
        queue.mark_done(u64::MAX);
        queue.mark_done(3);
        assert_eq!(*queue.done.borrow(), u64::MAX);
    }
}
