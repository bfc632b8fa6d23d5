//! The well-known values of attributes, for the test of the enumerations that are written in Python.

use fh_client::{Country, Device, Platform};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Returns the values of the attributes `country`, `device` and `platform` that the engine knows, by the name of their class.
#[pyfunction]
pub(crate) fn well_known(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let all = PyDict::new(py);
    all.set_item("Country", Country::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>())?;
    all.set_item("Device", Device::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>())?;
    all.set_item("Platform", Platform::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>())?;
    Ok(all)
}
