//! The event of listeners for the status.

use fh_client::{Connection, Problem, Readiness, SessionStatus, System};
use pyo3::prelude::*;

/// The connection, the problem and the readiness of a client, reported to a listener.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct StatusChange {
    readiness: Readiness,
    connection: Connection,
    problem: Option<Problem>,
    system: System,
}

impl StatusChange {
    pub(crate) fn of(status: &SessionStatus) -> Self {
        let SessionStatus { readiness, connection, problem, system, .. } = status;
        Self {
            readiness: *readiness,
            connection: *connection,
            problem: problem.clone(),
            system: *system,
        }
    }
}

#[pymethods]
impl StatusChange {
    #[getter]
    fn readiness(&self) -> &'static str {
        self.readiness.as_str()
    }

    #[getter]
    fn connection(&self) -> &'static str {
        self.connection.as_str()
    }

    #[getter]
    fn problem(&self) -> Option<&'static str> {
        self.problem.as_ref().map(Problem::as_str)
    }

    #[getter]
    fn message(&self) -> Option<String> {
        self.problem.as_ref().map(|problem| problem.on(self.system).to_string())
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.StatusChange {}, {}>", self.readiness, self.connection)
    }
}
