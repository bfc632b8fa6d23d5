//! Listeners: what they are told, and the guard that ends a subscription (D-63).

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use fh_eval::{Attributes, Value};

use super::Inner;
use super::deliver::Turns;
use super::desk::News;
use super::snapshot::Snapshot;
use crate::action::RawUpdate;
use crate::status::{Notice, Readiness, Status};
use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// A value that became another, as one listener sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The key.
    pub key: Arc<str>,
    /// The value that this listener saw last; `None` for null, and for a feature that did not exist.
    pub old: Option<Value>,
    /// The value now; `None` for null, and for a feature that does not exist any more.
    pub new: Option<Value>,
    /// Was the feature locked?
    pub was_locked: bool,
    /// Is the feature locked?
    pub is_locked: bool,
    /// Is there such a feature?
    pub exists: bool,
    /// Its version; -1 if it does not exist.
    pub version: i64,
    /// The [`Snapshot::generation`] that it was seen in.
    pub generation: u64,
}

/// Readiness, as listeners are told of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadinessChange {
    /// Can the client be asked?
    pub readiness: Readiness,
    /// Ready, and for the first time: since the start, or since the client last was not ready. For the state that a listener is told
    /// when it is registered: is the client ready?
    pub is_first: bool,
    /// The whole status of that moment.
    pub status: Arc<Status>,
}

/// Something about features is different (sdk-behaviour 2.5, "repository-level events").
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewState {
    /// It is held back by catch & release, for [`Hub::release`](crate::Hub::release) to let through.
    pub is_held: bool,
    /// The keys of the features that are new, gone, or changed in more than their version. For one who is told what was held before
    /// they came, and after the queue has overflowed: of those that are held.
    pub keys: Arc<[Box<str>]>,
}

/// Ends a subscription, an interceptor or an observer when it is dropped.
///
/// After the drop no call begins any more; one that has begun on another thread may still be running.
#[must_use = "dropping it ends the subscription; see `detach`"]
pub struct Subscription {
    hub: Weak<Inner>,
    subject: Subject,
}

/// What a subscription is to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Listener(u64),
    Interceptor(u64),
    Observer(u64),
    Nothing,
}

impl Subscription {
    pub(crate) const fn new(hub: Weak<Inner>, subject: Subject) -> Self {
        Self { hub, subject }
    }

    /// To something that is over already.
    pub(crate) const fn ended() -> Self {
        Self::new(Weak::new(), Subject::Nothing)
    }

    /// Lets it live as long as the hub.
    pub fn detach(mut self) {
        self.hub = Weak::new();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(hub) = self.hub.upgrade() else { return };
        match self.subject {
            Subject::Listener(id) => hub.remove_listener(id),
            Subject::Interceptor(id) => hub.remove_interceptor(id),
            Subject::Observer(id) => hub.remove_observer(id),
            Subject::Nothing => {}
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subscription").field(&self.subject).finish()
    }
}

/// A listener on one feature.
pub(crate) struct Watcher {
    pub(crate) key: Arc<str>,
    pub(crate) who: Option<Arc<Attributes>>,
    pub(crate) is_removed: AtomicBool,
    pub(crate) call: Box<dyn Fn(&Change) + Send + Sync>,
    /// True while the listener is queued for delivery.
    pub(crate) is_due: AtomicBool,
    pub(crate) turns: Turns,
    seen: Mutex<Seen>,
}

/// What a listener on a feature has seen last.
pub(crate) struct Seen {
    value: Option<Value>,
    is_locked: bool,
    generation: u64,
}

impl Seen {
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }
}

impl Watcher {
    pub(crate) fn new(
        key: Arc<str>,
        who: Option<Arc<Attributes>>,
        seen: Seen,
        call: Box<dyn Fn(&Change) + Send + Sync>,
    ) -> Self {
        let (is_removed, is_due) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { key, who, is_removed, call, is_due, turns: Turns::new(), seen: Mutex::new(seen) }
    }

    /// What somebody sees of a feature before they listen.
    pub(crate) fn look(snapshot: &Snapshot, key: &str, who: Option<&Arc<Attributes>>) -> Seen {
        let answer = snapshot.answer(key, who);
        Seen {
            value: answer.value(),
            is_locked: answer.is_locked(),
            generation: snapshot.generation(),
        }
    }

    /// Looks again; what is different, if anything is. From then on that is what it has seen.
    pub(crate) fn compare(&self, snapshot: &Snapshot) -> Option<Change> {
        if lock(&self.seen).generation == snapshot.generation() {
            return None;
        }
        // Interceptors are asked in here, so no lock is held. One thread at a time does this, so `seen` has no other writer.
        let answer = snapshot.answer(&self.key, self.who.as_ref());
        if answer.is_not_ready() {
            // Nothing can be seen, which is not the same as something else.
            return None;
        }
        let mut seen = lock(&self.seen);
        seen.generation = snapshot.generation();
        let (new, is_locked) = (answer.value(), answer.is_locked());
        if seen.value == new && seen.is_locked == is_locked {
            return None;
        }
        let old = std::mem::replace(&mut seen.value, new.clone());
        let was_locked = std::mem::replace(&mut seen.is_locked, is_locked);
        drop(seen);
        Some(Change {
            key: Arc::clone(&self.key),
            old,
            new,
            was_locked,
            is_locked,
            exists: answer.feature().is_some(),
            version: answer.feature().map_or(-1, |feature| feature.version()),
            generation: snapshot.generation(),
        })
    }
}

/// Do two statuses differ in connection, problem or readiness? Counters and times do not count.
pub(crate) fn is_other_state(old: &Status, new: &Status) -> bool {
    old.connection != new.connection || old.problem != new.problem || old.readiness != new.readiness
}

/// A listener on what happens.
pub(crate) struct Listener {
    pub(crate) call: Call,
    /// The number of the first news that it is told.
    pub(crate) since: u64,
    pub(crate) is_removed: AtomicBool,
    /// What a readiness listener was told last.
    pub(crate) told: Mutex<Option<Readiness>>,
    /// The status that a listener was notified of last.
    told_status: Mutex<Option<Arc<Status>>>,
    lane: Mutex<Lane>,
}

/// Events that wait for a listener while it is called.
#[derive(Default)]
struct Lane {
    is_busy: bool,
    backlog: VecDeque<News>,
}

/// Its function.
pub(crate) enum Call {
    NewState(Box<dyn Fn(NewState) + Send + Sync>),
    Readiness(Box<dyn Fn(&ReadinessChange) + Send + Sync>),
    Status(Box<dyn Fn(&Status) + Send + Sync>),
    Raw(Box<dyn Fn(&RawUpdate) + Send + Sync>),
    Notice(Box<dyn Fn(&Notice) + Send + Sync>),
}

impl Listener {
    pub(crate) fn new(call: Call, since: u64) -> Self {
        Self {
            call,
            since,
            is_removed: AtomicBool::new(false),
            told: Mutex::new(None),
            told_status: Mutex::new(None),
            lane: Mutex::new(Lane::default()),
        }
    }

    /// Begins a call, unless the listener is being called on another thread: then the news wait for the end of that call, at most
    /// `capacity` of them. Returns how many older ones were dropped then.
    ///
    /// # Errors
    /// The listener is busy.
    pub(crate) fn enter(&self, news: &News, capacity: usize) -> Result<(), u64> {
        let mut lane = lock(&self.lane);
        if !std::mem::replace(&mut lane.is_busy, true) {
            return Ok(());
        }
        let dropped = if lane.backlog.len() >= capacity { lane.backlog.pop_front() } else { None };
        lane.backlog.push_back(news.clone());
        Err(u64::from(dropped.is_some()))
    }

    /// Ends a call. The news that came meanwhile, if there are any, are the next call's, which has begun then.
    pub(crate) fn leave(&self) -> Option<News> {
        let mut lane = lock(&self.lane);
        let next = lane.backlog.pop_front();
        lane.is_busy = next.is_some();
        next
    }

    /// Returns true if a status listener has not been told of this connection, problem and readiness last; and remembers them.
    pub(crate) fn is_status_news(&self, status: &Arc<Status>) -> bool {
        let told = lock(&self.told_status).replace(Arc::clone(status));
        told.is_none_or(|told| is_other_state(&told, status))
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::Acquire)
    }
}
