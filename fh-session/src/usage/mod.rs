//! Usage: what was read, by whom, and who is told of it (sdk-behaviour 3).

mod event;
mod observers;
mod summary;
mod thinning;

pub(crate) use observers::{Entry, Observers};

pub use event::{Collection, Evaluated, Named, Params, UsageEvent, UsedFeature};
pub use summary::{Summaries, SummaryWindow, UsageCount, UsageSummary};

use std::num::NonZeroU32;
use std::time::Duration;

/// Is told of uses: exporters, statistics, tracing.
///
/// One event per read of a feature by the user's code; none for features that do not exist, for [`Hub::exists`](crate::Hub::exists),
/// [`Hub::is_set`](crate::Hub::is_set), [`Hub::peek`](crate::Hub::peek), and the library's own comparisons. Reads in here are not
/// recorded. A panic is counted and harms nobody.
///
/// ```
/// use fh_session::{Observer, UsageEvent};
/// use std::sync::atomic::{AtomicU64, Ordering};
/// #[derive(Default)]
/// struct HowOften(AtomicU64);
/// impl Observer for HowOften {
///     fn observe(&self, event: &UsageEvent) {
///         if let UsageEvent::Evaluated(_) = event {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// Something was used.
    fn observe(&self, event: &UsageEvent);

    /// When [`Self::observe`] is to be called. Asked once, at the registration.
    fn dispatch(&self) -> Dispatch {
        Dispatch::Queued
    }

    /// How often features were evaluated in the window that has just ended ([`Dispatch::Summary`]). Called by the dispatcher.
    fn summary(&self, _summary: &UsageSummary) {}

    /// Sends what is still here, in about this time.
    fn flush(&self, _limit: Duration) {}

    /// No event follows: it was removed, or the hub was closed. Called once.
    fn close(&self) {}
}

/// When an observer is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Dispatch {
    /// Later, by the dispatcher. Reads never wait for it.
    #[default]
    Queued,
    /// Within the read, on its thread: for those who need what only that thread knows, such as the current span.
    Inline,
    /// By counts of evaluations, once a window ([`Observer::summary`]): for statistics of programs that read often. There are no other
    /// events then.
    Summary(SummaryWindow),
}

/// How much an observer is told.
#[derive(Debug, Clone)]
pub struct UsageOptions {
    /// How many events may wait for a queued observer; beyond that the oldest is dropped and counted.
    pub queue: usize,
    /// Tell one of so many evaluations, the first of them. Collections and named events are always told.
    pub one_of: NonZeroU32,
    /// Tell the same evaluation only once in a while.
    pub deduplicate: Option<Deduplicate>,
}

impl Default for UsageOptions {
    fn default() -> Self {
        Self { queue: 1024, one_of: NonZeroU32::MIN, deduplicate: None }
    }
}

/// Evaluations are the same if feature, value, strategy and user are: the user's key, or all attributes of a context without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deduplicate {
    /// For how long the same is not told again.
    pub window: Duration,
    /// How many evaluations are remembered, at most; what was forgotten is told again.
    pub remembered: usize,
}
