//! The events that listeners get.

use fh_binding::callbacks;
use fh_client::RawKind;
use pyo3::prelude::*;

use crate::value;

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Change {
    core: callbacks::Change,
}

impl Change {
    pub(crate) const fn new(core: callbacks::Change) -> Self {
        Self { core }
    }

    /// Returns the change from the state before `self` to the state after `newer`, or `None` if the two states are equal.
    pub(crate) fn followed_by(&self, newer: &Self) -> Option<Self> {
        self.core.followed_by(&newer.core).map(Self::new)
    }
}

#[pymethods]
impl Change {
    #[getter]
    fn key(&self) -> &str {
        &self.core.key
    }

    #[getter(old)]
    fn old_value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.core.old.as_ref().map(|value| value::any(py, value)).transpose()
    }

    #[getter(new)]
    fn new_value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.core.new.as_ref().map(|value| value::any(py, value)).transpose()
    }

    #[getter]
    const fn was_locked(&self) -> bool {
        self.core.was_locked
    }

    #[getter]
    const fn is_locked(&self) -> bool {
        self.core.is_locked
    }

    #[getter]
    const fn exists(&self) -> bool {
        self.core.exists
    }

    #[getter]
    const fn version(&self) -> i64 {
        self.core.version
    }

    #[getter]
    const fn generation(&self) -> u64 {
        self.core.generation
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Change {}>", self.core.key)
    }
}

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct ReadinessChange {
    core: fh_client::ReadinessChange,
}

impl ReadinessChange {
    pub(crate) const fn new(core: fh_client::ReadinessChange) -> Self {
        Self { core }
    }
}

#[pymethods]
impl ReadinessChange {
    #[getter]
    fn readiness(&self) -> &'static str {
        self.core.readiness.as_str()
    }

    #[getter]
    fn is_first(&self) -> bool {
        self.core.is_first
    }

    #[getter]
    fn connection(&self) -> &'static str {
        self.core.status.connection.as_str()
    }

    #[getter]
    fn problem(&self) -> Option<&'static str> {
        self.core.status.problem.as_ref().map(fh_client::Problem::as_str)
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.ReadinessChange {}>", self.core.readiness)
    }
}

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct NewState {
    core: fh_client::NewState,
}

impl NewState {
    pub(crate) const fn new(core: fh_client::NewState) -> Self {
        Self { core }
    }
}

#[pymethods]
impl NewState {
    #[getter]
    fn is_held(&self) -> bool {
        self.core.is_held
    }

    #[getter]
    fn keys(&self) -> Vec<&str> {
        self.core.keys.iter().map(|key| &**key).collect()
    }
}

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct RawUpdate {
    core: fh_client::RawUpdate,
}

impl RawUpdate {
    pub(crate) const fn new(core: fh_client::RawUpdate) -> Self {
        Self { core }
    }
}

#[pymethods]
impl RawUpdate {
    #[getter]
    fn source(&self) -> &str {
        self.core.source.as_str()
    }

    #[getter]
    fn environment(&self) -> Option<&str> {
        self.core.environment.as_deref()
    }

    #[getter]
    fn kind(&self) -> &'static str {
        match self.core.kind {
            RawKind::List => "list",
            RawKind::Feature => "feature",
            RawKind::Delete => "delete",
        }
    }

    #[getter]
    fn json(&self) -> &str {
        &self.core.json
    }
}

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Notice {
    core: fh_client::Notice,
}

impl Notice {
    pub(crate) const fn new(core: fh_client::Notice) -> Self {
        Self { core }
    }
}

#[pymethods]
impl Notice {
    #[getter]
    fn kind(&self) -> &'static str {
        self.core.as_str()
    }

    fn __str__(&self) -> String {
        self.core.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Notice {}>", self.core)
    }
}
