//! The functions of a program that a client calls, and their calls.

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use fh_client::{Detail, Value, report_listener_failure};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyClass, PyTraverseError, PyVisit};

use crate::events::{Change, NewState, RawUpdate, ReadinessChange};
use crate::on_loop;
use crate::status_change::StatusChange;
use crate::workers::{self, Reports};

/// The function of a listener, an interceptor or an observer. The client's own closure holds only a weak reference, so that Python's
/// garbage collector sees each reference to the function.
pub(crate) struct Target {
    call: Py<PyAny>,
    /// What a listener for changes saw last; `None` for a listener for other events.
    seen: Mutex<Option<Seen>>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Seen {
    value: Option<Value>,
    is_locked: bool,
}

impl Seen {
    pub(crate) fn of(detail: &Detail) -> Self {
        Self { value: detail.value.clone(), is_locked: detail.is_locked }
    }
}

impl Target {
    pub(crate) fn new(function: &Bound<'_, PyAny>, seen: Option<Seen>) -> Self {
        Self { call: function.clone().unbind(), seen: Mutex::new(seen) }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.call)
    }

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

/// Checks that a program has given a listener.
pub(crate) fn check_listener(call: &Bound<'_, PyAny>) -> PyResult<()> {
    if call.is_callable() {
        return Ok(());
    }
    Err(PyTypeError::new_err("a listener is a function"))
}

/// Checks that a program has given a function that does its work before it returns. `expected` is the text of the error.
pub(crate) fn check_plain(call: &Bound<'_, PyAny>, expected: &'static str) -> PyResult<()> {
    if call.is_callable() && !on_loop::is_coroutine_function(call)? {
        return Ok(());
    }
    Err(PyTypeError::new_err(expected))
}

/// A call of a function, for the closure that the client holds.
#[derive(Clone)]
pub(crate) struct Call(Weak<Target>);

/// The call of a function with an event. After the registration has ended, nothing is called.
fn work<T: PyClass + Into<PyClassInitializer<T>>>(
    call: Call,
    event: impl FnOnce() -> T + Send + 'static,
) -> workers::Work {
    Box::new(move |py| {
        let Some(function) = call.function(py) else { return Ok(None) };
        Ok(Some((function, Bound::new(py, event())?.into_any())))
    })
}

impl Call {
    pub(crate) fn of(target: &Arc<Target>) -> Self {
        Self(Arc::downgrade(target))
    }

    /// Returns the function, or `None` after its registration has ended.
    pub(crate) fn function<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let target = self.0.upgrade()?;
        let function = target.call.bind(py).clone();
        // The last reference to the function may be this one, so it is dropped while the thread is attached.
        drop(target);
        Some(function)
    }

    /// Calls the method `close` of an interceptor, and does not wait for it.
    pub(crate) fn post_close(&self) {
        // The registration may end before the call, so the call keeps the interceptor.
        let Some(target) = self.0.upgrade() else { return };
        workers::post(Box::new(move |py| {
            let interceptor = target.call.bind(py).clone();
            drop(target);
            Ok(Some((workers::closer(py)?, interceptor)))
        }));
    }

    /// Calls the function with the change that the parent process had not reported to it, and does not wait for it.
    pub(crate) fn with_missed(&self, now: Detail) {
        if let Some(change) = self.0.upgrade().and_then(|target| target.missed(now)) {
            workers::post(work(self.clone(), move || change));
        }
    }

    /// Calls the function with an event, and waits for it. An exception is reported by `sys.unraisablehook`, counts as a panic of a listener
    /// does, and does not affect other listeners. After the interpreter has begun to end, nothing is called.
    fn with<T: PyClass + Into<PyClassInitializer<T>>>(
        &self,
        event: impl FnOnce() -> T + Send + 'static,
    ) {
        if workers::call(work(self.clone(), event), &Arc::new(Reports::Each)).is_err() {
            // The client counts failures of the thread that delivers, which is this one.
            report_listener_failure();
        }
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

    pub(crate) fn status(&self, status: &fh_client::SessionStatus) {
        let status = StatusChange::of(status);
        self.with(|| status);
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
