//! Values of features as Python values.

use std::sync::Arc;

use fh_client::{Kind, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::number;

pub(crate) fn boolean(py: Python<'_>, value: bool) -> Bound<'_, PyAny> {
    PyBool::new(py, value).to_owned().into_any()
}

pub(crate) fn text<'py>(py: Python<'py>, text: &Arc<str>) -> Bound<'py, PyAny> {
    PyString::new(py, text).into_any()
}

/// Returns a `bool`, a `str`, an `int` or a `float`. A JSON value is its text, which no program can change.
pub(crate) fn any<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Bool(value) => Ok(boolean(py, *value)),
        Value::Number(value) => number::number(py, value),
        Value::Text(value) | Value::Json(value) => Ok(text(py, value)),
        _ => Err(PyValueError::new_err("the feature has a value of an unknown type")),
    }
}

/// Returns the given default, or `None` without one.
pub(crate) fn or_default<'py>(
    py: Python<'py>,
    default: Option<Bound<'py, PyAny>>,
) -> Bound<'py, PyAny> {
    default.unwrap_or_else(|| py.None().into_bound(py))
}

/// Reads the name of a type of features.
pub(crate) fn kind(name: &str) -> PyResult<Kind> {
    Kind::from_wire(name).ok_or_else(|| {
        PyValueError::new_err("kind is one of \"BOOLEAN\", \"STRING\", \"NUMBER\" and \"JSON\"")
    })
}
