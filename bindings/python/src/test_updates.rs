//! The class `TestUpdates`: changes of features at the Edge, for tests.

use fh_client::{NewValue, Outcome, Update};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};

use crate::client::Client;
use crate::key::Text;
use crate::per_process::PerProcess;
use crate::waiting::wait;
use crate::{errors, json, number};

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
        let update = update(change)?;
        let outcome = wait(py, self.core()?.set(key.as_str(), update))?;
        outcome.map(named).map_err(|why| errors::refusal(py, &why))
    }

    #[pyo3(signature = (key, /, **change), text_signature = "($self, key, /, *, value=..., lock=...)")]
    fn set_and_wait(
        &self,
        py: Python<'_>,
        key: Text<'_>,
        change: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<&'static str> {
        let update = update(change)?;
        let outcome = wait(py, self.core()?.set_and_wait(key.as_str(), update))?;
        outcome.map(named).map_err(|why| errors::refusal(py, &why))
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

fn new_value(value: &Bound<'_, PyAny>) -> PyResult<NewValue> {
    if value.is_none() {
        return Ok(NewValue::Null);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(NewValue::Bool(value.is_true()));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(NewValue::Text(value.extract::<Text<'_>>()?.as_str().to_string()));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(NewValue::Number(number::digits(value)?));
    }
    if value.is_instance_of::<PyFloat>() {
        let double: f64 = value.extract()?;
        if !double.is_finite() {
            return Err(PyValueError::new_err("the value is not finite"));
        }
        return Ok(NewValue::Number(double.to_string()));
    }
    if value.get_type().qualname()?.to_str()? == "Decimal" {
        return Ok(NewValue::Number(value.str()?.extract()?));
    }
    // Lists and dictionaries are the values of JSON features.
    Ok(NewValue::Text(json::text_of(value)?))
}
