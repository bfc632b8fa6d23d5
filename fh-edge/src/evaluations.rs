//! The work budget of one request (D-115). Evaluations that may take a large part of it run on other threads, few at a time, and stop when
//! their caller leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use crate::metrics::Metrics;

/// An evaluation is large if it may take more than the budget divided by this number.
const LARGE: u64 = 10;

/// The most work that an evaluation can take, compared with the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// At most a tenth of the budget: it is evaluated at once.
    Small,
    /// At most the budget: it is evaluated on another thread.
    Large,
    /// More than the budget: it is refused.
    TooLarge,
}

/// The reason why a request is not evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The context is longer than this limit in bytes.
    ContextTooLarge(usize),
    /// Evaluating for the context could take more work than the budget.
    TooMuchWork,
}

impl Refused {
    /// Returns a name for programs.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::ContextTooLarge(_) => "context-too-large",
            Self::TooMuchWork => "too-much-work",
        }
    }

    /// Returns a sentence for people.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::ContextTooLarge(limit) => format!("the context is larger than {limit} bytes"),
            Self::TooMuchWork => {
                "evaluating for this context takes more work than one request may: \
                 send fewer or shorter values"
                    .to_string()
            }
        }
    }
}

/// The limits of one request, and the queue of large evaluations.
#[derive(Debug)]
pub(crate) struct Evaluations {
    max_context_bytes: usize,
    budget: u64,
    turns: Arc<Semaphore>,
}

/// The caller of an evaluation on another thread. The caller may leave before the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller(Arc<AtomicBool>);

impl Caller {
    pub(crate) fn has_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A guard in the future of a request. If it is dropped before the work is done, the caller has left.
struct Presence<'a> {
    caller: Caller,
    metrics: &'a Metrics,
    is_done: bool,
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.caller.0.store(true, Ordering::Relaxed);
            self.metrics.evaluation_cancelled();
        }
    }
}

impl Evaluations {
    pub(crate) fn new(max_context_bytes: usize, budget: u64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // Half of the processors remain for the threads that serve.
        Self { max_context_bytes, budget, turns: Arc::new(Semaphore::new((threads / 2).max(1))) }
    }

    /// Checks the length of a context, in bytes as the request wrote it.
    pub(crate) fn check_context(&self, bytes: usize) -> Result<(), Refused> {
        match bytes > self.max_context_bytes {
            true => Err(Refused::ContextTooLarge(self.max_context_bytes)),
            false => Ok(()),
        }
    }

    /// Compares the most steps that a request can take with the budget.
    pub(crate) fn effort(&self, steps: u64) -> Effort {
        match steps {
            steps if steps > self.budget => Effort::TooLarge,
            steps if steps > self.budget / LARGE => Effort::Large,
            _ => Effort::Small,
        }
    }

    /// Runs a large evaluation on another thread when its turn comes. If the returned future is dropped, the work does not start, or stops
    /// before the next feature. `None` if the work panicked or the runtime shuts down.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        metrics: &Metrics,
        work: impl FnOnce(&Caller) -> T + Send + 'static,
    ) -> Option<T> {
        let caller = Caller::default();
        let mut presence = Presence { caller: caller.clone(), metrics, is_done: false };
        metrics.evaluation_moved();
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
