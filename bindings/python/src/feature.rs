//! The class `Feature`: a handle that reads one feature.

use std::sync::Arc;

use fh_binding::callbacks::Listener;
use fh_binding::process::PerProcess;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};
use pyo3::{PyTraverseError, PyVisit};

use crate::client::Client;
use crate::detail::Detail;
use crate::listeners::Subscription;
use crate::on_loop;
use crate::reads::pymethods_with_reads;

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

pymethods_with_reads!(Feature, of_one_feature: |self| self.core(), {
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

    fn detail(&self) -> Detail {
        Detail::new(self.core().detail())
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
        self.core().properties().into_py_dict(py)
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "a Feature is neither true nor false: use its attribute `enabled`",
        ))
    }

    #[pyo3(signature = (call, /))]
    fn on_change(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        let listener = Listener::Changes(Arc::clone(&self.key), self.attributes.clone());
        self.client.get().listen(listener, call)
    }

    fn changes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        on_loop::changes(slf.as_any(), slf.get().client.bind(slf.py()).as_any(), None)
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
});
