//! The class `Feature`: a handle that reads one feature.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, PyVisit};

use crate::client::Client;
use crate::detail::Detail;
use crate::explanation::Explanation;
use crate::listeners::Subscription;
use crate::per_process::PerProcess;
use crate::{number, on_loop, reads, value};

#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Feature {
    client: Py<Client>,
    key: Arc<str>,
    /// The attributes of the context; `None` without one.
    attributes: Option<Arc<fh_client::Attributes>>,
    core: PerProcess<fh_client::Feature>,
}

impl Feature {
    pub(crate) fn new(
        client: Py<Client>,
        key: &str,
        attributes: Option<Arc<fh_client::Attributes>>,
    ) -> Self {
        Self { client, key: key.into(), attributes, core: PerProcess::unmade() }
    }

    /// The handle of this process. It is made at the first read.
    #[inline]
    pub(crate) fn core(&self) -> &fh_client::Feature {
        loop {
            if let Some(core) = self.core.get() {
                return core;
            }
            let client = self.client.get().core();
            self.core.set(match &self.attributes {
                Some(attributes) => client.context_of(Arc::clone(attributes)).feature(&self.key),
                None => client.feature(&self.key),
            });
        }
    }
}

#[pymethods]
impl Feature {
    #[getter]
    fn key(&self) -> &str {
        &self.key
    }

    #[getter]
    fn client(&self, py: Python<'_>) -> Py<Client> {
        self.client.clone_ref(py)
    }

    #[getter]
    fn enabled(&self) -> bool {
        self.core().is_enabled()
    }

    fn is_enabled(&self) -> bool {
        self.core().is_enabled()
    }

    #[pyo3(signature = (default=None))]
    fn boolean<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> Bound<'py, PyAny> {
        match self.core().boolean() {
            Some(value) => value::boolean(py, value),
            None => value::or_default(py, default),
        }
    }

    #[pyo3(signature = (default=None))]
    fn string<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> Bound<'py, PyAny> {
        match self.core().string() {
            Some(text) => value::text(py, &text),
            None => value::or_default(py, default),
        }
    }

    #[pyo3(signature = (default=None))]
    fn number<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.core().decimal() {
            Some(found) => number::number(py, &found),
            None => Ok(value::or_default(py, default)),
        }
    }

    #[pyo3(signature = (default=None))]
    fn decimal<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.core().decimal() {
            Some(found) => number::decimal(py, &found),
            None => Ok(value::or_default(py, default)),
        }
    }

    #[pyo3(signature = (default=None))]
    fn json<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        reads::json(py, self.core().raw_json(), default)
    }

    #[pyo3(signature = (default=None))]
    fn raw_json<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> Bound<'py, PyAny> {
        match self.core().raw_json() {
            Some(text) => value::text(py, &text),
            None => value::or_default(py, default),
        }
    }

    #[pyo3(signature = (default=None))]
    fn value<'py>(
        &self,
        py: Python<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.core().value() {
            Some(found) => value::any(py, &found),
            None => Ok(value::or_default(py, default)),
        }
    }

    fn detail(&self) -> Detail {
        Detail::new(self.core().detail())
    }

    fn peek(&self) -> Detail {
        Detail::new(self.core().peek())
    }

    fn explain(&self) -> Explanation {
        Explanation::new(self.core().explain())
    }

    fn is_set(&self) -> bool {
        self.core().is_set()
    }

    fn exists(&self) -> bool {
        self.core().exists()
    }

    #[getter]
    fn is_locked(&self) -> bool {
        self.core().is_locked()
    }

    #[getter]
    fn version(&self) -> i64 {
        self.core().version()
    }

    #[getter]
    fn kind(&self) -> Option<&'static str> {
        self.core().kind().map(fh_client::Kind::as_str)
    }

    #[getter]
    fn properties<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let properties = PyDict::new(py);
        for (name, value) in self.core().properties() {
            properties.set_item(name, value)?;
        }
        Ok(properties)
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "a Feature is neither true nor false: use its attribute `enabled`",
        ))
    }

    #[pyo3(signature = (call, /))]
    fn on_change(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.client.get().listen_to_changes(&self.key, self.attributes.as_ref(), call)
    }

    fn changes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        on_loop::changes(slf.as_any(), slf.get().client.bind(slf.py()), None)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Feature can be neither pickled nor copied: make one in each process",
        ))
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Feature {}>", self.key)
    }
}
