//! The registration of functions with a client that runs.

use std::sync::Arc;

use fh_binding::callbacks::{Registration, Reports};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::function::{Function, Interest, Registry, check_listener};
use crate::{on_loop, workers};

/// Registers a listener with a client. A coroutine function runs on the event loop that registers it.
pub(crate) fn add(
    registry: &Arc<Registry>,
    core: &fh_client::Client,
    call: &Bound<'_, PyAny>,
    interest: Interest,
) -> PyResult<Py<Subscription>> {
    let on_loop = listener(call)?;
    let object = on_loop.as_ref().unwrap_or(call);
    let subscription = add_as_given(registry, core, object, Reports::Each, interest)?;
    if let Some(on_loop) = on_loop {
        // It cancels the subscription when its loop is closed.
        on_loop.setattr("subscription", &subscription)?;
    }
    Ok(subscription)
}

/// Registers an object, which need not be a function, with a client.
pub(crate) fn add_as_given(
    registry: &Arc<Registry>,
    core: &fh_client::Client,
    object: &Bound<'_, PyAny>,
    reports: Reports,
    interest: Interest,
) -> PyResult<Py<Subscription>> {
    let registration = registry.add(core, Function::new(object), reports, interest);
    Py::new(object.py(), Subscription(registration))
}

/// Checks that a program has given a listener, and imports what its calls need. Returns the object that calls a coroutine function on the
/// event loop that runs now, or `None` for another function.
pub(crate) fn listener<'py>(call: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    check_listener(call)?;
    workers::prepare(call.py())?;
    on_loop::bound(call)
}

/// The registration of a function. It lasts until `cancel`, or until the client has ended.
#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Subscription(Registration<Function>);

#[pymethods]
impl Subscription {
    fn cancel(&self) {
        self.0.cancel();
    }

    #[getter]
    fn is_active(&self) -> bool {
        self.0.is_active()
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
