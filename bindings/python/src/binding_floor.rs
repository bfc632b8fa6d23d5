//! The least that a method of this module can cost, for `cargo xtask bench python`.

use pyo3::prelude::*;

use crate::key::Text;

/// The class of a method that reads its key as the methods of a client do, and looks nothing up.
#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct BindingFloor;

#[pymethods]
impl BindingFloor {
    #[new]
    const fn new() -> Self {
        Self
    }

    #[pyo3(signature = (key, /))]
    fn is_enabled(&self, key: Text<'_>) -> bool {
        let _ = key.as_str();
        true
    }
}
