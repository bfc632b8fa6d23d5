//! The budget of work of one request (D-115), and evaluations that take a large part of it: they run beside the threads that
//! serve, few at a time, and end when their caller leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use crate::metrics::Metrics;

/// Evaluations that take more than this part of the budget leave the threads that serve.
const LARGE: u64 = 10;

/// How much work an evaluation can take, beside the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// At most a tenth: it is done at once.
    Small,
    /// It is done on another thread.
    Large,
    /// More than the budget: it is refused.
    TooLarge,
}

/// Why a request is not evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The context is longer than allowed, in bytes.
    ContextTooLarge(usize),
    /// Evaluating for the context could take more than the budget.
    TooMuchWork,
}

impl Refused {
    /// A name for programs.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::ContextTooLarge(_) => "context-too-large",
            Self::TooMuchWork => "too-much-work",
        }
    }

    /// A sentence for people.
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

/// The limits of one request, and the turns of large evaluations.
#[derive(Debug)]
pub(crate) struct Evaluations {
    max_context_bytes: usize,
    budget: u64,
    turns: Arc<Semaphore>,
}

/// The caller of an evaluation on another thread, who may leave meanwhile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller(Arc<AtomicBool>);

impl Caller {
    pub(crate) fn has_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Dropped with the future of a request.
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
        // Half of the processors stay for those who serve.
        Self { max_context_bytes, budget, turns: Arc::new(Semaphore::new((threads / 2).max(1))) }
    }

    /// Checks the length of a context as it is written.
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

    /// Runs a large evaluation on another thread when its turn comes. If the returned future is dropped, the work is not begun,
    /// or ends at the next feature. `None` if it panicked or the runtime ends.
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
