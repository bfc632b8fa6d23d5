//! The class `Client`.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fh_client::{ClientBuilder, NotReady};
use pyo3::exceptions::{PyResourceWarning, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

use crate::attributes;
use crate::context::Context;
use crate::duration::Seconds;
use crate::errors;
use crate::exit;
use crate::feature::Feature;
use crate::json;
use crate::key::Text;
use crate::listeners::{Listeners, Subscription};
use crate::reads::pymethods_with_reads;
use crate::settings::{self, Fetching};
use crate::snapshot::Snapshot;
use crate::status::Status;
use crate::test_updates::TestUpdates;
use crate::waiting::{wait, wait_for};

/// The time that `close` and `flush` wait for by default.
const CLOSING: Duration = Duration::from_secs(2);

#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Client {
    core: fh_client::Client,
    listeners: Arc<Listeners>,
    is_closed: AtomicBool,
    /// The process that made the client.
    process: u32,
}

impl Client {
    fn start(builder: ClientBuilder) -> PyResult<Self> {
        let core = builder.start().map_err(|error| errors::start(&error))?;
        Ok(Self::of(core))
    }

    fn of(core: fh_client::Client) -> Self {
        exit::remember(&core);
        Self {
            core,
            listeners: Arc::default(),
            is_closed: AtomicBool::new(false),
            process: process::id(),
        }
    }

    pub(crate) const fn listeners(&self) -> &Arc<Listeners> {
        &self.listeners
    }

    pub(crate) const fn core(&self) -> &fh_client::Client {
        &self.core
    }

    fn begin_to_close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.core.close();
    }

    fn wait_until_closed(&self, py: Python<'_>, timeout: Duration) -> PyResult<()> {
        self.begin_to_close();
        if wait_for(py, self.core.closed(), timeout)?.is_some() {
            // The last events are delivered, so the functions can be freed.
            self.listeners.clear();
        }
        Ok(())
    }
}

/// The value of the header `X-SDK`, unless the program sets another one.
fn identified(builder: ClientBuilder) -> ClientBuilder {
    builder.identification(concat!("Python,", env!("CARGO_PKG_VERSION")))
}

pymethods_with_reads!(Client, |self| self.core, {
    #[new]
    #[pyo3(
        signature = (url=None, *api_keys, **settings),
        text_signature = "(url=None, *api_keys, mode=None, interval=None, context=None, bootstrap=None, snapshot_file=None, snapshot_max_age=None, headers=None, identification=None, profile=None, context_placement=None, while_switching=None, backoff=None, backoff_when_refused=None, limits=None, event_queue=None, catch_updates=None, listeners=None, ca_certificate=None, client_certificate=None, proxy=None, http1_only=None)"
    )]
    fn new(
        url: Option<String>,
        api_keys: &Bound<'_, PyTuple>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut builder = identified(fh_client::Client::from_environment());
        if let Some(url) = url {
            builder = builder.edge_url(url);
        }
        for key in api_keys.iter() {
            builder = builder.api_key(key.extract::<String>()?);
        }
        Self::start(settings::apply(builder, settings, Fetching::FromTheEdge)?)
    }

    #[classmethod]
    #[pyo3(
        signature = (**settings),
        text_signature = "($cls, *, bootstrap=None, snapshot_file=None, snapshot_max_age=None, profile=None, event_queue=None, catch_updates=None, listeners=None)"
    )]
    fn offline(_class: &Bound<'_, PyType>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let builder = identified(fh_client::Client::offline());
        Self::start(settings::apply(builder, settings, Fetching::Never)?)
    }

    #[pyo3(signature = (timeout=None, through_refusals=false))]
    fn wait_ready(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        through_refusals: bool,
    ) -> PyResult<()> {
        let ready = async {
            if through_refusals {
                self.core.ready_through_refusals().await
            } else {
                self.core.ready().await
            }
        };
        let outcome = match timeout {
            Some(timeout) => wait_for(py, ready, timeout.0)?,
            None => Some(wait(py, ready)?),
        };
        let timed_out = || Err(NotReady::TimedOut(Box::new(self.core.status())));
        outcome.unwrap_or_else(timed_out).map_err(|error| errors::not_ready(py, &error))
    }

    fn refresh(&self, py: Python<'_>) -> PyResult<&'static str> {
        let outcome = wait(py, self.core.refresh())?;
        let readiness = outcome.map_err(|why| errors::problem(py, &why))?;
        Ok(readiness.as_str())
    }

    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn set_context(
        slf: &Bound<'_, Self>,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Context> {
        let (py, core) = (slf.py(), &slf.get().core);
        let attributes = attributes::read(mapping, attributes)?;
        let outcome = wait(py, core.set_context(attributes))?;
        let context = outcome.map_err(|why| errors::problem(py, &why))?;
        Ok(Context::new(slf.clone().unbind(), context))
    }

    #[pyo3(signature = (*api_keys))]
    fn set_api_keys(
        &self,
        py: Python<'_>,
        api_keys: &Bound<'_, PyTuple>,
    ) -> PyResult<&'static str> {
        let keys: Vec<String> = api_keys.extract::<Vec<String>>()?;
        let outcome = wait(py, self.core.set_api_keys(keys))?;
        let readiness = outcome.map_err(|why| errors::set_keys(py, &why))?;
        Ok(readiness.as_str())
    }

    #[pyo3(signature = (headers, /))]
    fn set_headers(&self, py: Python<'_>, headers: &Bound<'_, PyAny>) -> PyResult<&'static str> {
        let headers = settings::headers(headers)?;
        let outcome = wait(py, self.core.set_headers(headers))?;
        let readiness = outcome.map_err(|why| errors::set_headers(py, &why))?;
        Ok(readiness.as_str())
    }

    #[pyo3(signature = (timeout=Seconds(CLOSING)), text_signature = "($self, timeout=2.0)")]
    fn flush(&self, py: Python<'_>, timeout: Seconds) -> PyResult<()> {
        match wait_for(py, self.core.flushed(timeout.0), timeout.0)? {
            Some(()) => Ok(()),
            None => Err(errors::flush()),
        }
    }

    #[pyo3(signature = (timeout=Seconds(CLOSING)), text_signature = "($self, timeout=2.0)")]
    fn close(&self, py: Python<'_>, timeout: Seconds) -> PyResult<()> {
        self.wait_until_closed(py, timeout.0)
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.wait_until_closed(py, CLOSING)
    }

    #[getter]
    fn readiness(&self) -> &'static str {
        self.core.readiness().as_str()
    }

    #[getter]
    fn is_ready(&self) -> bool {
        self.core.is_ready()
    }

    fn status(&self) -> Status {
        Status::new(self.core.status())
    }

    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let texts: Vec<String> = self.core.diagnostics().iter().map(ToString::to_string).collect();
        json::value_of(py, &texts)
    }

    #[getter]
    fn environments(&self) -> Vec<String> {
        self.core.environments().iter().map(ToString::to_string).collect()
    }

    #[getter]
    fn is_server_evaluated(&self) -> bool {
        self.core.key_kind() == fh_client::KeyKind::ServerEvaluated
    }

    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn context(
        slf: &Bound<'_, Self>,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Context> {
        let attributes = attributes::read(mapping, attributes)?;
        let core = slf.get().core.context_of(attributes);
        Ok(Context::new(slf.clone().unbind(), core))
    }

    #[pyo3(signature = (key, /))]
    fn feature(slf: &Bound<'_, Self>, key: Text<'_>) -> Feature {
        Feature::new(slf.clone().unbind(), slf.get().core.feature(key.as_str()))
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.core.snapshot())
    }

    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn isolated(
        &self,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let attributes = attributes::read(mapping, attributes)?;
        let core = self.core.isolated(attributes).map_err(|error| errors::start(&error))?;
        Ok(Self::of(core))
    }

    #[pyo3(signature = (api_key=None))]
    fn test_updates(slf: &Bound<'_, Self>, api_key: Option<&str>) -> PyResult<TestUpdates> {
        let mut core = slf.get().core.test_updates();
        if let Some(key) = api_key {
            core = core.with_api_key(key).map_err(|why| errors::start(&why.into()))?;
        }
        Ok(TestUpdates::new(slf.clone().unbind(), core))
    }

    #[pyo3(signature = (key, call, /))]
    fn on_change(&self, key: Text<'_>, call: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        self.listeners
            .add(call, |call| self.core.on_change(key.as_str(), move |change| call.change(change)))
    }

    #[pyo3(signature = (call, /))]
    fn on_readiness(&self, call: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        self.listeners
            .add(call, |call| self.core.on_readiness(move |change| call.readiness(change)))
    }

    #[pyo3(signature = (call, /))]
    fn on_new_state(&self, call: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        self.listeners.add(call, |call| self.core.on_new_state(move |state| call.new_state(state)))
    }

    #[pyo3(signature = (call, /))]
    fn on_raw(&self, call: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        self.listeners.add(call, |call| self.core.on_raw(move |update| call.raw(update)))
    }

    #[pyo3(signature = (call, /))]
    fn on_notice(&self, call: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        self.listeners.add(call, |call| self.core.on_notice(move |notice| call.notice(notice)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.listeners.traverse(&visit)
    }

    fn __clear__(&self) {
        self.listeners.clear();
    }

    #[pyo3(signature = (store, environment, features, /))]
    fn offer_features(
        &self,
        store: &str,
        environment: &str,
        features: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.core.offer_features(store, environment, settings::document(features)?);
        Ok(())
    }

    fn catch_updates(&self) {
        self.core.catch_updates();
    }

    #[getter]
    fn is_catching(&self) -> bool {
        self.core.is_catching()
    }

    #[getter]
    fn is_holding(&self) -> bool {
        self.core.is_holding()
    }

    #[pyo3(signature = (*keys))]
    fn release(&self, keys: &Bound<'_, PyTuple>) -> PyResult<()> {
        if keys.is_empty() {
            self.core.release();
            return Ok(());
        }
        let keys: PyResult<Vec<String>> =
            keys.iter().map(|key| Ok(key.extract::<Text<'_>>()?.as_str().to_string())).collect();
        self.core.release_only(keys?);
        Ok(())
    }

    fn stop_catching(&self) {
        self.core.stop_catching();
    }

    #[getter]
    fn held_keys(&self) -> Vec<String> {
        self.core.held_keys().iter().map(ToString::to_string).collect()
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Client can be neither pickled nor copied: make one in each process",
        ))
    }

    fn __repr__(&self) -> String {
        let status = self.core.status();
        format!("<fh_client.Client {}, {} features>", status.readiness, status.features)
    }
});

impl Drop for Client {
    /// Ends the connection of a client that the program forgot, and says so.
    fn drop(&mut self) {
        if self.process != process::id() {
            // A lock of the client may be held for ever in a forked process, and a wake-up would reach its parent's thread.
            std::mem::forget(self.core.clone());
            std::mem::forget(Arc::clone(&self.listeners));
            return;
        }
        if self.is_closed.load(Ordering::Relaxed) {
            return;
        }
        self.core.close();
        let _ = Python::try_attach(|py| {
            // The program may be handling an exception, which must stay as it is.
            let pending = PyErr::take(py);
            let class = py.get_type::<PyResourceWarning>();
            let text = c"a fh_client.Client was not closed: use `with`, or call `close`";
            if let Err(error) = PyErr::warn(py, &class, text, 1) {
                error.write_unraisable(py, None);
            }
            if let Some(pending) = pending {
                pending.restore(py);
            }
        });
    }
}
