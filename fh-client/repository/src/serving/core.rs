//! The state that readers, writers and the dispatcher of a repository share, in addition to the snapshot.

use std::sync::{Arc, OnceLock};

use fh_eval::internal::is_visible_change;
use fh_eval::{FeatureRef, Timestamp};

use super::event_queue::EventQueue;
use super::listen::RepositoryEvent;
use super::reported::Mistakes;
use crate::counters::Counter;
use crate::dispatcher::{ClockFn, DispatcherState, Waker};
use crate::intercept::chain::FaultReporter;
use crate::notice::Notice;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::system::System;
use crate::time::Millis;

/// The value of `contact` until the Edge has sent data.
const NEVER: u64 = u64::MAX;

/// The id of reads in place of an interceptor's.
const READS: u64 = u64::MAX;

/// A function that logs a notice.
pub(crate) type NoticeLog = Box<dyn Fn(Notice) + Send + Sync>;

/// A function that compares an older and a newer state of a feature. It returns true if the difference is a change for readers of the
/// feature.
pub type IsVisibleChange = fn(FeatureRef<'_>, FeatureRef<'_>) -> bool;

/// The settings of a repository, which are fixed when the repository is created.
#[derive(Clone)]
pub struct RepositoryOptions {
    /// A function that returns the current time. The repository calls the function for example when a rule reads `now`, in
    /// [`RepositorySnapshot::values`](crate::RepositorySnapshot::values), and for the events, summaries and deduplication of usage.
    pub clock: Arc<ClockFn>,
    /// Maximum number of readiness, status, new-state, raw and notice events that wait for
    /// [`Repository::deliver`](crate::Repository::deliver). For each listener that another thread is calling, the same number of events may
    /// wait in addition. When the limit is reached, the oldest event is dropped and counted. A limit of 0 counts as 1.
    pub events: usize,
    /// The function that decides if an update changes a feature. It is used for the events of
    /// [`Repository::on_new_state`](crate::Repository::on_new_state) and for [`Repository::held`](crate::Repository::held).
    pub is_visible_change: IsVisibleChange,
    /// If true, reads of features that do not exist or have another type, and misspelt attributes, are reported as notices. The default is
    /// false.
    pub reports_mistakes: bool,
}

impl RepositoryOptions {
    /// Creates the default settings: at most 1,024 events wait, and features are compared by FeatureHub's rules ([`is_visible_change`]).
    /// `clock` returns the current time.
    #[must_use]
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let is_visible_change: IsVisibleChange =
            |old, new| is_visible_change(old.json(), new.json());
        Self { clock: Arc::new(clock), events: 1024, is_visible_change, reports_mistakes: false }
    }
}

impl std::fmt::Debug for RepositoryOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RepositoryOptions").field("events", &self.events).finish_non_exhaustive()
    }
}

/// A flag that reads by the user's code load. It is true if the next such read must be reported. The flag has its own cache line, so that
/// writes to other data do not slow readers down.
#[repr(align(128))]
struct ReportsReads(AtomicBool);

/// The state that a repository shares with all of its snapshots.
pub(crate) struct Core {
    reports_reads: ReportsReads,
    pub(crate) dispatcher: DispatcherState,
    pub(crate) is_visible_change: IsVisibleChange,
    on_touch: OnceLock<Waker>,
    /// The function that logs notices about interceptors.
    log: OnceLock<NoticeLog>,
    /// True if the value of a change listener's feature may have changed since a delivery last took this flag.
    changed: AtomicBool,
    contact: AtomicU64,
    reports_mistakes: bool,
    /// Created by the first mistake, because most clients have none.
    mistakes: OnceLock<Box<Mistakes>>,
    ids: AtomicU64,
    /// True once a delivery has reported the collection of all features, even if no observer got it.
    is_collected: AtomicBool,
    pub(crate) event_queue: Mutex<EventQueue>,
}

impl Core {
    pub(crate) fn new(options: RepositoryOptions) -> Self {
        Self {
            reports_reads: ReportsReads(AtomicBool::new(false)),
            dispatcher: DispatcherState::new(options.clock),
            is_visible_change: options.is_visible_change,
            on_touch: OnceLock::new(),
            log: OnceLock::new(),
            changed: AtomicBool::new(false),
            contact: AtomicU64::new(NEVER),
            reports_mistakes: options.reports_mistakes,
            mistakes: OnceLock::new(),
            ids: AtomicU64::new(0),
            is_collected: AtomicBool::new(false),
            event_queue: Mutex::new(EventQueue::new(options.events)),
        }
    }

    /// Returns an unused id for a listener, an interceptor, an observer or a watch.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    // ---- reads that passive polling reports (D-71) --------------------------------------------

    /// Calls `on_touch` if this read is the first one since [`Self::report_reads`].
    #[inline]
    pub(crate) fn touch(&self) {
        if self.reports_reads.0.load(Ordering::Relaxed) {
            self.touched();
        }
    }

    #[cold]
    #[inline(never)]
    fn touched(&self) {
        if self.reports_reads.0.swap(false, Ordering::AcqRel)
            && let Some(on_touch) = self.on_touch.get()
        {
            on_touch();
        }
    }

    /// Makes the next read call `on_touch`.
    pub(crate) fn report_reads(&self) {
        self.reports_reads.0.store(true, Ordering::Release);
    }

    pub(crate) fn set_on_touch(&self, waker: Waker) {
        let _ = self.on_touch.set(waker);
    }

    // ---- work for the dispatcher --------------------------------------------------------------

    /// Records that the values of change listeners' features may have changed.
    pub(crate) fn mark_changed(&self) {
        // An atomic store would be enough, but loom orders a store and a concurrent exchange too freely.
        self.changed.swap(true, Ordering::AcqRel);
    }

    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::AcqRel)
    }

    /// Queues an event for listeners. Counts the older events that a full queue drops.
    pub(crate) fn push(&self, event: RepositoryEvent) {
        let dropped = lock(&self.event_queue).push(event);
        self.dispatcher.tally.add(Counter::DroppedEvents, dropped);
    }

    /// Returns true on the first call and false on later calls. The first call is made by the first delivery while the client is ready and
    /// has a list of features.
    pub(crate) fn is_first_collection(&self) -> bool {
        !self.is_collected.swap(true, Ordering::AcqRel)
    }

    // ---- contact with the Edge ----------------------------------------------------------------

    pub(crate) fn set_contact(&self, at: Millis) {
        self.contact.store(at.as_u64(), Ordering::Relaxed);
    }

    pub(crate) fn contact(&self) -> Option<Millis> {
        match self.contact.load(Ordering::Relaxed) {
            NEVER => None,
            at => Some(Millis::new(at)),
        }
    }

    pub(crate) fn set_notice_log(&self, log: NoticeLog) {
        let _ = self.log.set(log);
    }

    /// Reports a read of another context than the client's.
    #[cold]
    pub(crate) fn report_other_context(&self, system: System) {
        self.notice_once(READS, None, || Notice::OtherContext { system });
    }

    /// Returns the mistakes that were reported; `None` if this repository reports none.
    pub(crate) fn mistakes(&self) -> Option<&Mistakes> {
        self.reports_mistakes.then(|| &**self.mistakes.get_or_init(Box::default))
    }

    /// Queues a notice about a mistake for listeners, and passes it to the log.
    pub(crate) fn report_mistake(&self, notice: Notice) {
        if let Some(log) = self.log.get() {
            log(notice.clone());
        }
        self.push(RepositoryEvent::Notice(notice));
        self.dispatcher.wake();
    }

    /// Queues a notice about an interceptor or a read for listeners, and passes it to the log. The listeners and the log each get a notice
    /// once, and no further notices after 256 different notices. If no listener for notices is registered, the notice is not queued, so that
    /// a later incident of the same kind is reported to a later listener.
    fn notice_once(&self, id: u64, feature: Option<&str>, notice: impl Fn() -> Notice) {
        let log = self.log.get();
        let (is_new, log) = {
            let mut event_queue = lock(&self.event_queue);
            let is_new = event_queue.is_new_notice(id, feature);
            (is_new, log.filter(|_| event_queue.is_new_in_log(id, feature)))
        };
        if let Some(log) = log {
            log(notice());
        }
        if is_new {
            self.push(RepositoryEvent::Notice(notice()));
            self.dispatcher.wake();
        }
    }
}

impl FaultReporter for Core {
    fn interceptor_panicked(&self, id: u64, name: &str) {
        self.dispatcher.tally.add(Counter::InterceptorPanics, 1);
        self.notice_once(id, None, || Notice::InterceptorPanicked { interceptor: name.to_owned() });
    }

    fn interceptor_failed(&self, id: u64, name: &str) {
        self.dispatcher.tally.add(Counter::InterceptorPanics, 1);
        self.notice_once(id, None, || Notice::InterceptorFailed { interceptor: name.to_owned() });
    }

    fn override_refused(&self, id: u64, name: &str, feature: &str, why: &str) {
        self.dispatcher.tally.add(Counter::RefusedOverrides, 1);
        self.notice_once(id, Some(feature), || Notice::OverrideRefused {
            interceptor: name.to_owned(),
            feature: feature.to_owned(),
            why: why.to_owned(),
        });
    }
}
