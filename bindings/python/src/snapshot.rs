//! The class `Snapshot`: several reads of one state.

use std::sync::Arc;

use fh_binding::process::PerProcess;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use crate::client::Client;
use crate::context::Context;
use crate::reads::pymethods_with_reads;

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Snapshot {
    client: Py<Client>,
    attributes: Option<Arc<fh_client::Attributes>>,
    core: PerProcess<fh_client::Snapshot>,
}

impl Snapshot {
    pub(crate) fn new(
        client: Py<Client>,
        attributes: Option<Arc<fh_client::Attributes>>,
        core: fh_client::Snapshot,
    ) -> Self {
        Self { client, attributes, core: PerProcess::of(core) }
    }

    /// The snapshot of this process. A read of the inherited one could wake the client of the parent process, so a forked child takes the
    /// snapshot anew, once.
    #[inline]
    pub(crate) fn core(&self) -> &fh_client::Snapshot {
        loop {
            if let Some(core) = self.core.get() {
                return core;
            }
            let now = self.client.get().core().snapshot();
            self.core.set(match &self.attributes {
                Some(attributes) => now.of(attributes),
                None => now,
            });
        }
    }
}

pymethods_with_reads!(Snapshot, by_key: |self| self.core(), all: self.core(), {
    #[pyo3(signature = (context, /))]
    fn of(&self, py: Python<'_>, context: &Bound<'_, Context>) -> Self {
        let attributes = context.get().attributes_of();
        let core = self.core().of(&attributes);
        Self::new(self.client.clone_ref(py), Some(attributes), core)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)
    }

    #[getter]
    fn readiness(&self) -> &'static str {
        self.core().readiness().as_str()
    }

    #[getter]
    fn generation(&self) -> u64 {
        self.core().generation()
    }

    #[getter]
    fn is_server_evaluated(&self) -> bool {
        self.core().is_server_evaluated()
    }

    #[pyo3(signature = (key, /))]
    fn environment_of(&self, key: crate::key::Text<'_>) -> Option<&str> {
        self.core().environment_of(key.as_str()).map(|id| &**id)
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a Snapshot can be neither pickled nor copied"))
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Snapshot {}>", self.core().readiness())
    }
});
