//! Listeners: Python functions that the client calls on its thread `fh-listeners`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyClass, PyTraverseError, PyVisit};

use crate::events::{Change, NewState, RawUpdate, ReadinessChange};

/// The Python function of a listener. The client's own closure holds only a weak reference, so that Python's garbage collector sees
/// each reference to the function.
pub(crate) struct Target(Py<PyAny>);

/// A listener that is registered: its function, and the guard that ends its registration when it is dropped.
struct Listener {
    target: Arc<Target>,
    _guard: fh_client::Subscription,
}

/// The listeners of a client. No Python code runs while the lock is held.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    registered: BTreeMap<u64, Listener>,
    next: u64,
}

impl Listeners {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a Python function. `register` gives the client a closure that calls the function.
    pub(crate) fn add(
        self: &Arc<Self>,
        call: &Bound<'_, PyAny>,
        register: impl FnOnce(Call) -> fh_client::Subscription,
    ) -> PyResult<Subscription> {
        check(call)?;
        let target = Arc::new(Target(call.clone().unbind()));
        let guard = register(Call(Arc::downgrade(&target)));
        let mut inner = self.inner();
        let id = inner.next;
        inner.next += 1;
        inner.registered.insert(id, Listener { target, _guard: guard });
        Ok(Subscription { listeners: Arc::downgrade(self), id })
    }

    /// Ends all registrations. The functions are dropped after the lock is released, because a finaliser may run.
    pub(crate) fn clear(&self) {
        let registered = std::mem::take(&mut self.inner().registered);
        drop(registered);
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A lock that another thread holds would be waited for in vain: the collector has stopped that thread.
        let Ok(inner) = self.0.try_lock() else { return Ok(()) };
        inner.registered.values().try_for_each(|listener| visit.call(&listener.target.0))
    }
}

/// The flag of a code object that belongs to a coroutine function.
const COROUTINE: u32 = 0x80;

fn check(call: &Bound<'_, PyAny>) -> PyResult<()> {
    if !call.is_callable() {
        return Err(PyTypeError::new_err("a listener is a function"));
    }
    let flags = call.getattr("__code__").and_then(|code| code.getattr("co_flags"));
    if flags.and_then(|flags| flags.extract::<u32>()).is_ok_and(|flags| flags & COROUTINE != 0) {
        return Err(PyTypeError::new_err(
            "a listener is called on a thread without event loop, so it cannot be a coroutine function",
        ));
    }
    Ok(())
}

/// A call of a listener's function, for the closure that the client holds.
pub(crate) struct Call(Weak<Target>);

impl Call {
    /// Calls the function with an event, on the thread of listeners. An exception is reported by `sys.unraisablehook`, and does not
    /// affect other listeners. After the interpreter has begun to end, nothing is called.
    fn with<'a, T: PyClass + Into<PyClassInitializer<T>>>(&self, event: impl FnOnce() -> T + 'a) {
        let Some(target) = self.0.upgrade() else { return };
        let _ = Python::try_attach(|py| {
            let call = target.0.bind(py).clone();
            // The last reference to the function may be this one, so it is dropped while the thread is attached.
            drop(target);
            let called = Bound::new(py, event()).and_then(|event| call.call1((event,)));
            if let Err(error) = called {
                error.write_unraisable(py, Some(&call));
            }
        });
    }

    pub(crate) fn change(&self, change: &fh_client::Change) {
        self.with(|| Change::of(change.clone()));
    }

    pub(crate) fn readiness(&self, change: &fh_client::ReadinessChange) {
        self.with(|| ReadinessChange::new(change.clone()));
    }

    pub(crate) fn new_state(&self, state: fh_client::NewState) {
        self.with(|| NewState::new(state));
    }

    pub(crate) fn raw(&self, update: &fh_client::RawUpdate) {
        self.with(|| RawUpdate::new(update.clone()));
    }

    pub(crate) fn notice(&self, notice: &fh_client::Notice) {
        self.with(|| crate::events::Notice::new(notice.clone()));
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
        let removed = listeners.inner().registered.remove(&self.id);
        // The function is dropped after the lock is released.
        drop(removed);
    }

    #[getter]
    fn is_active(&self) -> bool {
        let listeners = self.listeners.upgrade();
        listeners.is_some_and(|listeners| listeners.inner().registered.contains_key(&self.id))
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
