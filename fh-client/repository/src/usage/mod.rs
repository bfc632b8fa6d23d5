//! Usage: the events that report reads of features, and the observers that are notified of these events.

mod event;
#[cfg(feature = "featbit")]
mod exposure;
pub(crate) mod observers;
mod sampling;
pub(crate) mod summary;

pub use event::{Collection, Evaluated, Named, Params, UsageEvent, UsedFeature};
#[cfg(feature = "featbit")]
pub use exposure::Exposure;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;

use crate::failure::Failed;

/// Code that is notified of uses of features, such as an exporter, statistics or tracing.
///
/// A read of a feature by the user's code is one event. The following reads are no events:
///
/// - reads of features that do not exist, and reads for which the client has no features;
/// - [`RepositorySnapshot::exists`](crate::RepositorySnapshot::exists), [`RepositorySnapshot::is_set`](crate::RepositorySnapshot::is_set)
///   and [`RepositorySnapshot::peek`](crate::RepositorySnapshot::peek);
/// - the other reads of a snapshot whose documentation says that they do not count as uses;
/// - comparisons by the library, such as those for change listeners;
/// - reads by an observer.
///
/// A panic of an observer is caught and counted, and so is a [`Failed`] that an observer returns. If [`Self::dispatch`] panics, events are
/// queued.
///
/// ```
/// use fh_repository::{Observer, UsageEvent};
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
    /// Called for each event that [`UsageOptions`] selects and that no full queue has dropped. The method is not called for an observer
    /// that gets summaries.
    fn observe(&self, event: &UsageEvent);

    /// Called with the events that wait for an observer with [`Dispatch::Batched`], the oldest first. There is at least one event, and at most
    /// [`UsageOptions::queue`]. The default passes the events to [`Self::observe`], one after the other.
    fn observe_batch(&self, events: &[Arc<UsageEvent>]) {
        for event in events {
            self.observe(event);
        }
    }

    /// Called for each event in place of [`Self::observe`], which the default calls. An observer that can fail without a panic, such as one of a
    /// binding for another language, implements this method too.
    ///
    /// # Errors
    /// Returns [`Failed`] if the observer failed. The failure is counted as a panic is, and the observer gets later events.
    fn try_observe(&self, event: &UsageEvent) -> Result<(), Failed> {
        self.observe(event);
        Ok(())
    }

    /// Called in place of [`Self::observe_batch`], which the default calls.
    ///
    /// # Errors
    /// Returns [`Failed`] if the observer failed. The failure is counted once for the batch, and the observer gets later batches.
    fn try_observe_batch(&self, events: &[Arc<UsageEvent>]) -> Result<(), Failed> {
        self.observe_batch(events);
        Ok(())
    }

    /// Returns when, and on which thread, the observer is called. The repository calls this method once, at registration.
    fn dispatch(&self) -> Dispatch {
        Dispatch::Queued
    }

    /// Called with the numbers of evaluations in the window that has just ended ([`Dispatch::Summary`]). A flush, the removal of the
    /// observer, and the close of the repository end the window early. Not called if the window has no evaluations.
    fn summary(&self, _summary: &UsageSummary) {}

    /// Called for each read that returns a variation of FeatBit, if [`Self::dispatch`] returns [`Dispatch::Exposures`].
    #[cfg(feature = "featbit")]
    fn exposed(&self, _exposure: &Exposure<'_>) {}

    /// Sends the data that the observer has not sent yet. The call should not take much longer than the time limit. The repository also
    /// calls this method before [`Self::close`].
    fn flush(&self, _limit: Duration) {}

    /// Called once, after the last queued event, when the observer was removed, or by the first delivery after the repository was closed,
    /// or at once if it is registered after that delivery. A repository that is dropped without being closed does not call this method.
    fn close(&self) {}

    /// Returns the observer that takes the place of this one in a forked child process, for a client that is started anew there. `None`, the
    /// default, means that the child uses this observer too. An observer with a thread, a socket or a lock needs a replacement; see
    /// [`Interceptor::after_fork`](crate::Interceptor::after_fork).
    fn after_fork(&self) -> Option<Arc<dyn Observer>> {
        None
    }
}

/// The way in which an observer is called: when, and on which thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dispatch {
    /// The dispatcher calls the observer later. Reads never wait for the observer. The thread that removes the observer may deliver the
    /// observer's last events.
    #[default]
    Queued,
    /// The dispatcher calls [`Observer::observe_batch`] later, with all events that wait, so that many events cost one call. Apart from that, the
    /// same as [`Self::Queued`]. This suits observers for which a call is expensive, such as those of a binding for another language.
    Batched,
    /// The observer is called within the read, on the reader's thread. This suits observers that need data of that thread, such as the
    /// current span. The dispatcher calls the observer for [`UsageEvent::Collection`], and the thread that records a named event calls it
    /// for [`UsageEvent::Named`].
    Inline,
    /// [`Observer::exposed`] is called within each read that returns a variation of FeatBit, on the reader's thread, and the observer gets no
    /// events.
    #[cfg(feature = "featbit")]
    Exposures,
    /// The dispatcher calls [`Observer::summary`] at the end of each window that has evaluations, and the observer gets no other events.
    /// This suits programs that read features too often to report each read.
    Summary(SummaryWindow),
}

/// The settings of an observer that gets summaries ([`Dispatch::Summary`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SummaryWindow {
    /// The length of a window, by default one minute.
    pub every: Duration,
    /// Maximum number of different combinations of feature, value, strategy and interceptor that are counted in one window, by default
    /// 10,000. Evaluations of further combinations are counted in [`UsageSummary::uncounted`].
    pub distinct: usize,
}

impl Default for SummaryWindow {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), distinct: 10_000 }
    }
}

/// The numbers of evaluations within one window.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UsageSummary {
    /// The start of the window.
    pub from: Timestamp,
    /// The end of the window.
    pub until: Timestamp,
    /// The counts, sorted by feature key. A feature has several counts if it had several values, strategies or interceptors.
    pub counts: Vec<UsageCount>,
    /// Number of evaluations of combinations beyond the limit [`SummaryWindow::distinct`].
    pub uncounted: u64,
}

/// The number of evaluations of one feature to one value by the same strategy and interceptor.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UsageCount {
    /// The feature, its value and the strategy. The version is the highest version that was evaluated.
    pub feature: UsedFeature,
    /// The number of evaluations of the feature to this value within the window.
    pub count: u64,
}

/// The settings that select the events that an observer gets.
#[derive(Debug, Clone)]
pub struct UsageOptions {
    /// Maximum number of events that wait for an observer with [`Dispatch::Queued`] or [`Dispatch::Batched`]. When the limit is reached, the oldest event is dropped
    /// and counted. The default is 1,024; a limit of 0 counts as 1.
    pub queue: usize,
    /// One of every `one_of` evaluations is passed on to the observer, or counted for its summary, beginning with the first. Repeated
    /// evaluations are left out before. Collections and named events are not sampled. The default is 1.
    pub one_of: NonZeroU32,
    /// The settings for leaving out repeated evaluations; `None`, the default, passes repeated evaluations on.
    pub deduplicate: Option<Deduplicate>,
}

impl Default for UsageOptions {
    fn default() -> Self {
        Self { queue: 1024, one_of: NonZeroU32::MIN, deduplicate: None }
    }
}

/// Settings for the removal of repeated evaluations. Two evaluations are equal if the feature's key, the value, the id of the strategy, the
/// interceptor and the user are equal. The user is identified by the user key, otherwise by the session, otherwise by all attributes of the
/// context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deduplicate {
    /// The duration for which equal evaluations are left out. The duration begins with an evaluation that is not left out as a repetition.
    pub window: Duration,
    /// Maximum number of evaluations that are remembered, rounded up to an even number above 0. Older evaluations are forgotten in time, so
    /// that the limit holds, and their repetitions are passed on.
    pub remembered: usize,
}
