//! Functions that a program gives to the constructor of a client: listeners, interceptors and observers. They last as long as the client.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use crate::target::{Call, Target, check_listener};
use crate::{on_loop, workers};

/// The functions of a client's constructor. The client's own closures hold weak references to them, so that Python's garbage collector
/// sees each reference. No Python code runs while the lock is held.
#[derive(Default)]
pub(crate) struct Handlers(Mutex<Vec<Arc<Target>>>);

impl Handlers {
    fn targets(&self) -> MutexGuard<'_, Vec<Arc<Target>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a listener, and returns the call of it for the client. A coroutine function runs on the event loop that runs now.
    pub(crate) fn keep_listener(&self, function: &Bound<'_, PyAny>) -> PyResult<Call> {
        check_listener(function)?;
        workers::prepare(function.py())?;
        let on_loop = on_loop::bound(function)?;
        Ok(self.keep(on_loop.as_ref().unwrap_or(function)))
    }

    /// Keeps an object, and returns the call of it for the client.
    pub(crate) fn keep(&self, object: &Bound<'_, PyAny>) -> Call {
        let target = Arc::new(Target::new(object, None));
        let call = Call::of(&target);
        self.targets().push(target);
        call
    }

    pub(crate) fn are_none(&self) -> bool {
        self.targets().is_empty()
    }

    /// Forgets all functions. They are dropped after the lock is released, because a finaliser may run.
    pub(crate) fn clear(&self) {
        let targets = std::mem::take(&mut *self.targets());
        drop(targets);
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A lock that another thread holds would be waited for in vain: the collector has stopped that thread.
        let Ok(targets) = self.0.try_lock() else { return Ok(()) };
        targets.iter().try_for_each(|target| target.traverse(visit))
    }
}
