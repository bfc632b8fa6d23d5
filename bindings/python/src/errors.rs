//! Errors of the client as Python exceptions. Their classes are written in Python (`_errors.py`).

use fh_binding::operations::Failure;
use fh_client::{
    ContextPoolError, FlushError, NotReady, Problem, Refusal, SetHeadersError, SetKeysError,
    StartError,
};
use pyo3::exceptions::{PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::status::Status;

/// Returns an exception of a class of the package.
fn exception(py: Python<'_>, class: &str, message: &str) -> PyResult<Py<PyAny>> {
    static MODULE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("fh_client._errors")?.into_any().unbind())
    })?;
    Ok(module.bind(py).getattr(class)?.cast_into::<PyType>()?.call1((message,))?.unbind())
}

/// Makes an exception of a class of the package, and sets its attributes.
fn raised<'py>(
    py: Python<'py>,
    class: &str,
    message: &str,
    fill: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<()>,
) -> PyErr {
    let made = exception(py, class, message).map(|error| error.into_bound(py));
    match made.and_then(|error| fill(&error).map(|()| error)) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

pub(crate) fn not_ready(py: Python<'_>, error: &NotReady) -> PyErr {
    let message = error.to_string();
    match error {
        NotReady::TimedOut(status) | NotReady::RulesetFile { status, .. } => {
            raised(py, "TimedOut", &message, |error| {
                error.setattr("status", Bound::new(py, Status::new((**status).clone()))?)
            })
        }
        NotReady::Failed(problem) => {
            raised(py, "NotReady", &message, |error| error.setattr("problem", problem.as_str()))
        }
        NotReady::Stopped => {
            raised(py, "NotReady", &message, |error| error.setattr("reason", "stopped"))
        }
        _ => raised(py, "Closed", &message, |_| Ok(())),
    }
}

pub(crate) fn problem(py: Python<'_>, problem: &Problem) -> PyErr {
    match problem {
        Problem::Closed => raised(py, "Closed", &problem.to_string(), |_| Ok(())),
        Problem::Context(_) | Problem::EmptyKey => PyValueError::new_err(problem.to_string()),
        _ => raised(py, "EdgeProblem", &problem.to_string(), |error| {
            error.setattr("code", problem.as_str())
        }),
    }
}

pub(crate) fn pool(py: Python<'_>, error: &ContextPoolError) -> PyErr {
    match error {
        ContextPoolError::Edge(why) => problem(py, why),
        ContextPoolError::Start(why) => start(why),
        _ => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn set_keys(py: Python<'_>, error: &SetKeysError) -> PyErr {
    match error {
        SetKeysError::Edge(why) => problem(py, why),
        _ => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn set_headers(py: Python<'_>, error: &SetHeadersError) -> PyErr {
    match error {
        SetHeadersError::Edge(why) => problem(py, why),
        _ => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn refusal(py: Python<'_>, refusal: &Refusal) -> PyErr {
    match refusal {
        Refusal::Closed => problem(py, &Problem::Closed),
        Refusal::Unreachable(why) => problem(py, why),
        _ => {
            let failure = Failure::from(refusal);
            raised(py, "Refused", &failure.message, |error| {
                error.setattr("reason", failure.code)?;
                error.setattr("status", failure.status)
            })
        }
    }
}

pub(crate) fn start(error: &StartError) -> PyErr {
    match error {
        StartError::Thread(_) => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn flush() -> PyErr {
    PyTimeoutError::new_err(FlushError::TimedOut.to_string())
}
