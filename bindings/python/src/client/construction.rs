//! The construction of a client from keyword arguments.

use fh_client::{ClientBuilder, System};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::handle::Client;
use crate::errors;
use crate::function::ConstructorCallbacks;
use crate::logs;
use crate::setting_forms::named;
use crate::settings::{self, Fetching};

/// The time at which a client starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    AtOnce,
    AtTheFirstUse,
}

/// Reads the keyword argument `start`, and leaves the other ones.
pub(super) fn start(settings: Option<&Bound<'_, PyDict>>) -> PyResult<Start> {
    let Some(settings) = settings else { return Ok(Start::AtOnce) };
    let Some(start) = settings.get_item("start")? else { return Ok(Start::AtOnce) };
    settings.del_item("start")?;
    if start.is_none() {
        return Ok(Start::AtOnce);
    }
    let start: String = start.extract().map_err(|_| {
        PyTypeError::new_err("start: the value is no str: write \"eager\" or \"lazy\"")
    })?;
    match start.as_str() {
        "eager" => Ok(Start::AtOnce),
        "lazy" => Ok(Start::AtTheFirstUse),
        _ => Err(PyValueError::new_err("start: the value is unknown: write \"eager\" or \"lazy\"")),
    }
}

/// The value of the header `X-SDK`, unless the program sets another one.
pub(super) fn identified(builder: ClientBuilder) -> ClientBuilder {
    builder.identification(concat!("Python,", env!("CARGO_PKG_VERSION")))
}

impl Client {
    /// Returns a client whose builder has its Edge already.
    pub(crate) fn of_edge(
        py: Python<'_>,
        builder: ClientBuilder,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let start = start(settings)?;
        let fetching = Fetching::From(System::FeatureHub);
        Self::with_settings(py, identified(builder), settings, fetching, start)
    }

    /// Returns a client with the arguments of the constructor. What is missing comes from environment variables.
    pub(super) fn of_keys(
        url: Option<&Bound<'_, PyAny>>,
        api_keys: &Bound<'_, PyTuple>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = api_keys.py();
        let mut builder = fh_client::Client::from_environment();
        if let Some(url) = url {
            let url = url.extract::<String>().map_err(|error| named(py, "url", error))?;
            builder = builder.edge_url(url);
        }
        for key in api_keys.iter() {
            let key = key.extract::<String>().map_err(|error| named(py, "api_keys", error))?;
            builder = builder.api_key(key);
        }
        Self::of_edge(py, builder, settings)
    }

    /// Returns a client of a server of another system than FeatureHub. The first argument of the constructor is the setting with this name.
    pub(super) fn of_system(
        py: Python<'_>,
        system: System,
        (name, first): (&str, Option<&Bound<'_, PyAny>>),
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let settings = settings.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
        settings.set_item(name, first)?;
        let start = start(Some(&settings))?;
        let builder = identified(fh_client::Client::from_environment());
        Self::with_settings(py, builder, Some(&settings), Fetching::From(system), start)
    }

    pub(super) fn with_settings(
        py: Python<'_>,
        builder: ClientBuilder,
        settings: Option<&Bound<'_, PyDict>>,
        fetching: Fetching,
        start: Start,
    ) -> PyResult<Self> {
        logs::adopt_level(py)?;
        let callbacks = ConstructorCallbacks::default();
        let builder = settings::apply(builder, settings, fetching, &callbacks)?;
        match start {
            Start::AtOnce => {
                let core = builder.start().map_err(|error| errors::start(&error))?;
                Ok(Self::of(core, callbacks, None, fetching.system()))
            }
            Start::AtTheFirstUse => Self::start_later(builder, callbacks, fetching.system()),
        }
    }
}
