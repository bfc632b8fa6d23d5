//! The read side of a client: the repository. Its readers load one pointer to an immutable snapshot.

mod catch;
pub(crate) mod core;
mod deliver;
pub(crate) mod detail;
mod difference;
mod each_value;
mod event_queue;
pub(crate) mod first_read;
pub(crate) mod listen;
mod mistakes;
pub(crate) mod read_guard;
mod reads;
mod reported;
pub(crate) mod snapshot;
pub(crate) mod subscribe;
pub(crate) mod values;
pub(crate) mod watch;
mod write;

use std::sync::Arc;

use crate::counters::Counters;
use crate::notice::Notice;
use crate::publication::{Publication, RawUpdate};
use crate::readiness::Readiness;
use crate::status::SessionStatus;
use crate::sync::{AtomicBool, Mutex, MutexGuard, Pointer, lock};
use crate::time::Millis;
use crate::turns::Turns;
use core::{Core, RepositoryOptions};
use listen::RepositoryEvent;
use snapshot::RepositorySnapshot;
use write::Write;

/// The read side of a client: features, listeners, interceptors, observers and readiness. Clones are handles of the same repository.
///
/// A read of a feature loads one pointer. It takes no lock of the repository if there are no observers, if no interceptor panics or returns
/// a value that is refused, and if the read is not for another context than that of a server-evaluated key. One driver writes, with
/// [`Self::publish`] and similar methods. One dispatcher calls [`Self::deliver`]. Programs read, subscribe and release on any thread.
///
/// ```
/// use fh_repository::{Repository, RepositoryOptions};
/// use fh_repository::publication::{Cause, Publication};
/// use fh_repository::rules::{Environments, Rules};
/// use fh_eval::{Profile, Ruleset, Timestamp};
/// use std::sync::Arc;
/// let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
/// assert!(!repository.read().is_enabled("A", None));
/// let ruleset = Ruleset::from_json(br#"[{"key": "A", "type": "BOOLEAN", "value": true}]"#, Profile::Client)?;
/// let rules = Arc::new(Rules::client_evaluated(ruleset, Environments::Unknown));
/// repository.publish(Publication { rules, cause: Cause::First });
/// assert!(repository.read().is_enabled("A", None));
/// # Ok::<(), fh_eval::featurehub::ParseError>(())
/// ```
///
/// If a listener or an observer owns a handle of its repository, the repository stays alive at least until the subscription ends, or until
/// the first [`Self::deliver`] after [`Self::close`]. An interceptor that owns a handle keeps the repository alive at least until its
/// subscription ends. A function of [`Self::set_waker`], [`Self::set_touch_waker`] or [`Self::set_notice_log`] and a clock that own a
/// handle keep it alive for ever.
#[derive(Clone)]
pub struct Repository {
    inner: Arc<Inner>,
}

/// The state that all handles of a repository share.
pub(crate) struct Inner {
    live: Pointer<RepositorySnapshot>,
    core: Arc<Core>,
    write: Mutex<Write>,
    turns: Turns,
    is_closed: AtomicBool,
    /// True while updates are held back. Writers change the flag under the lock of `write`, because an update that arrives while catching
    /// ends could otherwise stay held back. Readers of the flag take no lock.
    is_catching: AtomicBool,
}

impl Repository {
    /// Creates an empty repository that is not ready.
    #[must_use]
    pub fn new(options: RepositoryOptions) -> Self {
        let core = Arc::new(Core::new(options));
        let live = Pointer::new(Arc::new(RepositorySnapshot::empty(Arc::clone(&core))));
        let inner = Inner {
            live,
            core,
            write: Mutex::new(Write::default()),
            turns: Turns::new(),
            is_closed: AtomicBool::new(false),
            is_catching: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    // ---- for the driver -----------------------------------------------------------------------

    /// Serves these features. While catch & release holds updates back, the features are only kept for a release, unless the cause is
    /// [`Cause::First`](crate::publication::Cause::First). Has no effect after [`Self::close`].
    pub fn publish(&self, publication: Publication) {
        self.inner.publish(publication);
    }

    /// Removes the features of the environments with these ids at once, both the served and the held features. The case of letters in ids
    /// is ignored. Features of unknown environments stay, and held features of other environments stay held. Has no effect after
    /// [`Self::close`].
    pub fn revoke(&self, environments: &[Arc<str>]) {
        self.inner.revoke(environments);
    }

    /// Publishes this status, even while updates are held back. Has no effect after [`Self::close`].
    ///
    /// The caller must publish features before a status that reports the client as ready.
    pub fn set_status(&self, status: SessionStatus) {
        self.inner.set_status(status);
    }

    /// Queues an update, in the form in which it was received, for the listeners of [`Self::on_raw`].
    pub fn raw(&self, update: RawUpdate) {
        self.inner.core.push(RepositoryEvent::Raw(Arc::new(update)));
        self.inner.core.dispatcher.wake();
    }

    /// Queues a notice for the listeners of [`Self::on_notice`].
    pub fn notice(&self, notice: Notice) {
        self.inner.core.push(RepositoryEvent::Notice(notice));
        self.inner.core.dispatcher.wake();
    }

    /// Makes the next read call the function of [`Self::set_touch_waker`], for passive polling.
    pub fn report_reads(&self) {
        self.inner.core.report_reads();
    }

    /// Records `at`, on the session's clock, as the time when the Edge last sent data.
    pub fn contact(&self, at: Millis) {
        self.inner.core.set_contact(at);
    }

    /// Returns the time that [`Self::contact`] recorded last; `None` before the first call.
    #[must_use]
    pub fn last_contact(&self) -> Option<Millis> {
        self.inner.core.contact()
    }

    // ---- for the dispatcher -------------------------------------------------------------------

    /// Sets the function that is called when there may be work for [`Self::deliver`] or [`Self::deliver_summaries`]. The function can be
    /// set once. It is called on any thread, with no lock of the repository held, and not again until a delivery has begun. The first call
    /// comes at once, because events may be waiting.
    pub fn set_waker(&self, on_work: impl Fn() + Send + Sync + 'static) {
        self.inner.core.dispatcher.set_on_work(Box::new(on_work));
    }

    /// Sets the function that the first read after [`Self::report_reads`] calls. The function can be set once. It is called on the reader's
    /// thread, with no lock of the repository held.
    pub fn set_touch_waker(&self, on_touch: impl Fn() + Send + Sync + 'static) {
        self.inner.core.set_on_touch(Box::new(on_touch));
    }

    /// Sets the function that logs notices about interceptors and reads, which do not come from the driver. The function can be set once.
    /// It gets each such notice once, and none after 256 different notices, even if there is no listener of [`Self::on_notice`]. It is
    /// called on the thread of the read, with no lock of the repository held.
    pub fn set_notice_log(&self, log: impl Fn(Notice) + Send + Sync + 'static) {
        self.inner.core.set_notice_log(Box::new(log));
    }

    /// Calls listeners and observers for the waiting events, on this thread and with no lock of the repository held. Each listener gets its
    /// events in order. Summaries of usage are left to [`Self::deliver_summaries`].
    ///
    /// If another call of this method is running, this call returns at once, and the other call delivers the waiting events as well. See
    /// [`Self::deliver_beside`] for listeners that hang.
    pub fn deliver(&self) {
        self.inner.deliver();
    }

    /// Delivers like [`Self::deliver`], but also while another thread's delivery hangs in a listener or an observer. A listener or an
    /// observer that another thread is calling is not called: its events wait, and the other thread delivers them.
    ///
    /// Each listener still gets its events in order, but two listeners may get the same events at different times.
    pub fn deliver_beside(&self) {
        self.inner.deliver_beside();
    }

    /// Returns the number of calls of listeners and observers that have begun. If the number does not change for a long time while a
    /// delivery is running, a call probably hangs.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.inner.core.dispatcher.calls()
    }

    /// Sets the function that is called when a delivery begins and the last [`Self::running_calls`] found none. The function can be set
    /// once. It is called with no lock of the repository held. The first call comes at once, because a delivery may be running.
    pub fn set_delivery_watch(&self, on_delivery: impl Fn() + Send + Sync + 'static) {
        self.inner.core.dispatcher.running.set_on_delivery(Box::new(on_delivery));
    }

    /// Calls the function of [`Self::set_delivery_watch`] as the beginning of a delivery does, for a delivery that a program should begin.
    pub fn watch_deliveries(&self) {
        self.inner.core.dispatcher.running.watch();
    }

    /// Returns the calls of listeners and observers that run at present, each with its number and a text such as "a listener of the
    /// status". Returns `None` if no delivery is running; the next one then calls the function of [`Self::set_delivery_watch`].
    #[must_use]
    pub fn running_calls(&self) -> Option<Vec<(u64, String)>> {
        self.inner.core.dispatcher.running.current()
    }

    /// Records whether calls run on all threads that deliver, or a program does not deliver, so that other listeners wait.
    pub fn set_all_threads_taken(&self, are_taken: bool) {
        self.inner.core.dispatcher.running.set_all_threads_taken(are_taken);
    }

    /// Returns what [`Self::set_all_threads_taken`] recorded last.
    #[must_use]
    pub fn are_all_threads_taken(&self) -> bool {
        self.inner.core.dispatcher.running.are_all_threads_taken()
    }

    /// Returns the number of listeners and observers.
    #[must_use]
    pub fn listeners(&self) -> usize {
        lock(&self.inner.core.event_queue).len() + self.inner.live.load().observers().len()
    }

    /// Closes the repository. The next delivery notifies listeners of the readiness Closed and removes the listeners. It also closes each
    /// interceptor and each observer once. Listeners that are registered after that delivery are not called. Reads continue to return
    /// values. Later publications, statuses, revocations and releases have no effect, and neither has closing twice.
    pub fn close(&self) {
        self.inner.close();
    }

    // ---- for programs -------------------------------------------------------------------------

    /// Returns the current snapshot, for several reads of the same state.
    #[must_use]
    pub fn snapshot(&self) -> Arc<RepositorySnapshot> {
        self.inner.live.load_full()
    }

    /// Returns the current status of the client.
    #[must_use]
    pub fn status(&self) -> Arc<SessionStatus> {
        Arc::clone(self.inner.live.load().status())
    }

    /// Returns the current readiness of the client.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.inner.live.load().readiness()
    }

    /// Returns a number that increases whenever a read may return another value; see [`RepositorySnapshot::generation`].
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.live.load().generation()
    }

    /// Returns the numbers of panics in listeners, interceptors and observers, of refused overrides and of dropped events.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.inner.core.dispatcher.tally.read()
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository").field(&*self.inner.live.load()).finish()
    }
}

impl Inner {
    /// Replaces the snapshot. The caller holds the write lock, so that no change of another writer is lost.
    fn store(&self, _held: &mut Write, next: RepositorySnapshot) {
        self.live.store(Arc::new(next));
    }

    /// Makes the next delivery compare the features of all change listeners again, and wakes the dispatcher.
    fn compare_again(&self) {
        self.core.mark_changed();
        self.core.dispatcher.wake();
    }

    fn write(&self) -> MutexGuard<'_, Write> {
        lock(&self.write)
    }
}
