//! Listeners: Python functions that the client calls on threads named `fh-listeners`.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

use fh_client::{Detail, Value};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyClass, PyTraverseError, PyVisit};

use crate::events::{Change, NewState, RawUpdate, ReadinessChange};
use crate::on_loop;
use crate::per_process::{Leak, PerProcess};
use crate::workers;

/// The Python function of a listener. The client's own closure holds only a weak reference, so that Python's garbage collector sees
/// each reference to the function.
pub(crate) struct Target {
    call: Py<PyAny>,
    /// What a listener for changes saw last; `None` for a listener for other events.
    seen: Mutex<Option<Seen>>,
}

#[derive(Clone, PartialEq)]
struct Seen {
    value: Option<Value>,
    is_locked: bool,
}

impl Seen {
    fn of(detail: &Detail) -> Self {
        Self { value: detail.value.clone(), is_locked: detail.is_locked }
    }
}

/// The function that registers a listener with a client. A forked child process calls it again, for its own client.
type Register = Box<dyn Fn(&fh_client::Client, Call) -> fh_client::Subscription + Send + Sync>;
/// The function that reads the feature of a listener for changes.
type Peek = Box<dyn Fn(&fh_client::Client) -> Detail + Send + Sync>;

/// The events that a listener gets.
pub(crate) struct Interest {
    register: Register,
    peek: Option<Peek>,
}

impl Interest {
    /// The changes of one feature.
    pub(crate) fn change(
        peek: impl Fn(&fh_client::Client) -> Detail + Send + Sync + 'static,
        register: impl Fn(&fh_client::Client, Call) -> fh_client::Subscription + Send + Sync + 'static,
    ) -> Self {
        Self { register: Box::new(register), peek: Some(Box::new(peek)) }
    }

    /// Other events of a client.
    pub(crate) fn of(
        register: impl Fn(&fh_client::Client, Call) -> fh_client::Subscription + Send + Sync + 'static,
    ) -> Self {
        Self { register: Box::new(register), peek: None }
    }
}

/// A listener that is registered: its function, and the guard that ends its registration when it is dropped. A listener that a forked
/// child process has inherited has no guard until the client starts anew there.
struct Listener {
    target: Arc<Target>,
    interest: Interest,
    guard: Option<fh_client::Subscription>,
}

/// The listeners of a client. No Python code runs while the lock is held.
pub(crate) struct Listeners(PerProcess<Registered>);

#[derive(Default)]
struct Registered(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    registered: BTreeMap<u64, Listener>,
    next: u64,
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

    /// Registers a Python function with a client.
    pub(crate) fn add(
        self: &Arc<Self>,
        core: &fh_client::Client,
        call: &Bound<'_, PyAny>,
        interest: Interest,
    ) -> PyResult<Py<Subscription>> {
        if !call.is_callable() {
            return Err(PyTypeError::new_err("a listener is a function"));
        }
        let py = call.py();
        workers::prepare(py)?;
        let on_loop = on_loop::bound(call)?;
        let call = on_loop.as_ref().unwrap_or(call).clone().unbind();
        let seen = interest.peek.as_ref().map(|peek| Seen::of(&peek(core)));
        let target = Arc::new(Target { call, seen: Mutex::new(seen) });
        let guard = Some((interest.register)(core, Call(Arc::downgrade(&target))));
        let mut inner = self.here().inner();
        let id = inner.next;
        inner.next += 1;
        inner.registered.insert(id, Listener { target, interest, guard });
        drop(inner);
        let subscription = Py::new(py, Subscription { listeners: Arc::downgrade(self), id })?;
        if let Some(on_loop) = on_loop {
            // It cancels the subscription when its loop is closed.
            on_loop.setattr("subscription", &subscription)?;
        }
        Ok(subscription)
    }

    /// Registers the inherited listeners with the client that a forked child process has started.
    pub(crate) fn begin_anew(&self, core: &fh_client::Client) {
        let mut missed = Vec::new();
        let mut inner = self.here().inner();
        for listener in inner.registered.values_mut().filter(|listener| listener.guard.is_none()) {
            let target = &listener.target;
            listener.guard = Some((listener.interest.register)(core, Call(Arc::downgrade(target))));
            if let Some(peek) = &listener.interest.peek {
                missed.extend(
                    target.missed(peek(core)).map(|change| (Arc::downgrade(target), change)),
                );
            }
        }
        drop(inner);
        for (target, change) in missed {
            workers::post(work(target, move || change));
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
        inner.registered.values().try_for_each(|listener| visit.call(&listener.target.call))
    }
}

impl Target {
    fn seen(&self) -> Option<MutexGuard<'_, Option<Seen>>> {
        self.seen.try_lock().ok()
    }

    fn saw(&self, change: &fh_client::Change) {
        if let Some(mut seen) = self.seen() {
            *seen = Some(Seen { value: change.new.clone(), is_locked: change.is_locked });
        }
    }

    /// Returns the change that the parent process had not reported to this listener at the fork.
    fn missed(&self, now: Detail) -> Option<Change> {
        let mut seen = self.seen()?;
        let before = seen.replace(Seen::of(&now))?;
        (before != Seen::of(&now)).then(|| Change::between(before.value, before.is_locked, now))
    }
}

/// A call of a listener's function, for the closure that the client holds.
pub(crate) struct Call(Weak<Target>);

/// The call of a function with an event. After the registration has ended, nothing is called.
fn work<T: PyClass + Into<PyClassInitializer<T>>>(
    target: Weak<Target>,
    event: impl FnOnce() -> T + Send + 'static,
) -> workers::Work {
    Box::new(move |py| {
        let Some(target) = target.upgrade() else { return Ok(None) };
        let call = target.call.bind(py).clone();
        Ok(Some((call, Bound::new(py, event())?.into_any())))
    })
}

impl Call {
    /// Calls the function with an event, and waits for it. An exception is reported by `sys.unraisablehook`, and does not affect other
    /// listeners. After the interpreter has begun to end, nothing is called.
    fn with<T: PyClass + Into<PyClassInitializer<T>>>(
        &self,
        event: impl FnOnce() -> T + Send + 'static,
    ) {
        workers::call(work(Weak::clone(&self.0), event));
    }

    pub(crate) fn change(&self, change: &fh_client::Change) {
        if let Some(target) = self.0.upgrade() {
            target.saw(change);
        }
        let change = change.clone();
        self.with(|| Change::of(change));
    }

    pub(crate) fn readiness(&self, change: &fh_client::ReadinessChange) {
        let change = change.clone();
        self.with(|| ReadinessChange::new(change));
    }

    pub(crate) fn new_state(&self, state: fh_client::NewState) {
        self.with(|| NewState::new(state));
    }

    pub(crate) fn raw(&self, update: &fh_client::RawUpdate) {
        let update = update.clone();
        self.with(|| RawUpdate::new(update));
    }

    pub(crate) fn notice(&self, notice: &fh_client::Notice) {
        let notice = notice.clone();
        self.with(|| crate::events::Notice::new(notice));
    }
}

/// The registration of a listener. It lasts until `cancel`, or until the client has ended.
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
