//! The check that one interpreter of the process uses this module. The module holds objects of Python that belong to its interpreter.

use std::sync::OnceLock;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// The address of the module `sys` of the interpreter that uses this module. Each interpreter has such a module, as long as it lives.
static SYS: OnceLock<usize> = OnceLock::new();

/// Notes the interpreter that imports this module.
///
/// # Errors
/// An `ImportError` if another interpreter of the process has imported it before.
pub(crate) fn claim(py: Python<'_>) -> PyResult<()> {
    let sys = py.import("sys")?.as_ptr().addr();
    if *SYS.get_or_init(|| sys) == sys {
        return Ok(());
    }
    Err(PyImportError::new_err("the module does not support subinterpreters"))
}
