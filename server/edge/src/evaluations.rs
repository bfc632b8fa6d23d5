//! The work budget of one request. Evaluations that may take a large part of the budget run on other threads. Only a limited number of them
//! run at a time. They do not start after their caller has disconnected, and some of them stop early if their caller disconnects later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::Semaphore;

/// The divisor of the evaluation budget of a request. An evaluation is large if it may take more steps than the budget divided by this
/// number.
const LARGE: u64 = 10;

/// The size class of an evaluation. The class follows from the maximum work of the evaluation and the budget of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// At most a tenth of the budget. The evaluation for a poll, a stream or OFREP then runs at once on the thread of the request.
    Small,
    /// At most the budget. The evaluation runs on another thread.
    Large,
    /// More than the budget. The request is refused, or the open stream ends.
    TooLarge,
}

/// The reason why a request is refused and not evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The evaluation context is longer than this number of bytes.
    ContextTooLarge(usize),
    /// Evaluating for the context could take more work than the budget of one request.
    TooMuchWork,
}

impl Refused {
    /// Returns a fixed name of the reason, which metrics use as a label, and refusals of polls and streams as the member `reason`.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::ContextTooLarge(_) => "context-too-large",
            Self::TooMuchWork => "too-much-work",
        }
    }

    /// Returns the reason as a sentence for people.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::ContextTooLarge(limit) => format!("the context is larger than {limit} bytes"),
            Self::TooMuchWork => {
                "evaluating for this context could take more work than one request may cause; \
                 send fewer or shorter values"
                    .to_string()
            }
        }
    }
}

/// The limits on the evaluation of one request, and the queue of evaluations on other threads.
#[derive(Debug)]
pub(crate) struct Evaluations {
    max_context_bytes: usize,
    budget: u64,
    turns: Arc<Semaphore>,
    counters: EvaluationCounters,
}

/// The counters of evaluations on other threads. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub(crate) struct EvaluationCounters {
    /// The number of evaluations that were moved to another thread, including those whose caller disconnected before they started.
    pub(crate) moved: Counter,
    /// The number of moved evaluations whose caller disconnected before they ended.
    pub(crate) cancelled: Counter,
}

/// The caller of an evaluation on another thread. It may disconnect before the evaluation ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller(Arc<AtomicBool>);

impl Caller {
    pub(crate) fn has_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A guard in the future of a request. If the guard is dropped before the work is done, the caller counts as disconnected.
struct Presence<'a> {
    caller: Caller,
    cancelled: &'a Counter,
    is_done: bool,
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.caller.0.store(true, Ordering::Relaxed);
            self.cancelled.inc();
        }
    }
}

impl Evaluations {
    pub(crate) fn new(max_context_bytes: usize, budget: u64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // At most half of the processors, but at least one, run large evaluations. The others remain for the threads that serve requests.
        let turns = Arc::new(Semaphore::new((threads / 2).max(1)));
        Self { max_context_bytes, budget, turns, counters: EvaluationCounters::default() }
    }

    /// Returns the counters of evaluations on other threads.
    pub(crate) const fn counters(&self) -> &EvaluationCounters {
        &self.counters
    }

    /// Returns an error if a context is longer than the limit. `bytes` is the length of the context's text in the request.
    pub(crate) fn check_context(&self, bytes: usize) -> Result<(), Refused> {
        match bytes > self.max_context_bytes {
            true => Err(Refused::ContextTooLarge(self.max_context_bytes)),
            false => Ok(()),
        }
    }

    /// Returns the size class of an evaluation that takes at most this many steps.
    pub(crate) fn effort(&self, steps: u64) -> Effort {
        match steps {
            steps if steps > self.budget => Effort::TooLarge,
            steps if steps > self.budget / LARGE => Effort::Large,
            _ => Effort::Small,
        }
    }

    /// Runs an evaluation on another thread, as soon as fewer evaluations than the limit are running. If the returned future is dropped,
    /// work that has not started does not start. Running work can stop early, because [`Caller::has_left`] then returns true. The result is
    /// `None` if the work panicked or the runtime shuts down.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Caller) -> T + Send + 'static,
    ) -> Option<T> {
        let caller = Caller::default();
        let mut presence = Presence {
            caller: caller.clone(),
            cancelled: &self.counters.cancelled,
            is_done: false,
        };
        self.counters.moved.inc();
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let work = move || {
            let done = (!caller.has_left()).then(|| work(&caller));
            drop(turn);
            done
        };
        let done = tokio::task::spawn_blocking(work).await.ok().flatten();
        presence.is_done = true;
        done
    }
}

#[cfg(test)]
impl Caller {
    /// Returns a caller that has disconnected.
    pub(crate) fn gone() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

#[cfg(test)]
impl Evaluations {
    /// Takes the permits of all large evaluations, so that further ones wait until the returned value is dropped.
    pub(crate) async fn take_all_turns(&self) -> tokio::sync::OwnedSemaphorePermit {
        let turns = u32::try_from(self.turns.available_permits()).unwrap();
        Arc::clone(&self.turns).acquire_many_owned(turns).await.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::{Mutex, mpsc};
    use std::task::Poll;

    use super::*;

    fn evaluations() -> Evaluations {
        Evaluations::new(0, 0)
    }

    #[tokio::test]
    async fn work_hears_that_its_caller_has_left_and_keeps_its_turn_until_its_end() {
        let shared = Arc::new(evaluations());
        let (begins, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (ends, mut has_ended) = tokio::sync::mpsc::unbounded_channel();
        let may_go_on = Arc::new(Mutex::new(may_go_on));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let half = (threads / 2).max(1);
        let callers = (0..half).map(|_| {
            let (shared, may_go_on) = (Arc::clone(&shared), Arc::clone(&may_go_on));
            let (begins, ends) = (begins.clone(), ends.clone());
            tokio::spawn(async move {
                let work = move |caller: &Caller| {
                    begins.send(caller.has_left()).unwrap();
                    may_go_on.lock().unwrap().recv().unwrap();
                    ends.send(caller.has_left()).unwrap();
                };
                shared.run(work).await
            })
        });
        let callers: Vec<_> = callers.collect();
        for _ in 0..half {
            assert_eq!(has_begun.recv().await, Some(false));
        }
        assert_eq!(shared.turns.available_permits(), 0, "half of the processors");
        for caller in callers {
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        assert_eq!(shared.turns.available_permits(), 0, "the work goes on");
        for _ in 0..half {
            go_on.send(()).unwrap();
            assert_eq!(has_ended.recv().await, Some(true));
        }
        assert_eq!(shared.run(Caller::has_left).await, Some(false));
    }

    /// The runtime has no thread for the work until its caller has left.
    #[test]
    fn work_is_not_begun_for_a_caller_that_has_left() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).build().unwrap();
        let evaluations = evaluations();
        runtime.block_on(async {
            let (go_on, may_go_on) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || may_go_on.recv().unwrap());
            let has_begun = Arc::new(AtomicBool::new(false));
            {
                let begins = Arc::clone(&has_begun);
                let work = move |_: &Caller| begins.store(true, Ordering::SeqCst);
                let mut work = pin!(evaluations.run(work));
                let is_pending = poll_fn(|task| Poll::Ready(work.as_mut().poll(task).is_pending()));
                assert!(is_pending.await);
            }
            go_on.send(()).unwrap();
            busy.await.unwrap();
            assert_eq!(evaluations.run(|_| 7).await, Some(7), "its turn comes after it");
            assert!(!has_begun.load(Ordering::SeqCst));
        });
    }
}
