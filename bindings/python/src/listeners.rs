//! The functions that a program registers with a running client: listeners, observers and interceptors.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

use fh_client::Detail;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use crate::on_loop;
use crate::per_process::{Leak, PerProcess};
use crate::target::{Call, Seen, Target, check_listener};
use crate::workers;

/// The function that registers a listener with a client. A forked child process calls it again, for its own client.
type Register = Box<dyn Fn(&fh_client::Client, Call) -> fh_client::Subscription + Send + Sync>;
/// The function that reads the feature of a listener for changes.
type Peek = Box<dyn Fn(&fh_client::Client) -> Detail + Send + Sync>;

/// The calls that a function gets.
pub(crate) struct Interest {
    register: Register,
    peek: Option<Peek>,
    /// The feature of a listener for changes.
    key: Option<Arc<str>>,
}

impl Interest {
    /// The changes of one feature.
    pub(crate) fn change(
        key: Arc<str>,
        peek: impl Fn(&fh_client::Client) -> Detail + Send + Sync + 'static,
        register: impl Fn(&fh_client::Client, Call) -> fh_client::Subscription + Send + Sync + 'static,
    ) -> Self {
        Self { register: Box::new(register), peek: Some(Box::new(peek)), key: Some(key) }
    }

    /// Other calls of a client.
    pub(crate) fn of(
        register: impl Fn(&fh_client::Client, Call) -> fh_client::Subscription + Send + Sync + 'static,
    ) -> Self {
        Self { register: Box::new(register), peek: None, key: None }
    }
}

/// A function that is registered, and the guard that ends its registration when it is dropped. A registration that a forked child process
/// has inherited has no guard until the client starts anew there.
struct Listener {
    /// Dropped first, because the end of a registration calls the method `close` of an interceptor.
    guard: Option<fh_client::Subscription>,
    target: Arc<Target>,
    interest: Arc<Interest>,
}

/// The functions of one kind that are registered with a client. No Python code runs while the lock is held.
pub(crate) struct Listeners(PerProcess<Registered>);

#[derive(Default)]
struct Registered(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    registered: BTreeMap<u64, Listener>,
    next: u64,
    /// True after the warning of [`too_many`].
    has_warned: bool,
}

/// The number of registered functions above which a client warns once. A program that forgets to cancel subscriptions passes it.
const MANY: usize = 1000;
/// The number of keys that the warning names.
const NAMED: usize = 5;

impl Inner {
    /// Returns the warning, once, if there are many functions. It names the features that have most of them.
    fn too_many(&mut self) -> Option<String> {
        if self.has_warned || self.registered.len() <= MANY {
            return None;
        }
        self.has_warned = true;
        let mut by_key: BTreeMap<&str, usize> = BTreeMap::new();
        for key in self.registered.values().filter_map(|listener| listener.interest.key.as_deref())
        {
            *by_key.entry(key).or_default() += 1;
        }
        let mut by_key: Vec<_> = by_key.into_iter().collect();
        by_key.sort_by_key(|(_, listeners)| Reverse(*listeners));
        let most: Vec<String> = by_key
            .iter()
            .take(NAMED)
            .map(|(key, listeners)| format!("{key} ({listeners})"))
            .collect();
        let of =
            if most.is_empty() { String::new() } else { format!(", most for {}", most.join(", ")) };
        let listeners = self.registered.len();
        Some(format!(
            "a client has {listeners} listeners{of}; cancel those that are no longer needed"
        ))
    }
}

impl Default for Listeners {
    fn default() -> Self {
        Self(PerProcess::of(Registered::default()))
    }
}

impl Registered {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the listeners of the parent process, whose guards are never dropped. A lock that another thread held at the fork stays
    /// locked; Python lets no other thread run while this module holds the lock, so this happens only without its global lock.
    fn take(&self) -> Inner {
        let mut inner = match self.0.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(inner)) => inner.into_inner(),
            Err(TryLockError::WouldBlock) => return Inner::default(),
        };
        let mut taken = mem::take(&mut *inner);
        taken.registered.values_mut().for_each(|listener| mem::forget(listener.guard.take()));
        taken
    }
}

impl Leak for Registered {
    fn leak(&self) {
        drop(self.take());
    }
}

impl Listeners {
    /// The listeners of this process.
    fn here(&self) -> &Registered {
        loop {
            if let Some(here) = self.0.get() {
                return here;
            }
            let inherited = self.0.newest().map(Registered::take).unwrap_or_default();
            self.0.set(Registered(Mutex::new(inherited)));
        }
    }

    /// Registers a listener with a client. A coroutine function runs on the event loop that registers it.
    pub(crate) fn add(
        self: &Arc<Self>,
        core: &fh_client::Client,
        call: &Bound<'_, PyAny>,
        interest: Interest,
    ) -> PyResult<Py<Subscription>> {
        check_listener(call)?;
        workers::prepare(call.py())?;
        let on_loop = on_loop::bound(call)?;
        let subscription = self.add_as_given(core, on_loop.as_ref().unwrap_or(call), interest)?;
        if let Some(on_loop) = on_loop {
            // It cancels the subscription when its loop is closed.
            on_loop.setattr("subscription", &subscription)?;
        }
        Ok(subscription)
    }

    /// Registers an object, which need not be a function, with a client.
    pub(crate) fn add_as_given(
        self: &Arc<Self>,
        core: &fh_client::Client,
        object: &Bound<'_, PyAny>,
        interest: Interest,
    ) -> PyResult<Py<Subscription>> {
        let seen = interest.peek.as_ref().map(|peek| Seen::of(&peek(core)));
        let target = Arc::new(Target::new(object, seen));
        let guard = Some((interest.register)(core, Call::of(&target)));
        let mut inner = self.here().inner();
        let id = inner.next;
        inner.next += 1;
        inner.registered.insert(id, Listener { target, interest: Arc::new(interest), guard });
        let warning = inner.too_many();
        drop(inner);
        if let Some(warning) = warning {
            tracing::warn!(target: "fh_client::listeners", "{warning}");
        }
        Py::new(object.py(), Subscription { listeners: Arc::downgrade(self), id })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.here().inner().registered.is_empty()
    }

    /// Registers the inherited functions with the client that a forked child process has started.
    pub(crate) fn begin_anew(&self, core: &fh_client::Client) {
        let inner = self.here().inner();
        let inherited: Vec<_> = inner
            .registered
            .iter()
            .filter(|(_, listener)| listener.guard.is_none())
            .map(|(id, listener)| (*id, Call::of(&listener.target), Arc::clone(&listener.interest)))
            .collect();
        // A registration reads features, and a read calls interceptors.
        drop(inner);
        for (id, call, interest) in inherited {
            let mut guard = Some((interest.register)(core, call.clone()));
            if let Some(listener) = self.here().inner().registered.get_mut(&id) {
                mem::swap(&mut listener.guard, &mut guard);
            }
            // The subscription was cancelled meanwhile if it is not registered any more.
            drop(guard);
            if let Some(peek) = &interest.peek {
                call.with_missed(peek(core));
            }
        }
    }

    /// Ends all registrations. The functions are dropped after the lock is released, because a finaliser may run.
    pub(crate) fn clear(&self) {
        let registered = mem::take(&mut self.here().inner().registered);
        drop(registered);
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A lock that another thread holds would be waited for in vain: the collector has stopped that thread.
        let Some(Ok(inner)) = self.0.newest().map(|here| here.0.try_lock()) else { return Ok(()) };
        inner.registered.values().try_for_each(|listener| listener.target.traverse(visit))
    }
}

/// The registration of a function. It lasts until `cancel`, or until the client has ended.
#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Subscription {
    listeners: Weak<Listeners>,
    id: u64,
}

#[pymethods]
impl Subscription {
    fn cancel(&self) {
        let Some(listeners) = self.listeners.upgrade() else { return };
        let removed = listeners.here().inner().registered.remove(&self.id);
        // The function is dropped after the lock is released.
        drop(removed);
    }

    #[getter]
    fn is_active(&self) -> bool {
        let listeners = self.listeners.upgrade();
        listeners
            .is_some_and(|listeners| listeners.here().inner().registered.contains_key(&self.id))
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.cancel();
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a Subscription can be neither pickled nor copied"))
    }
}
