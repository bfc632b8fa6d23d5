//! The class `Snapshot`: several reads of one state.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::context::Context;
use crate::reads::pymethods_with_reads;

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Snapshot {
    core: fh_client::Snapshot,
}

impl Snapshot {
    pub(crate) const fn new(core: fh_client::Snapshot) -> Self {
        Self { core }
    }
}

pymethods_with_reads!(Snapshot, |self| self.core, {
    #[pyo3(signature = (context, /))]
    fn of(&self, context: &Bound<'_, Context>) -> Self {
        Self { core: self.core.of(&Arc::clone(context.get().attributes_of())) }
    }

    #[getter]
    fn readiness(&self) -> &'static str {
        self.core.readiness().as_str()
    }

    #[getter]
    fn generation(&self) -> u64 {
        self.core.generation()
    }

    #[getter]
    fn is_server_evaluated(&self) -> bool {
        self.core.is_server_evaluated()
    }

    #[pyo3(signature = (key, /))]
    fn environment_of(&self, key: crate::key::Text<'_>) -> Option<&str> {
        self.core.environment_of(key.as_str()).map(|id| &**id)
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("a Snapshot can be neither pickled nor copied"))
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Snapshot {}>", self.core.readiness())
    }
});
