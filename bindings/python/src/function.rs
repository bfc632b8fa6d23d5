//! A function of the program that a client calls, and the checks of what a program gives as one.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use crate::on_loop;

/// A function of the program, or an object that stands for an interceptor.
pub(crate) struct Function(Py<PyAny>);

pub(crate) type Call = fh_binding::callbacks::Call<Function>;
pub(crate) type Interest = fh_binding::callbacks::Interest<Function>;
pub(crate) type Registry = fh_binding::callbacks::Registry<Function>;
pub(crate) type ConstructorCallbacks = fh_binding::callbacks::ConstructorCallbacks<Function>;

impl Function {
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> Self {
        Self(object.clone().unbind())
    }

    pub(crate) fn bind<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.0.bind(py).clone()
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }
}

/// Returns the function of a call within a read, or `None` after its registration has ended.
pub(crate) fn within_the_read<'py>(call: &Call, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
    let target = call.target()?;
    let function = target.function().bind(py);
    // The last reference to the function may be this one, so it is dropped while the thread is attached.
    drop(target);
    Some(function)
}

/// Checks that a program has given a listener.
pub(crate) fn check_listener(call: &Bound<'_, PyAny>) -> PyResult<()> {
    if call.is_callable() {
        return Ok(());
    }
    Err(PyTypeError::new_err("a listener is a function: write a function with one argument"))
}

/// Checks that a program has given a function that does its work before it returns. `expected` is the text of the error.
pub(crate) fn check_plain(call: &Bound<'_, PyAny>, expected: &'static str) -> PyResult<()> {
    if call.is_callable() && !on_loop::is_coroutine_function(call)? {
        return Ok(());
    }
    Err(PyTypeError::new_err(expected))
}
