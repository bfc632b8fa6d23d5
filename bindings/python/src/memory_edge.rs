//! The class `MemoryEdge`: an Edge in memory, for tests of programs.

use fh_client::Value;
use fh_client::testing::{CLIENT_KEY, Fault, MemoryEdge as Edge, SERVER_KEY, SeenKind};
use pyo3::exceptions::{PyTimeoutError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString};

use crate::client::Client;
use crate::documents::headers;
use crate::duration::Seconds;
use crate::key::Text;
use crate::pending::Pending;
use crate::test_updates::new_value;
use crate::waiting::{wait, wait_for};
use crate::{json, on_loop, value};

/// The settings that would replace the Edge by a network.
const OF_NETWORKS: [&str; 4] = ["ca_certificate", "client_certificate", "proxy", "http1_only"];

/// An Edge in memory.
#[pyclass(frozen, module = "fh_client.testing")]
pub(crate) struct MemoryEdge {
    core: Edge,
}

#[pymethods]
impl MemoryEdge {
    #[classattr]
    const CLIENT_KEY: &'static str = CLIENT_KEY;

    #[classattr]
    const SERVER_KEY: &'static str = SERVER_KEY;

    #[new]
    fn new() -> Self {
        Self { core: Edge::new() }
    }

    #[pyo3(signature = (api_key=CLIENT_KEY, **settings), text_signature = "($self, api_key='memory/client*evaluated', **settings)")]
    fn client(
        &self,
        py: Python<'_>,
        api_key: &str,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Client> {
        for name in OF_NETWORKS {
            if settings.is_some_and(|settings| settings.contains(name).unwrap_or(true)) {
                return Err(PyTypeError::new_err(format!(
                    "{name}: an Edge in memory has no network"
                )));
            }
        }
        Client::of_edge(py, self.core.client_with(api_key), settings)
    }

    #[pyo3(signature = (key, value, /))]
    fn set(&self, key: Text<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(Value::Json(_)) = value::given(value)? {
            return self.set_json(key, value);
        }
        self.core.set(key.as_str(), new_value(value)?);
        Ok(())
    }

    #[pyo3(signature = (key, document, /))]
    fn set_json(&self, key: Text<'_>, document: &Bound<'_, PyAny>) -> PyResult<()> {
        self.core.set_json(key.as_str(), &tree(document)?);
        Ok(())
    }

    #[pyo3(signature = (key, strategies, /))]
    fn set_strategies(&self, key: Text<'_>, strategies: &Bound<'_, PyAny>) -> PyResult<()> {
        self.core.set_strategies(key.as_str(), &tree(strategies)?);
        Ok(())
    }

    #[pyo3(signature = (key, member, value, /))]
    fn set_member(&self, key: Text<'_>, member: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.core.set_member(key.as_str(), member, &tree(value)?);
        Ok(())
    }

    #[pyo3(signature = (feature, /))]
    fn put(&self, feature: &Bound<'_, PyAny>) -> PyResult<()> {
        match tree(feature)? {
            serde_json::Value::Object(feature) => {
                self.core.put(feature);
                Ok(())
            }
            _ => Err(PyTypeError::new_err("a feature is a mapping")),
        }
    }

    #[pyo3(signature = (key, /))]
    fn lock(&self, key: Text<'_>) {
        self.core.lock(key.as_str());
    }

    #[pyo3(signature = (key, /))]
    fn unlock(&self, key: Text<'_>) {
        self.core.unlock(key.as_str());
    }

    #[pyo3(signature = (key, /))]
    fn delete(&self, key: Text<'_>) {
        self.core.delete(key.as_str());
    }

    #[pyo3(signature = (key, /))]
    fn get<'py>(&self, py: Python<'py>, key: Text<'_>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let feature = self.core.get(key.as_str());
        feature.map(|feature| json::value_of(py, &feature)).transpose()
    }

    #[pyo3(signature = (fault, /, *, headers=None))]
    fn fail_next(
        &self,
        fault: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        self.core.fail_next(read_fault(fault, headers)?);
        Ok(())
    }

    #[pyo3(signature = (fault, /, *, headers=None))]
    fn fail(&self, fault: &Bound<'_, PyAny>, headers: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.core.fail(read_fault(fault, headers)?);
        Ok(())
    }

    fn heal(&self) {
        self.core.heal();
    }

    #[pyo3(signature = (status, reason="", /))]
    fn refuse_updates(&self, status: u16, reason: &str) -> PyResult<()> {
        self.core.refuse_updates(checked(status)?, reason);
        Ok(())
    }

    fn break_streams(&self) {
        self.core.break_streams();
    }

    fn bye(&self) {
        self.core.bye();
    }

    #[pyo3(signature = (name, data, /))]
    fn send_event(&self, name: &str, data: &str) {
        self.core.send_event(name, data);
    }

    #[getter]
    fn requests(&self) -> Vec<SeenRequest> {
        self.core.requests().into_iter().map(|core| SeenRequest { core }).collect()
    }

    #[getter]
    fn streams(&self) -> usize {
        self.core.streams()
    }

    #[pyo3(signature = (timeout=None))]
    fn delivered(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<()> {
        let Some(Seconds(limit)) = timeout else { return wait(py, self.core.delivered()) };
        match wait_for(py, self.core.delivered(), limit)? {
            Some(()) => Ok(()),
            None => Err(PyTimeoutError::new_err("not all clients applied the events in time")),
        }
    }

    #[getter]
    fn aio<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        on_loop::methods_of_edge(slf.as_any())
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.testing.MemoryEdge, {} streams>", self.core.streams())
    }
}

/// Waits until the clients have applied all events.
#[pyfunction]
pub(crate) fn delivered(edge: &MemoryEdge) -> Pending {
    let core = edge.core.clone();
    Pending::of(async move { core.delivered().await }, |py, ()| Ok(py.None()))
}

fn tree(value: &Bound<'_, PyAny>) -> PyResult<serde_json::Value> {
    let text = json::text_of(value)?;
    serde_json::from_str(&text).map_err(|why| PyValueError::new_err(why.to_string()))
}

fn checked(status: u16) -> PyResult<u16> {
    if (100..600).contains(&status) {
        return Ok(status);
    }
    Err(PyValueError::new_err("a status is a number from 100 to 599"))
}

/// Reads a fault: a status, or the name of a failure of the connection.
fn read_fault(
    fault: &Bound<'_, PyAny>,
    headers_of_status: Option<&Bound<'_, PyAny>>,
) -> PyResult<Fault> {
    if fault.is_instance_of::<PyInt>() && !fault.is_instance_of::<PyBool>() {
        let status = checked(fault.extract()?)?;
        return Ok(match headers_of_status {
            Some(given) => Fault::StatusWith(status, headers(given)?),
            None => Fault::Status(status),
        });
    }
    let name = fault
        .cast::<PyString>()
        .map_err(|_| PyTypeError::new_err("a fault is a status, or the name of a failure"))?;
    match name.to_str()? {
        _ if headers_of_status.is_some() => {
            Err(PyTypeError::new_err("headers: only an answer with a status has headers"))
        }
        "connect" => Ok(Fault::Connect),
        "tls" => Ok(Fault::Tls),
        "break" => Ok(Fault::Break),
        "silence" => Ok(Fault::Silence),
        _ => Err(PyValueError::new_err(
            "a fault is a status, \"connect\", \"tls\", \"break\" or \"silence\"",
        )),
    }
}

/// A request that an Edge in memory has received.
#[pyclass(frozen, module = "fh_client.testing")]
pub(crate) struct SeenRequest {
    core: fh_client::testing::SeenRequest,
}

#[pymethods]
impl SeenRequest {
    #[getter]
    const fn kind(&self) -> &'static str {
        match self.core.kind {
            SeenKind::Poll => "poll",
            SeenKind::Stream => "stream",
            SeenKind::Update => "update",
        }
    }

    #[getter]
    fn target(&self) -> &str {
        &self.core.target
    }

    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        self.core.headers.clone()
    }

    #[getter]
    fn body(&self) -> &str {
        &self.core.body
    }

    #[pyo3(signature = (name, /))]
    fn header(&self, name: &str) -> Option<&str> {
        self.core.header(&name.to_ascii_lowercase())
    }

    /// The target holds API keys, and the headers may hold attributes.
    fn __repr__(&self) -> String {
        format!("<fh_client.testing.SeenRequest {}>", self.kind())
    }
}
