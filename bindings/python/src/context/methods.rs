//! The methods of the class `Context`.

use std::sync::Arc;

use fh_binding::callbacks::Listener;
use fh_client::Attributes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

use super::handle::Context;
use crate::attributes;
use crate::client::Client;
use crate::feature::Feature;
use crate::json;
use crate::key::Text;
use crate::listeners::Subscription;
use crate::on_loop;
use crate::reads::pymethods_with_reads;
use crate::snapshot::Snapshot;

pymethods_with_reads!(Context, by_key: |self| self.reads(), all: &self.core().snapshot(), {
    #[getter]
    fn client(&self, py: Python<'_>) -> Py<Client> {
        self.client.clone_ref(py)
    }

    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        attributes::to_dict(py, &self.attributes_of())
    }

    #[pyo3(signature = (**attributes))]
    fn but(&self, py: Python<'_>, attributes: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let own = Attributes::clone(&self.attributes_of());
        let changed = match attributes {
            Some(attributes) => attributes::replace(own.into(), attributes, self.client.get().system())?,
            None => own,
        };
        Ok(Self::of(self.client.clone_ref(py), Arc::new(changed)))
    }

    #[pyo3(signature = (*names))]
    fn without(&self, py: Python<'_>, names: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let own = Attributes::clone(&self.attributes_of());
        let mut builder: fh_eval::AttributesBuilder = own.into();
        for name in names.iter() {
            builder = builder.remove(name.extract::<Text<'_>>()?.as_str());
        }
        Ok(Self::of(self.client.clone_ref(py), Arc::new(builder.build())))
    }

    #[pyo3(signature = (key, /))]
    fn feature(&self, py: Python<'_>, key: Text<'_>) -> Feature {
        Feature::new(self.client.clone_ref(py), key.as_str(), Some(self.attributes_of()))
    }

    #[pyo3(signature = (name, params=None, /))]
    fn record(&self, name: Text<'_>, params: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.core().record(name.as_str(), json::params(params)?);
        Ok(())
    }

    #[pyo3(signature = (event, value=1.0, /))]
    fn track(&self, event: Text<'_>, value: f64) -> PyResult<()> {
        let tracked = self.core().track(event.as_str(), value);
        tracked.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn snapshot(&self, py: Python<'_>) -> Snapshot {
        let client = self.client.clone_ref(py);
        let snapshot = self.core().snapshot();
        Snapshot::new(client, Some(self.attributes_of()), snapshot)
    }

    #[pyo3(signature = (key, call, /))]
    fn on_change(&self, key: Text<'_>, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        let attributes = Some(self.attributes_of());
        self.client.get().listen(Listener::Changes(key.as_str().into(), attributes), call)
    }

    #[pyo3(signature = (key, /))]
    fn changes<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_loop::changes(slf.as_any(), slf.get().client.bind(slf.py()).as_any(), Some(key))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Context can be neither pickled nor copied: make one in each process",
        ))
    }

    /// Values of attributes are personal data, so only the names are shown.
    fn __repr__(&self) -> String {
        let attributes = self.attributes_of();
        let names: Vec<&str> = attributes.iter().map(|(name, _)| name).collect();
        format!("<fh_client.Context of {}>", names.join(", "))
    }
});
