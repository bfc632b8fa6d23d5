//! The registered interceptors, in the order of their calls.

use std::cell::Cell;
use std::sync::Arc;

use fh_eval::{Attributes, FeatureRef, Value};

use super::convert::convert;
use super::{Flow, InterceptedRead, Interceptor, LockPolicy, OverrideChanges};
use crate::failure::Failed;
use crate::panic_guard::{Panicked, catch_panic};
use crate::sync::{AtomicBool, Ordering};

/// Maximum number of nested interceptions on one thread. Interceptions nest if an interceptor reads features itself. Deeper reads are not
/// intercepted.
const DEPTH: u8 = 4;

/// The name of an interceptor that panics when it is called for its name.
const UNNAMED: &str = "unnamed";

thread_local! {
    static ASKING: Cell<u8> = const { Cell::new(0) };
}

/// A receiver of reports about interceptors that fail.
pub(crate) trait FaultReporter {
    /// Reports that the interceptor with this id and name panicked.
    fn interceptor_panicked(&self, id: u64, name: &str);

    /// Reports that the interceptor with this id and name returned [`Failed`].
    fn interceptor_failed(&self, id: u64, name: &str);

    /// Reports that an override of `feature` was refused, and the reason.
    fn override_refused(&self, id: u64, name: &str, feature: &str, why: &str);
}

/// The registered interceptors. The chain is immutable: a registration or removal creates a new chain.
#[derive(Default, Clone)]
pub(crate) struct Chain {
    entries: Vec<Entry>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    id: u64,
    name: Arc<str>,
    policy: LockPolicy,
    interceptor: Arc<dyn Interceptor>,
    is_closed: Arc<AtomicBool>,
}

/// The value that an interceptor returned, converted to the feature's type if the feature exists and its type is known.
pub(crate) struct Answered<'a> {
    pub(crate) value: Option<Value>,
    pub(crate) by: &'a Arc<str>,
}

impl Entry {
    /// Creates an entry. Calls the interceptor for its name, so this function must not be called with a lock held. If this call panics, the
    /// name is [`UNNAMED`].
    pub(crate) fn new(
        id: u64,
        interceptor: Arc<dyn Interceptor>,
        policy: LockPolicy,
        faults: &dyn FaultReporter,
    ) -> Self {
        let name = catch_panic(|| Arc::from(interceptor.name())).unwrap_or_else(|Panicked| {
            faults.interceptor_panicked(id, UNNAMED);
            UNNAMED.into()
        });
        Self { id, name, policy, interceptor, is_closed: Arc::new(AtomicBool::new(false)) }
    }

    /// Gives the interceptor the handle with which it reports changes. Must not be called with a lock held.
    pub(crate) fn register(&self, changes: &OverrideChanges, faults: &dyn FaultReporter) {
        if catch_panic(|| self.interceptor.registered(changes)).is_err() {
            faults.interceptor_panicked(self.id, &self.name);
        }
    }

    /// Closes the interceptor on the first call. Later calls have no effect. Must not be called with a lock held.
    pub(crate) fn close(&self, faults: &dyn FaultReporter) {
        if !self.is_closed.swap(true, Ordering::AcqRel)
            && catch_panic(|| self.interceptor.close()).is_err()
        {
            faults.interceptor_panicked(self.id, &self.name);
        }
    }
}

impl Chain {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the chain with another interceptor at the end.
    pub(crate) fn with(&self, entry: Entry) -> Self {
        let mut entries = self.entries.clone();
        entries.push(entry);
        Self { entries }
    }

    /// Returns the chain without the interceptor of this id, and the removed interceptor; `None` if the chain has no such interceptor.
    pub(crate) fn without(&self, id: u64) -> (Self, Option<Entry>) {
        let mut entries = self.entries.clone();
        let at = entries.iter().position(|entry| entry.id == id);
        let removed = at.map(|at| entries.remove(at));
        (Self { entries }, removed)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Calls the interceptors in order until one returns null or a value that fits the feature. If the feature is locked, leaves out the
    /// interceptors with [`LockPolicy::Respect`]. Returns `None` if no interceptor overrides the feature, or if the calls are nested more
    /// than [`DEPTH`] deep.
    pub(crate) fn ask(
        &self,
        faults: &dyn FaultReporter,
        key: &str,
        feature: Option<FeatureRef<'_>>,
        attributes: Option<&Attributes>,
    ) -> Option<Answered<'_>> {
        let _depth = Depth::enter()?;
        let is_locked = feature.is_some_and(|feature| feature.is_locked());
        let kind = feature.and_then(|feature| feature.kind());
        let ask = InterceptedRead { key, feature, attributes };
        for entry in &self.entries {
            if is_locked && entry.policy == LockPolicy::Respect {
                continue;
            }
            let value = match catch_panic(|| entry.interceptor.try_intercept(&ask)) {
                Ok(Ok(Flow::Continue)) => continue,
                Ok(Ok(Flow::Override(value))) => value,
                Ok(Err(Failed)) => {
                    faults.interceptor_failed(entry.id, &entry.name);
                    continue;
                }
                Err(Panicked) => {
                    faults.interceptor_panicked(entry.id, &entry.name);
                    continue;
                }
            };
            let converted = match (value, kind) {
                (Some(value), Some(kind)) => convert(value, kind).map(Some),
                (value, _) => Ok(value),
            };
            match converted {
                Ok(value) => return Some(Answered { value, by: &entry.name }),
                Err(why) => faults.override_refused(entry.id, &entry.name, key, why),
            }
        }
        None
    }
}

/// A guard that counts one nested call of interceptors on this thread until the guard is dropped.
struct Depth;

impl Depth {
    /// Counts a call. Returns `None` if [`DEPTH`] calls are running already, most likely because an interceptor reads the feature for which
    /// it is called.
    fn enter() -> Option<Self> {
        ASKING.with(|asking| {
            let depth = asking.get();
            (depth < DEPTH).then(|| asking.set(depth + 1)).map(|()| Self)
        })
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        ASKING.with(|asking| asking.set(asking.get().saturating_sub(1)));
    }
}
