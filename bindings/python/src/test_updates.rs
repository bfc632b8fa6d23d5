//! The class `TestUpdates`: changes of features at the Edge, for tests.

use fh_binding::process::PerProcess;
use fh_client::{NewValue, Outcome, Update, Value};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client::Client;
use crate::key::Text;
use crate::waiting::wait;
use crate::{errors, value};

#[pyclass(frozen, module = "fh_client")]
pub(crate) struct TestUpdates {
    client: Py<Client>,
    api_key: Option<String>,
    core: PerProcess<fh_client::TestUpdates>,
}

impl TestUpdates {
    /// A handle that uses this API key, or the client's first one.
    pub(crate) fn new(client: Py<Client>, api_key: Option<String>) -> PyResult<Self> {
        let updates = Self { client, api_key, core: PerProcess::unmade() };
        updates.core()?;
        Ok(updates)
    }

    /// The handle of this process.
    pub(crate) fn core(&self) -> PyResult<&fh_client::TestUpdates> {
        loop {
            if let Some(core) = self.core.get() {
                return Ok(core);
            }
            let core = self.client.get().core().test_updates();
            self.core.set(match &self.api_key {
                Some(key) => core.with_api_key(key).map_err(|why| errors::start(&why.into()))?,
                None => core,
            });
        }
    }

    /// Sends an update, and waits for its outcome.
    fn send(
        &self,
        py: Python<'_>,
        key: &Text<'_>,
        change: Option<&Bound<'_, PyDict>>,
        until: Until,
    ) -> PyResult<&'static str> {
        let (core, update) = (self.core()?, update(change)?);
        let outcome = wait(py, async {
            match until {
                Until::Answered => core.set(key.as_str(), update).await,
                Until::Received => core.set_and_wait(key.as_str(), update).await,
            }
        })?;
        outcome.map(named).map_err(|why| errors::refusal(py, &why))
    }
}

/// The end of the wait for an update.
#[derive(Debug, Clone, Copy)]
enum Until {
    /// The Edge has answered.
    Answered,
    /// The client has received the change.
    Received,
}

#[pymethods]
impl TestUpdates {
    #[pyo3(signature = (key, /, **change), text_signature = "($self, key, /, *, value=..., lock=...)")]
    fn set(
        &self,
        py: Python<'_>,
        key: Text<'_>,
        change: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<&'static str> {
        self.send(py, &key, change, Until::Answered)
    }

    #[pyo3(signature = (key, /, **change), text_signature = "($self, key, /, *, value=..., lock=...)")]
    fn set_and_wait(
        &self,
        py: Python<'_>,
        key: Text<'_>,
        change: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<&'static str> {
        self.send(py, &key, change, Until::Received)
    }

    #[getter]
    fn client(&self, py: Python<'_>) -> Py<Client> {
        self.client.clone_ref(py)
    }
}

pub(crate) const fn named(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Unchanged => "unchanged",
    }
}

/// Reads the keyword arguments `value` and `lock`. The value `None` is the value null, so it differs from no value.
pub(crate) fn update(change: Option<&Bound<'_, PyDict>>) -> PyResult<Update> {
    let mut update: Option<Update> = None;
    for (name, value) in change.into_iter().flat_map(PyDictMethods::iter) {
        let name: String = name.extract()?;
        let part = match name.as_str() {
            "value" => Update::value(new_value(&value)?),
            "lock" if value.extract()? => Update::lock(),
            "lock" => Update::unlock(),
            _ => return Err(PyTypeError::new_err(format!("an update has no {name:?}"))),
        };
        update = Some(match update {
            Some(update) => update.and(part),
            None => part,
        });
    }
    update.ok_or_else(|| PyTypeError::new_err("an update has a value, a lock, or both"))
}

/// Lists and dictionaries are the values of JSON features.
pub(crate) fn new_value(value: &Bound<'_, PyAny>) -> PyResult<NewValue> {
    Ok(match value::given(value)? {
        None => NewValue::Null,
        Some(Value::Bool(value)) => NewValue::Bool(value),
        Some(Value::Number(number)) => NewValue::Number(number.as_str().to_string()),
        Some(Value::Text(text) | Value::Json(text)) => NewValue::Text(text.to_string()),
        Some(_) => return Err(PyValueError::new_err("the value has an unknown type")),
    })
}
