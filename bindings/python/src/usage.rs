//! The events that observers get.

use std::sync::Arc;

use fh_client::{Kind, UsageEvent as Event};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{attributes, instant, json, value};

/// The use of features.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct UsageEvent {
    core: Arc<Event>,
}

impl UsageEvent {
    pub(crate) const fn new(core: Arc<Event>) -> Self {
        Self { core }
    }
}

#[pymethods]
impl UsageEvent {
    #[getter]
    fn kind(&self) -> &'static str {
        match &*self.core {
            Event::Evaluated(_) => "evaluated",
            Event::Collection(_) => "collection",
            _ => "named",
        }
    }

    #[getter]
    fn name(&self) -> &str {
        self.core.name()
    }

    #[getter]
    fn at(&self) -> f64 {
        instant::seconds(self.core.at())
    }

    #[getter]
    fn features(&self) -> Vec<UsedFeature> {
        let features = match &*self.core {
            Event::Evaluated(event) => std::slice::from_ref(&event.feature),
            Event::Collection(event) => &event.features,
            Event::Named(event) => &event.features,
            _ => &[],
        };
        features.iter().map(|core| UsedFeature { core: core.clone() }).collect()
    }

    #[getter]
    fn reason(&self) -> Option<&'static str> {
        match &*self.core {
            Event::Evaluated(event) => Some(event.reason.as_str()),
            _ => None,
        }
    }

    #[getter]
    fn interceptor(&self) -> Option<&str> {
        match &*self.core {
            Event::Evaluated(event) => event.interceptor.as_deref(),
            _ => None,
        }
    }

    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &*self.core {
            Event::Named(event) => json::value_of(py, &event.params).map(Some),
            _ => Ok(None),
        }
    }

    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.core.attributes().map(|own| attributes::to_dict(py, own)).transpose()
    }

    #[getter]
    fn user_key(&self) -> Option<&str> {
        self.core.user_key()
    }

    fn record<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::value_of(py, &self.core.record())
    }

    /// Values of attributes are personal data, so they are not shown.
    fn __repr__(&self) -> String {
        match &*self.core {
            Event::Evaluated(event) => {
                format!("<fh_client.UsageEvent evaluated {}>", event.feature.key)
            }
            event => format!("<fh_client.UsageEvent {}>", event.name()),
        }
    }
}

/// A feature with the value that was used.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct UsedFeature {
    core: fh_client::UsedFeature,
}

#[pymethods]
impl UsedFeature {
    #[getter]
    fn key(&self) -> &str {
        &self.core.key
    }

    #[getter]
    fn id(&self) -> Option<&str> {
        self.core.id.as_deref()
    }

    #[getter]
    fn environment(&self) -> Option<&str> {
        self.core.environment.as_deref()
    }

    #[getter]
    fn kind(&self) -> Option<&'static str> {
        self.core.kind.map(Kind::as_str)
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.core.value.as_ref().map(|value| value::any(py, value)).transpose()
    }

    #[getter]
    fn text(&self) -> Option<String> {
        self.core.text().map(|text| text.to_string())
    }

    #[getter]
    fn strategy_id(&self) -> Option<&str> {
        self.core.strategy_id.as_deref()
    }

    #[getter]
    fn variant(&self) -> &str {
        self.core.variant()
    }

    #[getter]
    const fn version(&self) -> i64 {
        self.core.version
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.UsedFeature {}>", self.core.key)
    }
}
