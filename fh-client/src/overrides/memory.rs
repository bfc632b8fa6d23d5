//! Overrides that a program sets and deletes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use fh_eval::{Number, Value};
use fh_repository::{Flow, InterceptedRead, Interceptor, OverrideChanges};

use crate::test_updates::NewValue;

/// Overrides in memory, which a program sets and deletes, for example for testers who try a feature out. Register them with
/// [`LockPolicy::Decide`](fh_repository::LockPolicy::Decide), so that they see locked features. A locked feature keeps its value unless its
/// override is set with [`IfLocked::Override`].
///
/// Change listeners are notified if the value that they see changes. A feature need not exist. A value that does not fit the type of its
/// feature is not used, and a notice says so. Clones are handles of the same overrides.
///
/// ```
/// use fh_client::LockPolicy;
/// use fh_client::overrides::{IfLocked, MemoryOverrides};
///
/// # let edge = fh_client::testing::MemoryEdge::new();
/// # edge.set("COLOUR", "red");
/// let overrides = MemoryOverrides::new();
/// let client = edge.client().interceptor(overrides.clone(), LockPolicy::Decide).start()?;
/// # client.wait_ready(std::time::Duration::from_secs(5)).unwrap();
/// overrides.set("COLOUR", "blue", IfLocked::Keep);
/// assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
/// overrides.delete("COLOUR");
/// assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
/// # Ok::<(), fh_client::StartError>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryOverrides(Arc<Shared>);

#[derive(Default)]
struct Shared {
    by_key: ArcSwap<BTreeMap<Box<str>, MemoryOverride>>,
    /// The clients with which the overrides are registered. The lock is also that of writers of `by_key`.
    clients: Mutex<Clients>,
}

/// Whether an override replaces the value of a locked feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IfLocked {
    /// A locked feature keeps its value.
    #[default]
    Keep,
    /// The override replaces the value of a locked feature, too.
    Override,
}

/// The override of one feature.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MemoryOverride {
    /// The value; `None` if reads have no value.
    pub value: Option<Value>,
    /// Whether the override replaces the value of a locked feature.
    pub if_locked: IfLocked,
}

/// The clients with which overrides are registered.
#[derive(Default)]
struct Clients {
    handles: Vec<OverrideChanges>,
    /// The number of registrations that have not ended. Their handles cannot be told apart, so all are dropped after the last one.
    open: usize,
}

impl MemoryOverrides {
    /// Returns overrides of no features.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a feature in all reads, or no value with [`NewValue::Null`]. A text is converted to the type of the feature.
    pub fn set(&self, key: &str, value: impl Into<NewValue>, if_locked: IfLocked) {
        let value = match value.into() {
            NewValue::Null => None,
            NewValue::Bool(value) => Some(Value::Bool(value)),
            NewValue::Number(text) => Some(match Number::parse(&text) {
                Some(number) => Value::Number(number),
                None => Value::Text(text.into()),
            }),
            NewValue::Text(text) => Some(Value::Text(text.into())),
        };
        self.change(|by_key| {
            by_key.insert(key.into(), MemoryOverride { value, if_locked });
        });
    }

    /// Deletes the override of a feature. Has no effect if there is none.
    pub fn delete(&self, key: &str) {
        self.change(|by_key| {
            by_key.remove(key);
        });
    }

    /// Deletes all overrides.
    pub fn clear(&self) {
        self.change(BTreeMap::clear);
    }

    /// Returns all overrides in the order of their keys.
    #[must_use]
    pub fn entries(&self) -> Vec<(String, MemoryOverride)> {
        let by_key = self.0.by_key.load();
        by_key.iter().map(|(key, entry)| (key.to_string(), entry.clone())).collect()
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.0.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the overrides, and makes the change listeners of all clients compare their values.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<Box<str>, MemoryOverride>)) {
        let clients = self.clients();
        let mut by_key = BTreeMap::clone(&self.0.by_key.load());
        change(&mut by_key);
        self.0.by_key.store(Arc::new(by_key));
        let handles = clients.handles.clone();
        // A listener may set another override.
        drop(clients);
        handles.iter().for_each(OverrideChanges::notify);
    }
}

impl Interceptor for MemoryOverrides {
    fn name(&self) -> &str {
        "overrides"
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        let by_key = self.0.by_key.load();
        let Some(found) = by_key.get(read.key) else { return Flow::Continue };
        let is_locked = read.feature.is_some_and(|feature| feature.is_locked());
        match is_locked && found.if_locked == IfLocked::Keep {
            true => Flow::Continue,
            false => Flow::Override(found.value.clone()),
        }
    }

    fn registered(&self, changes: &OverrideChanges) {
        let mut clients = self.clients();
        clients.handles.push(changes.clone());
        clients.open += 1;
    }

    fn close(&self) {
        let mut clients = self.clients();
        clients.open = clients.open.saturating_sub(1);
        if clients.open == 0 {
            clients.handles.clear();
        }
    }

    /// The child process has the overrides of the fork, and sets its own. The lock may be held there for ever.
    fn after_fork(&self) -> Option<Arc<dyn Interceptor>> {
        let by_key = ArcSwap::new(self.0.by_key.load_full());
        Some(Arc::new(Self(Arc::new(Shared { by_key, clients: Mutex::default() }))))
    }
}

impl fmt::Debug for MemoryOverrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_key = self.0.by_key.load();
        f.debug_struct("MemoryOverrides").field("keys", &by_key.keys()).finish_non_exhaustive()
    }
}
