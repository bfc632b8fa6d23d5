//! The threads that call listeners and observers (D-81). They are called neither on the program's runtime nor on the driver's
//! thread.
//!
//! One thread delivers. If there are several listeners, a second thread stands by. If a call lasts longer than 10 ms, the second
//! thread delivers to the other listeners, and the first thread stays with the call that hangs.

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fh_session::{Millis, Repository};
use tokio::sync::watch;

/// Time after which a call counts as hanging. Another thread then delivers to the other listeners.
const HANGS_AFTER: Duration = Duration::from_millis(10);
/// The most threads of one client. If that many calls hang, the other listeners wait.
const MOST_THREADS: usize = 8;

thread_local! {
    /// The number of the dispatcher that this thread delivers for; 0 for all other threads.
    static DELIVERS_FOR: Cell<u64> = const { Cell::new(0) };
}

/// A handle that requests deliveries from the threads, and their end. Dropping it does neither.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    queue: Arc<DispatchQueue>,
}

struct DispatchQueue {
    number: u64,
    requests: Mutex<DispatchRequests>,
    condvar: Condvar,
    /// The number of the last request that was carried out.
    done: watch::Sender<u64>,
    started: Instant,
}

#[derive(Default)]
struct DispatchRequests {
    /// The number of the last request.
    given: u64,
    /// The number of the last request that a thread has taken.
    taken: u64,
    /// The time in which observers are to send what they hold, if a flush was requested.
    flush: Option<Duration>,
    is_over: bool,
    /// True once the last request was carried out.
    is_ended: bool,
    threads: usize,
    passes: Vec<Pass>,
    last_pass: u64,
    /// Passes that ended while others were running, the oldest first, with the numbers of those others. Their requests are
    /// carried out once those others have ended too.
    ended: Vec<(u64, Vec<u64>)>,
    /// The end of the next summary's window.
    summary: Option<Millis>,
}

/// One thread's delivery of all pending events.
struct Pass {
    number: u64,
    /// The number of calls that had begun by `since`.
    calls: u64,
    since: Instant,
    is_relieved: bool,
}

/// The next step of a thread.
enum Task {
    /// Makes a pass. Requests up to `order` are carried out once it has ended.
    Deliver {
        order: u64,
        pass: u64,
        /// `None` if only summaries are to be delivered.
        events: Option<Events>,
    },
    End,
}

/// How a pass delivers events.
struct Events {
    flush: Option<Duration>,
    /// True if no other pass runs.
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

    /// Waits for the next task.
    fn next(&self, repository: &Repository) -> Task {
        let mut requests = self.requests();
        loop {
            if requests.is_ended {
                return Task::End;
            }
            let hanging = requests.hanging(repository.calls());
            if requests.given > requests.taken || hanging == Some(Duration::ZERO) {
                return requests.begin(repository.calls());
            }
            if requests.is_over && hanging.is_none() {
                // A thread whose call hangs ends the dispatcher when that call returns.
                return Task::End;
            }
            let summary = requests.summary.map(|at| at.since(self.now()));
            if summary == Some(Duration::ZERO) {
                requests.summary = None;
                let (order, pass) = (requests.taken, requests.add_pass(repository.calls()));
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
    /// Returns the time until a pass counts as hanging, unless a call begins before. Returns `None` if no pass can be relieved.
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

    /// Begins a pass, and marks all running passes as relieved.
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

    /// Returns the number of a new pass.
    fn add_pass(&mut self, calls: u64) -> u64 {
        self.last_pass += 1;
        let since = Instant::now();
        self.passes.push(Pass { number: self.last_pass, calls, since, is_relieved: false });
        self.last_pass
    }

    /// Ends a pass. Returns the last request that is now carried out, if there is one. A request is not carried out while an
    /// older pass runs, because that pass may be calling a listener with an earlier event.
    fn end(&mut self, pass: u64, order: u64) -> Option<u64> {
        self.passes.retain(|other| other.number != pass);
        for (_, others) in &mut self.ended {
            others.retain(|other| *other != pass);
        }
        let others: Vec<u64> = self.passes.iter().map(|other| other.number).collect();
        match self.ended.last_mut() {
            // This pass waits for the same passes as the one before, for a later request.
            Some((last, same)) if *same == others => *last = order.max(*last),
            _ => self.ended.push((order, others)),
        }
        let done =
            self.ended.iter().filter(|(_, others)| others.is_empty()).map(|(order, _)| *order);
        let done = done.max();
        self.ended.retain(|(order, _)| done.is_none_or(|done| *order > done));
        done
    }
}

impl Dispatcher {
    /// Returns a dispatcher without a thread. It never has anything to deliver.
    pub(crate) fn idle() -> Self {
        // All requests count as carried out.
        Self { queue: DispatchQueue::new(u64::MAX) }
    }

    /// Starts the first thread.
    ///
    /// # Errors
    /// An [`io::Error`] if the platform starts no thread.
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

    /// Requests one more delivery, after which the threads end.
    pub(crate) fn end(&self) {
        let mut requests = self.queue.requests();
        requests.given += 1;
        requests.is_over = true;
        drop(requests);
        self.queue.condvar.notify_all();
    }

    /// Waits until everything that happened before has been delivered. Returns at once on one of the threads that deliver,
    /// because such a thread would wait for itself.
    pub(crate) async fn delivered(&self) {
        self.carried_out(None).await;
    }

    /// Waits as [`Self::delivered`] does, and until observers have sent what they hold, in about this time.
    pub(crate) async fn flushed(&self, limit: Duration) {
        self.carried_out(Some(limit)).await;
    }

    async fn carried_out(&self, flush: Option<Duration>) {
        if DELIVERS_FOR.with(Cell::get) == self.queue.number {
            return;
        }
        let mut done = self.queue.done.subscribe();
        let order = self.queue.order(flush);
        // An error means that the threads have ended, which ends the wait as well.
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

/// Starts a standby thread if a hanging call would delay another listener and there is no standby thread yet.
fn stand_by(repository: &Repository, queue: &Arc<DispatchQueue>) {
    let mut requests = queue.requests();
    let has_one = requests.threads > requests.passes.len();
    if has_one || requests.is_over || requests.threads >= MOST_THREADS || repository.listeners() < 2
    {
        return;
    }
    requests.threads += 1;
    drop(requests);
    if spawn(repository, queue).is_err() {
        // Without the thread, the other listeners wait while one hangs.
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
        // Within the pass, so that the end waits for an observer that is being called with a summary.
        let summary = repository.deliver_summaries(queue.now());
        let mut requests = queue.requests();
        requests.summary = summary;
        let done = requests.end(pass, order);
        let is_over = requests.is_over && done.is_some_and(|done| done >= requests.given);
        requests.is_ended |= is_over;
        // One thread delivers and one stands by; any further thread ends. At the end the others may have ended already, so that only this
        // one can carry out what is requested from now on.
        let is_spare = !requests.is_over && requests.threads - requests.passes.len() > 2;
        requests.threads -= usize::from(is_spare);
        drop(requests);
        // After the end, no request has to be waited for.
        if let Some(done) = if is_over { Some(u64::MAX) } else { done } {
            queue.done.send_replace(done);
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
