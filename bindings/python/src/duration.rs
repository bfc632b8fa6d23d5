//! Durations that a Python program gives: seconds, or `datetime.timedelta`.

use std::time::Duration;

use fh_binding::settings::duration;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyInt};

/// A duration that is not negative.
pub(crate) struct Seconds(pub(crate) Duration);

impl FromPyObject<'_, '_> for Seconds {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let is_number = object.is_instance_of::<PyInt>() || object.is_instance_of::<PyFloat>();
        let seconds: f64 = if is_number && !object.is_instance_of::<PyBool>() {
            object.extract()?
        } else if object.is_instance_of::<PyDelta>() {
            object.call_method0("total_seconds")?.extract()?
        } else {
            return Err(PyTypeError::new_err("a duration is a number of seconds or a timedelta"));
        };
        duration(seconds).map(Self).map_err(PyValueError::new_err)
    }
}
