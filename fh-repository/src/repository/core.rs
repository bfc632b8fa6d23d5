//! The state that readers, writers and the dispatcher of a repository share, in addition to the snapshot.

use std::sync::{Arc, OnceLock};

use fh_eval::Timestamp;

use super::event_queue::{EventQueue, RepositoryEvent};
use super::{IsVisibleChange, RepositoryOptions};
use crate::counters::{Counter, Tally};
use crate::intercept;
use crate::notice::Notice;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::time::Millis;

/// A function that returns the current time of the embedding program.
pub(crate) type ClockFn = dyn Fn() -> Timestamp + Send + Sync;
/// A function that the repository calls to wake the code that waits for it: the dispatcher for queued events, or the driver for a read that
/// passive polling reports.
pub(crate) type Waker = Box<dyn Fn() + Send + Sync>;

/// The value of `contact` until the Edge has sent data.
const NEVER: u64 = u64::MAX;

/// A flag that every read loads. It is true if the next read must be reported. The flag has its own cache line, so that writes to other
/// data do not slow readers down.
#[repr(align(128))]
struct ReportsReads(AtomicBool);

/// The state that a repository shares with all of its snapshots.
pub(crate) struct Core {
    reports_reads: ReportsReads,
    clock: Arc<ClockFn>,
    pub(crate) is_visible_change: IsVisibleChange,
    on_work: OnceLock<Waker>,
    on_touch: OnceLock<Waker>,
    /// True if `on_work` was called and no delivery has begun since then.
    awake: AtomicBool,
    /// True if the value of a change listener's feature may have changed since the last delivery.
    changed: AtomicBool,
    contact: AtomicU64,
    ids: AtomicU64,
    /// Number of calls of listeners and observers that have begun.
    calls: AtomicU64,
    /// True once observers were notified of the collection of all features.
    is_collected: AtomicBool,
    pub(crate) tally: Tally,
    pub(crate) event_queue: Mutex<EventQueue>,
}

impl Core {
    pub(crate) fn new(options: RepositoryOptions) -> Self {
        Self {
            reports_reads: ReportsReads(AtomicBool::new(false)),
            clock: options.clock,
            is_visible_change: options.is_visible_change,
            on_work: OnceLock::new(),
            on_touch: OnceLock::new(),
            awake: AtomicBool::new(false),
            changed: AtomicBool::new(false),
            contact: AtomicU64::new(NEVER),
            ids: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            is_collected: AtomicBool::new(false),
            tally: Tally::new(),
            event_queue: Mutex::new(EventQueue::new(options.events)),
        }
    }

    pub(crate) fn clock(&self) -> &ClockFn {
        &*self.clock
    }

    /// Returns an id for a subscription, an interceptor or an observer.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Records that a listener or an observer is about to be called.
    pub(crate) fn begin_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
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

    /// Wakes the dispatcher, unless it was woken and no delivery has begun since then. Must not be called with a lock held.
    pub(crate) fn wake(&self) {
        if let Some(on_work) = self.on_work.get()
            && !self.awake.swap(true, Ordering::AcqRel)
        {
            on_work();
        }
    }

    /// Wakes the dispatcher for an event in a queue that a lock guards. Many reader threads call this function, so it loads the flag first,
    /// and writes the flag only if it is not set.
    ///
    /// Loading first would be wrong for work that a flag such as `changed` announces, but is correct for a queue. Either the dispatcher
    /// finds the event in the queue, or it locked the queue before the event was added. In the second case this thread sees that the
    /// delivery has begun.
    pub(crate) fn wake_for_queue(&self) {
        if !self.awake.load(Ordering::Acquire) {
            self.wake();
        }
    }

    pub(crate) fn set_on_work(&self, waker: Waker) {
        let _ = self.on_work.set(waker);
        // Earlier work could not wake the dispatcher, because no function was set.
        self.wake();
    }

    /// Records that a delivery begins. Work that arrives from now on has to wake the dispatcher again.
    pub(crate) fn begin_delivery(&self) {
        self.awake.swap(false, Ordering::AcqRel);
    }

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
        self.tally.add(Counter::DroppedEvents, dropped);
    }

    /// Returns true on the first call and false on later calls. The first call is made when the client is ready for the first time.
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

    // ---- interceptors that misbehave ----------------------------------------------------------

    pub(crate) fn interceptor_panicked(&self, id: u64, name: &str) {
        self.tally.add(Counter::InterceptorPanics, 1);
        self.notice_once(id, None, || Notice::InterceptorPanicked { interceptor: name.to_owned() });
    }

    pub(crate) fn override_refused(&self, id: u64, name: &str, feature: &str, why: &str) {
        self.tally.add(Counter::RefusedOverrides, 1);
        self.notice_once(id, Some(feature), || intercept::refusal(name, feature, why));
    }

    /// Queues a notice about an interceptor, unless the same notice was queued before.
    fn notice_once(&self, id: u64, feature: Option<&str>, notice: impl FnOnce() -> Notice) {
        let is_new = lock(&self.event_queue).is_told_first(id, feature);
        if is_new {
            self.push(RepositoryEvent::Notice(notice()));
            self.wake();
        }
    }
}
