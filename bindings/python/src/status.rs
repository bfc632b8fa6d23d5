//! The class `Status`.

use std::time::Duration;

use fh_client::{Problem, Source};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::json;

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Status {
    core: fh_client::Status,
}

impl Status {
    pub(crate) const fn new(core: fh_client::Status) -> Self {
        Self { core }
    }
}

#[pymethods]
impl Status {
    #[getter]
    fn readiness(&self) -> &'static str {
        self.core.readiness.as_str()
    }

    #[getter]
    fn connection(&self) -> &'static str {
        self.core.connection.as_str()
    }

    #[getter]
    fn problem(&self) -> Option<&'static str> {
        self.core.problem.as_ref().map(Problem::as_str)
    }

    #[getter]
    fn message(&self) -> Option<String> {
        self.core.problem.as_ref().map(|problem| problem.on(self.core.system).to_string())
    }

    #[getter]
    fn attempts(&self) -> u32 {
        self.core.attempts
    }

    #[getter]
    fn requests(&self) -> u64 {
        self.core.requests
    }

    #[getter]
    fn next_attempt(&self) -> Option<f64> {
        self.core.next_attempt.as_ref().map(Duration::as_secs_f64)
    }

    #[getter]
    fn since_contact(&self) -> Option<f64> {
        self.core.since_contact.as_ref().map(Duration::as_secs_f64)
    }

    #[getter]
    fn data_age(&self) -> Option<f64> {
        self.core.data_age.as_ref().map(Duration::as_secs_f64)
    }

    #[getter]
    fn source(&self) -> Option<&str> {
        self.core.source.as_ref().map(Source::as_str)
    }

    #[getter]
    fn is_stale(&self) -> bool {
        self.core.is_stale
    }

    #[getter]
    fn features(&self) -> usize {
        self.core.features
    }

    #[getter]
    fn foreign_features(&self) -> u64 {
        self.core.foreign_features
    }

    #[getter]
    fn diagnostics(&self) -> usize {
        self.core.diagnostics
    }

    #[getter]
    fn is_holding(&self) -> bool {
        self.core.is_holding
    }

    #[getter]
    const fn are_listeners_waiting(&self) -> bool {
        self.core.are_listeners_waiting
    }

    #[getter]
    const fn system(&self) -> &'static str {
        self.core.system.as_str()
    }

    #[getter]
    const fn cursor(&self) -> Option<i64> {
        self.core.cursor
    }

    #[getter]
    fn clock_offset(&self) -> Option<f64> {
        // Offsets have far fewer digits than a double holds.
        #[expect(clippy::cast_precision_loss, reason = "an offset is at most some years")]
        self.core.clock_offset.map(|millis| millis as f64 / 1000.0)
    }

    #[getter]
    fn insights<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(insights) = self.core.insights else { return Ok(None) };
        let counters = PyDict::new(py);
        for (name, count) in [
            ("sent", insights.sent),
            ("dropped", insights.dropped),
            ("refused", insights.refused),
            ("waiting", insights.waiting),
        ] {
            counters.set_item(name, count)?;
        }
        Ok(Some(counters))
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::value_of(py, &self.core)
    }

    fn __str__(&self) -> String {
        self.core.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Status {}>", self.core)
    }
}
