//! The class `Detail`: a value with its reason and the data of its feature.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use crate::{json, number, value};

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Detail {
    core: fh_client::Detail,
}

impl Detail {
    pub(crate) const fn new(core: fh_client::Detail) -> Self {
        Self { core }
    }
}

#[pymethods]
impl Detail {
    #[getter]
    fn key(&self) -> &str {
        &self.core.key
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.core.value.as_ref().map(|value| value::any(py, value)).transpose()
    }

    #[getter]
    fn decimal<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.core.value {
            Some(fh_client::Value::Number(number)) => number::decimal(py, number).map(Some),
            _ => Ok(None),
        }
    }

    #[getter]
    fn kind(&self) -> Option<&'static str> {
        self.core.kind.map(fh_client::Kind::as_str)
    }

    #[getter]
    fn reason(&self) -> &'static str {
        self.core.reason.as_str()
    }

    #[getter]
    fn strategy_id(&self) -> Option<&str> {
        self.core.strategy_id.as_deref()
    }

    #[getter]
    fn interceptor(&self) -> Option<&str> {
        self.core.interceptor.as_deref()
    }

    #[getter]
    fn exists(&self) -> bool {
        self.core.exists
    }

    #[getter]
    fn version(&self) -> i64 {
        self.core.version
    }

    #[getter]
    fn id(&self) -> Option<&str> {
        self.core.id.as_deref()
    }

    #[getter]
    fn environment(&self) -> Option<&str> {
        self.core.environment.as_deref()
    }

    #[getter]
    fn is_locked(&self) -> bool {
        self.core.is_locked
    }

    #[getter]
    fn is_stale(&self) -> bool {
        self.core.is_stale
    }

    #[getter]
    fn source(&self) -> Option<&str> {
        self.core.source.as_ref().map(fh_client::Source::as_str)
    }

    #[getter]
    fn generation(&self) -> u64 {
        self.core.generation
    }

    #[getter]
    fn properties<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.core.properties().into_py_dict(py)
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::value_of(py, &self.core)
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err("a Detail is neither true nor false: use its attribute `value`"))
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Detail {} {}>", self.core.key, self.core.reason.as_str())
    }
}
