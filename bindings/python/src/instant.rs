//! Times of day that a Python program gives: seconds since 1970, or an aware `datetime.datetime`.

use fh_client::Timestamp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyFloat, PyInt};

/// A time of day.
pub(crate) struct Instant(pub(crate) Timestamp);

impl FromPyObject<'_, '_> for Instant {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let is_number = object.is_instance_of::<PyInt>() || object.is_instance_of::<PyFloat>();
        let seconds: f64 = if is_number && !object.is_instance_of::<PyBool>() {
            object.extract()?
        } else if object.is_instance_of::<PyDateTime>() {
            if object.call_method0("utcoffset")?.is_none() {
                return Err(PyValueError::new_err("the datetime has no time zone"));
            }
            object.call_method0("timestamp")?.extract()?
        } else {
            return Err(PyTypeError::new_err(
                "a time is a number of seconds since 1970 or a datetime with a time zone",
            ));
        };
        if !seconds.is_finite() {
            return Err(PyValueError::new_err("the time is not finite"));
        }
        // A number beyond the range becomes the nearest one, and `from_millis` clamps it to the years that it can represent.
        Ok(Self(Timestamp::from_millis((seconds * 1000.0).round() as i64)))
    }
}

/// Returns a time as seconds since 1970.
pub(crate) fn seconds(time: Timestamp) -> f64 {
    time.as_millis() as f64 / 1000.0
}
