//! Listeners, and their events.

use std::collections::VecDeque;
use std::sync::Arc;

use fh_eval::{Attributes, Value};

use crate::answer::Answer;
use crate::notice::Notice;
use crate::publication::RawUpdate;
use crate::readiness::Readiness;
use crate::status::SessionStatus;
use crate::sync::{AtomicBool, Mutex, Ordering, lock};
use crate::turns::Turns;

/// A change of a feature's value or lock, as one listener sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The key of the feature whose value or lock changed.
    pub key: Arc<str>,
    /// The value that this listener saw last; `None` if the value was null, the feature did not exist, or the client was not ready.
    pub old: Option<Value>,
    /// The current value; `None` if the value is null or the feature does not exist.
    pub new: Option<Value>,
    /// True if the feature was locked before the change.
    pub was_locked: bool,
    /// True if the feature is locked after the change.
    pub is_locked: bool,
    /// True if the feature exists after the change.
    pub exists: bool,
    /// The version of the feature's value; -1 if the feature does not exist.
    pub version: i64,
    /// The [`RepositorySnapshot::generation`](crate::RepositorySnapshot::generation) of the snapshot in which the change was seen.
    pub generation: u64,
}

/// An event that reports the readiness of the client.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadinessChange {
    /// The readiness of the client that the event reports.
    pub readiness: Readiness,
    /// True if the client is ready for the first time since the start, or since it last was [`Readiness::NotReady`]. The first event of a
    /// listener, and an event after the queue has overflowed, only report the current readiness. In such an event the field is true if the
    /// client is ready.
    pub is_first: bool,
    /// The whole status of the client at the time of the event.
    pub status: Arc<SessionStatus>,
}

/// An event that reports a change of features.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewState {
    /// True if catch & release holds the change back until [`Repository::release`](crate::Repository::release).
    pub is_held: bool,
    /// The keys of the features that were added, removed, or changed visibly
    /// ([`RepositoryOptions::is_visible_change`](crate::RepositoryOptions::is_visible_change)). An event for an update that was held before
    /// the listener was registered, and an event after the queue has overflowed, hold the keys of all held features instead.
    pub keys: Arc<[Box<str>]>,
}

/// An event for listeners other than change listeners.
#[derive(Debug, Clone)]
pub(crate) enum RepositoryEvent {
    NewState(NewState),
    Readiness(ReadinessChange),
    Status(Arc<SessionStatus>),
    Raw(Arc<RawUpdate>),
    Notice(Notice),
}

/// The state that change listeners compare.
pub(crate) trait Answers {
    fn generation(&self) -> u64;
    /// Returns the value of a feature for a context.
    fn answer<'a>(&'a self, key: &str, attributes: Option<&'a Arc<Attributes>>) -> Answer<'a>;
}

/// A listener for changes of one feature's value or lock, for one context.
pub(crate) struct ChangeListener {
    pub(crate) key: Arc<str>,
    pub(crate) attributes: Option<Arc<Attributes>>,
    pub(crate) is_removed: AtomicBool,
    pub(crate) call: Box<dyn Fn(&Change) + Send + Sync>,
    /// True while the listener is queued for a comparison of its feature with the state that it saw last.
    pub(crate) is_due: AtomicBool,
    pub(crate) turns: Turns,
    seen: Mutex<Seen>,
}

/// The state of the feature that a change listener saw last.
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

impl ChangeListener {
    pub(crate) fn new(
        key: Arc<str>,
        attributes: Option<Arc<Attributes>>,
        seen: Seen,
        call: Box<dyn Fn(&Change) + Send + Sync>,
    ) -> Self {
        let (is_removed, is_due) = (AtomicBool::new(false), AtomicBool::new(false));
        Self {
            key,
            attributes,
            is_removed,
            call,
            is_due,
            turns: Turns::new(),
            seen: Mutex::new(seen),
        }
    }

    /// Returns the current state of a feature, for the first comparison of a new change listener.
    pub(crate) fn current_state(
        snapshot: &impl Answers,
        key: &str,
        attributes: Option<&Arc<Attributes>>,
    ) -> Seen {
        let answer = snapshot.answer(key, attributes);
        Seen {
            value: answer.value(),
            is_locked: answer.is_locked(),
            generation: snapshot.generation(),
        }
    }

    /// Compares the feature's current state with the state that the listener saw last, and stores the current state. Returns the change;
    /// `None` if there is no difference. Also returns `None` if the snapshot has the generation that was compared last, or if a read has no
    /// value because the client has no features for the context; nothing is stored then.
    pub(crate) fn compare(&self, snapshot: &impl Answers) -> Option<Change> {
        if lock(&self.seen).generation == snapshot.generation() {
            return None;
        }
        // Interceptors are called here, so no lock is held. Only one thread at a time runs this function, so no other thread writes `seen`.
        let answer = snapshot.answer(&self.key, self.attributes.as_ref());
        if answer.is_not_ready() {
            // A client that is not ready shows no value, which is not a change.
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

/// Returns true if two statuses differ in connection, problem or readiness. Counters and times are not compared.
pub(crate) fn is_other_state(old: &SessionStatus, new: &SessionStatus) -> bool {
    old.connection != new.connection || old.problem != new.problem || old.readiness != new.readiness
}

/// A listener for events other than changes of a feature.
pub(crate) struct EventListener {
    pub(crate) call: Call,
    /// The number of the first queued event that the listener gets, apart from the event that is queued for this listener only.
    pub(crate) since: u64,
    pub(crate) is_removed: AtomicBool,
    /// The last readiness of which a readiness listener was notified; `None` before the first notification.
    pub(crate) last_readiness: Mutex<Option<Readiness>>,
    /// The last status that was compared for a status listener; `None` before the first comparison.
    last_status: Mutex<Option<Arc<SessionStatus>>>,
    lane: Mutex<Lane>,
}

/// The running call of a listener, and the events that wait for the end of this call.
#[derive(Default)]
struct Lane {
    is_busy: bool,
    backlog: VecDeque<RepositoryEvent>,
}

/// The function of a listener. The variant names the kind of events that the listener gets.
pub(crate) enum Call {
    NewState(Box<dyn Fn(NewState) + Send + Sync>),
    Readiness(Box<dyn Fn(&ReadinessChange) + Send + Sync>),
    Status(Box<dyn Fn(&SessionStatus) + Send + Sync>),
    Raw(Box<dyn Fn(&RawUpdate) + Send + Sync>),
    Notice(Box<dyn Fn(&Notice) + Send + Sync>),
}

impl EventListener {
    pub(crate) fn new(call: Call, since: u64) -> Self {
        Self {
            call,
            since,
            is_removed: AtomicBool::new(false),
            last_readiness: Mutex::new(None),
            last_status: Mutex::new(None),
            lane: Mutex::new(Lane::default()),
        }
    }

    /// Begins a call, unless the listener is being called on another thread. In that case the event waits for the end of that call. At most
    /// `capacity` events wait: a further event replaces the oldest event.
    ///
    /// # Errors
    /// Fails if another thread is calling the listener. The error holds the number of older events that were dropped to make room for this
    /// event.
    pub(crate) fn enter(&self, event: &RepositoryEvent, capacity: usize) -> Result<(), u64> {
        let mut lane = lock(&self.lane);
        if !std::mem::replace(&mut lane.is_busy, true) {
            return Ok(());
        }
        let dropped = if lane.backlog.len() >= capacity { lane.backlog.pop_front() } else { None };
        lane.backlog.push_back(event.clone());
        Err(u64::from(dropped.is_some()))
    }

    /// Ends a call. If an event arrived meanwhile, returns the event and begins the call for it. Otherwise returns `None`.
    pub(crate) fn leave(&self) -> Option<RepositoryEvent> {
        let mut lane = lock(&self.lane);
        let next = lane.backlog.pop_front();
        lane.is_busy = next.is_some();
        next
    }

    /// Returns true if connection, problem or readiness differ from the status of the last call, or if there was no call before. Stores
    /// `status` for the next call.
    pub(crate) fn is_status_news(&self, status: &Arc<SessionStatus>) -> bool {
        let previous = lock(&self.last_status).replace(Arc::clone(status));
        previous.is_none_or(|previous| is_other_state(&previous, status))
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::Acquire)
    }
}
