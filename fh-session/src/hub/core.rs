//! What readers, writers and the deliverer of one hub share besides the snapshot.

use std::sync::{Arc, OnceLock};

use fh_eval::Timestamp;

use super::HubOptions;
use super::counters::{Counter, Tally};
use super::desk::{Desk, News};
use crate::intercept;
use crate::status::Notice;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::time::Millis;

/// A clock of the embedding program.
pub(crate) type ClockFn = dyn Fn() -> Timestamp + Send + Sync;
/// Called when there is something to do elsewhere.
pub(crate) type Waker = Box<dyn Fn() + Send + Sync>;

/// No sign of life yet.
const NEVER: u64 = u64::MAX;

/// A flag that every read looks at, on a cache line of its own so that no write nearby slows readers down.
#[repr(align(128))]
struct Armed(AtomicBool);

/// Shared by a hub and all of its snapshots.
pub(crate) struct Core {
    armed: Armed,
    clock: Arc<ClockFn>,
    on_work: OnceLock<Waker>,
    on_touch: OnceLock<Waker>,
    /// Has `on_work` been called since the deliverer last began?
    awake: AtomicBool,
    /// May a change listener see something else than before?
    changed: AtomicBool,
    contact: AtomicU64,
    ids: AtomicU64,
    /// Calls of listeners and observers that have begun.
    calls: AtomicU64,
    /// Has the collection of all features been reported?
    is_collected: AtomicBool,
    pub(crate) tally: Tally,
    pub(crate) desk: Mutex<Desk>,
}

impl Core {
    pub(crate) fn new(options: HubOptions) -> Self {
        Self {
            armed: Armed(AtomicBool::new(false)),
            clock: options.clock,
            on_work: OnceLock::new(),
            on_touch: OnceLock::new(),
            awake: AtomicBool::new(false),
            changed: AtomicBool::new(false),
            contact: AtomicU64::new(NEVER),
            ids: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            is_collected: AtomicBool::new(false),
            tally: Tally::new(),
            desk: Mutex::new(Desk::new(options.events)),
        }
    }

    pub(crate) fn clock(&self) -> &ClockFn {
        &*self.clock
    }

    /// A name for a subscription, an interceptor or an observer.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// A listener or an observer is about to be called.
    pub(crate) fn begin_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    // ---- touches (D-71) -----------------------------------------------------------------------

    /// A read happens.
    #[inline]
    pub(crate) fn touch(&self) {
        if self.armed.0.load(Ordering::Relaxed) {
            self.touched();
        }
    }

    #[cold]
    #[inline(never)]
    fn touched(&self) {
        if self.armed.0.swap(false, Ordering::AcqRel)
            && let Some(on_touch) = self.on_touch.get()
        {
            on_touch();
        }
    }

    pub(crate) fn arm(&self) {
        self.armed.0.store(true, Ordering::Release);
    }

    pub(crate) fn set_on_touch(&self, waker: Waker) {
        let _ = self.on_touch.set(waker);
    }

    // ---- work for the deliverer ---------------------------------------------------------------

    /// There is something to deliver. Never called with a lock held.
    pub(crate) fn wake(&self) {
        if let Some(on_work) = self.on_work.get()
            && !self.awake.swap(true, Ordering::AcqRel)
        {
            on_work();
        }
    }

    /// The same for work that lies in a queue behind a lock, from readers on many threads: they only look at the flag if it is up.
    ///
    /// That would not do for a flag such as `changed`. Here it does: either the deliverer finds the work in the queue, or it had locked
    /// the queue before, and then it is seen here that it had begun.
    pub(crate) fn wake_for_queue(&self) {
        if !self.awake.load(Ordering::Acquire) {
            self.wake();
        }
    }

    pub(crate) fn set_on_work(&self, waker: Waker) {
        let _ = self.on_work.set(waker);
        // What came before had nobody to tell.
        self.wake();
    }

    /// The deliverer begins: whatever comes from now on has to wake it again.
    pub(crate) fn begin_delivery(&self) {
        self.awake.swap(false, Ordering::AcqRel);
    }

    /// Values may be others from now on.
    pub(crate) fn mark_changed(&self) {
        // An exchange where a store would do: loom orders a store and a concurrent exchange too freely.
        self.changed.swap(true, Ordering::AcqRel);
    }

    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::AcqRel)
    }

    /// Puts news into the queue.
    pub(crate) fn push(&self, news: News) {
        let dropped = lock(&self.desk).push(news);
        self.tally.add(Counter::DroppedEvents, dropped);
    }

    /// Is this the first time that the client is ready?
    pub(crate) fn is_first_collection(&self) -> bool {
        !self.is_collected.swap(true, Ordering::AcqRel)
    }

    // ---- signs of life ------------------------------------------------------------------------

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

    fn notice_once(&self, id: u64, feature: Option<&str>, notice: impl FnOnce() -> Notice) {
        let is_new = lock(&self.desk).is_told_first(id, feature);
        if is_new {
            self.push(News::Notice(notice()));
            self.wake();
        }
    }
}
