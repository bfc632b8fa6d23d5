//! Mappings that a program gives.

use pyo3::PyTypeInfo as _;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping};

/// Returns the mapping that an object is, or `None` for another object.
///
/// # Errors
/// The exception of a lazy object that cannot say its class. A cast would only print it.
pub(crate) fn of<'a, 'py>(
    object: &'a Bound<'py, PyAny>,
) -> PyResult<Option<&'a Bound<'py, PyMapping>>> {
    let is_mapping = object.is_instance_of::<PyDict>()
        || object.is_instance(&PyMapping::type_object(object.py()))?;
    if is_mapping { Ok(Some(object.cast()?)) } else { Ok(None) }
}

/// Returns the pairs of names and values of a mapping.
///
/// # Errors
/// A `TypeError` for another object.
pub(crate) fn items<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    match of(object)? {
        Some(mapping) => mapping.items(),
        None => Err(PyTypeError::new_err(format!(
            "'{}' object is no mapping",
            object.get_type().qualname()?
        ))),
    }
}
