//! Values of features as Python values.

use std::sync::Arc;

use fh_client::{Kind, Number, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use crate::key::Text;
use crate::{json, number};

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

/// Reads a value that a program gives for a feature. `None` is the value null. Lists, dictionaries and other values that `json.dumps`
/// takes become JSON.
pub(crate) fn given(value: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(Some(Value::Bool(value.is_true())));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Some(Value::Text(value.extract::<Text<'_>>()?.as_str().into())));
    }
    let digits = if value.is_instance_of::<PyInt>() {
        number::digits(value)?
    } else if value.is_instance_of::<PyFloat>() {
        let double: f64 = value.extract()?;
        if !double.is_finite() {
            return Err(PyValueError::new_err("the value is not finite"));
        }
        double.to_string()
    } else if value.get_type().qualname()?.to_str()? == "Decimal" {
        value.str()?.extract()?
    } else {
        return Ok(Some(Value::Json(json::text_of(value)?.into())));
    };
    match Number::parse(&digits) {
        Some(number) => Ok(Some(Value::Number(number))),
        None => Err(PyValueError::new_err("the value is not finite")),
    }
}
