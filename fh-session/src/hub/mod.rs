//! The read side: one snapshot behind one pointer, and everybody who looks at it.

mod answer;
mod catch;
mod core;
mod counters;
mod deliver;
mod desk;
mod detail;
mod difference;
mod isolation;
mod listen;
mod read;
mod reason;
mod snapshot;
mod subscribe;
mod values;

pub(crate) use answer::Answer;
pub(crate) use core::Core;
pub(crate) use counters::Counter;
pub(crate) use deliver::Turns;
pub(crate) use isolation::{Panicked, isolated};

pub use counters::Counters;
pub use detail::{Detail, Explained};
pub use listen::{Change, NewState, ReadinessChange, Subscription};
pub use reason::Reason;
pub use snapshot::Snapshot;
pub use values::ContextValues;

use std::sync::Arc;

use fh_eval::Timestamp;

use crate::action::{Publication, RawUpdate};
use crate::status::{Notice, Readiness, Status};
use crate::sync::{AtomicBool, Mutex, Pointer, lock};
use crate::time::Millis;
use catch::Write;
use core::ClockFn;
use desk::News;

/// How a hub behaves: fixed when it is made.
#[derive(Clone)]
pub struct HubOptions {
    /// Says what time it is: asked when a rule reads `now`, and for usage events.
    pub clock: Arc<ClockFn>,
    /// How many readiness, status, new-state, raw and notice events may wait for [`Hub::deliver`], and beside it for each listener that
    /// hangs; beyond that the oldest is dropped and counted (D-63).
    pub events: usize,
}

impl HubOptions {
    /// The defaults: 1,024 events.
    #[must_use]
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), events: 1024 }
    }
}

impl std::fmt::Debug for HubOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubOptions").field("events", &self.events).finish_non_exhaustive()
    }
}

/// The read side of a client. A handle: clones are the same hub.
///
/// Readers load one pointer and take no lock. One driver writes ([`Self::publish`] and the like), and one place, the dispatcher,
/// calls [`Self::deliver`]; users read, subscribe and release from anywhere.
///
/// ```
/// use fh_session::{Cause, Environments, Hub, HubOptions, Publication, Rules};
/// use fh_eval::{Profile, Ruleset, Timestamp};
/// use std::sync::Arc;
/// let hub = Hub::new(HubOptions::new(|| Timestamp::from_millis(0)));
/// assert!(!hub.is_enabled("A", None));
/// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "BOOLEAN", "value": true}]"#, Profile::Client)?;
/// let rules = Arc::new(Rules::client_evaluated(ruleset, Environments::Unknown));
/// hub.publish(Publication { rules, cause: Cause::First });
/// assert!(hub.is_enabled("A", None));
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
///
/// A closure that is given to a hub and owns a handle to the same hub keeps it alive until [`Self::close`] has been delivered.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

/// What all handles share.
pub(crate) struct Inner {
    live: Pointer<Snapshot>,
    core: Arc<Core>,
    write: Mutex<Write>,
    turns: Turns,
    is_closed: AtomicBool,
}

impl Hub {
    /// An empty hub, not ready.
    #[must_use]
    pub fn new(options: HubOptions) -> Self {
        let core = Arc::new(Core::new(options));
        let live = Pointer::new(Arc::new(Snapshot::empty(Arc::clone(&core))));
        let inner = Inner {
            live,
            core,
            write: Mutex::new(Write::default()),
            turns: Turns::new(),
            is_closed: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    // ---- for the driver -----------------------------------------------------------------------

    /// Serves these features from now on, or from the release on if updates are caught.
    pub fn publish(&self, publication: Publication) {
        self.inner.publish(publication);
    }

    /// Takes the features of these environments out of what is served and what is held back, at once, also while updates are caught: no API
    /// key opens them any more. What is held of other environments stays held.
    pub fn revoke(&self, environments: &[Arc<str>]) {
        self.inner.revoke(environments);
    }

    /// Shows this status from now on, caught updates or not.
    ///
    /// Publish features before the status that says that they are there.
    pub fn set_status(&self, status: Status) {
        self.inner.set_status(status);
    }

    /// Tells those who want updates as they were received.
    pub fn raw(&self, update: RawUpdate) {
        self.inner.core.push(News::Raw(Arc::new(update)));
        self.inner.core.wake();
    }

    /// Tells those who log.
    pub fn notice(&self, notice: Notice) {
        self.inner.core.push(News::Notice(notice));
        self.inner.core.wake();
    }

    /// Calls the touch waker at the next read (passive polling, D-71).
    pub fn arm(&self) {
        self.inner.core.arm();
    }

    /// The Edge showed a sign of life.
    pub fn contact(&self, at: Millis) {
        self.inner.core.set_contact(at);
    }

    /// When the Edge last showed a sign of life.
    #[must_use]
    pub fn last_contact(&self) -> Option<Millis> {
        self.inner.core.contact()
    }

    // ---- for the dispatcher -------------------------------------------------------------------

    /// Sets, once, what is called when there is something to [deliver](Self::deliver): with no lock held, on any thread, and not again
    /// until a delivery has begun. Called at once if something is waiting.
    pub fn set_waker(&self, on_work: impl Fn() + Send + Sync + 'static) {
        self.inner.core.set_on_work(Box::new(on_work));
    }

    /// Sets, once, what is called by a read after [`Self::arm`]: on the reader's thread, with no lock held.
    pub fn set_touch_waker(&self, on_touch: impl Fn() + Send + Sync + 'static) {
        self.inner.core.set_on_touch(Box::new(on_touch));
    }

    /// Calls listeners and observers with all that is due, on this thread, in order, with no lock held.
    ///
    /// One thread delivers at a time: if another one does, this returns at once and that one does this one's work as well. See
    /// [`Self::deliver_beside`] for listeners that hang.
    pub fn deliver(&self) {
        self.inner.deliver();
    }

    /// Delivers as [`Self::deliver`] does, beside another thread whose delivery hangs in a listener. A listener that is being called is not
    /// called here: its events wait, and the other thread delivers them.
    ///
    /// Each listener still gets its events in order, but two listeners may get theirs in different orders.
    pub fn deliver_beside(&self) {
        self.inner.deliver_beside();
    }

    /// The number of calls of listeners and observers that have begun. If it stays the same while a delivery goes on, a call hangs.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.inner.core.calls()
    }

    /// The number of listeners and observers.
    #[must_use]
    pub fn listeners(&self) -> usize {
        lock(&self.inner.core.desk).len() + self.inner.live.load().observers().len()
    }

    /// Ends everything: once the status says so listeners get the last readiness and then nothing, interceptors and observers are closed,
    /// each once; all that at the next [`Self::deliver`]. Reads go on answering. Closing twice is harmless.
    pub fn close(&self) {
        self.inner.close();
    }

    // ---- for everybody ------------------------------------------------------------------------

    /// The present state, for several reads of one state.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.live.load_full()
    }

    /// The present status.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(self.inner.live.load().status())
    }

    /// Can it be asked?
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.inner.live.load().readiness()
    }

    /// Counts up whenever an answer may be another one; see [`Snapshot::generation`].
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.live.load().generation()
    }

    /// What went wrong in code that is not ours, and what was dropped.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.inner.core.tally.read()
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Hub").field(&*self.inner.live.load()).finish()
    }
}

impl Inner {
    /// Replaces the snapshot. The write lock has to be held, so that no other writer's change is lost.
    fn store(&self, _held: &mut Write, next: Snapshot) {
        self.live.store(Arc::new(next));
    }

    /// Listeners on features have to look again.
    fn look_again(&self) {
        self.core.mark_changed();
        self.core.wake();
    }

    fn write(&self) -> crate::sync::MutexGuard<'_, Write> {
        lock(&self.write)
    }
}
