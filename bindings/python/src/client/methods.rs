//! The methods of the class `Client`.

use std::sync::Arc;
use std::time::Duration;

use fh_binding::callbacks::Listener;
use fh_client::System;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

use super::construction::{self, Start};
use super::handle::Client;
use crate::attributes;
use crate::context::Context;
use crate::context_pool::ContextPool;
use crate::documents;
use crate::duration::Seconds;
use crate::errors;
use crate::feature::Feature;
use crate::function::ConstructorCallbacks;
use crate::given_attributes::GivenAttributes;
use crate::json;
use crate::key::Text;
use crate::listeners::Subscription;
use crate::observers::{self, When};
use crate::on_loop;
use crate::reads::pymethods_with_reads;
use crate::settings::Fetching;
use crate::snapshot::Snapshot;
use crate::status::Status;
use crate::test_updates::TestUpdates;
use crate::waiting::wait;

/// The time that `close` and `flush` wait for by default.
const CLOSING: Duration = Duration::from_secs(2);

pymethods_with_reads!(Client, by_key: |self| self.core(), all: &self.core().snapshot(), {
    #[new]
    #[pyo3(signature = (url=None, *api_keys, **settings))]
    fn new(
        url: Option<&Bound<'_, PyAny>>,
        api_keys: &Bound<'_, PyTuple>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::of_keys(url, api_keys, settings)
    }

    #[classmethod]
    #[pyo3(
        signature = (secret=None, **settings),
        text_signature = "($cls, secret=None, *, streaming_url=None, polling_url=None, event_url=None, insights=None, full_sync=None, mode=None, interval=None, context=None, bootstrap=None, headers=None, identification=None, profile=None, backoff=None, backoff_when_refused=None, return_within=None, healthy_after=None, stream_again_after=None, pace=None, limits=None, event_queue=None, catch_updates=None, listeners=None, ca_certificate=None, client_certificate=None, proxy=None, http1_only=None, clock=None, interceptors=None, observers=None, on_readiness=None, on_status=None, on_notice=None, on_raw=None, on_new_state=None, on_change=None, start=None)"
    )]
    fn featbit(
        class: &Bound<'_, PyType>,
        secret: Option<&Bound<'_, PyAny>>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::of_system(class.py(), System::FeatBit, ("secret", secret), settings)
    }

    #[classmethod]
    #[pyo3(
        signature = (api_key=None, **settings),
        text_signature = "($cls, api_key=None, *, url=None, environment=None, reasons=None, flags=None, ruleset=None, ruleset_file=None, stream=None, stream_lifetime=None, mode=None, interval=None, context=None, headers=None, identification=None, while_switching=None, backoff=None, backoff_when_refused=None, return_within=None, stream_again_after=None, pace=None, limits=None, event_queue=None, catch_updates=None, listeners=None, ca_certificate=None, client_certificate=None, proxy=None, http1_only=None, clock=None, interceptors=None, observers=None, on_readiness=None, on_status=None, on_notice=None, on_raw=None, on_new_state=None, on_change=None, start=None)"
    )]
    fn featuresignals(
        class: &Bound<'_, PyType>,
        api_key: Option<&Bound<'_, PyAny>>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::of_system(class.py(), System::FeatureSignals, ("api_key", api_key), settings)
    }

    #[classmethod]
    #[pyo3(
        signature = (**settings),
        text_signature = "($cls, *, bootstrap=None, snapshot_file=None, snapshot_max_age=None, profile=None, event_queue=None, catch_updates=None, listeners=None, clock=None, interceptors=None, observers=None, on_readiness=None, on_status=None, on_notice=None, on_raw=None, on_new_state=None, on_change=None)"
    )]
    fn offline(class: &Bound<'_, PyType>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let builder = construction::identified(fh_client::Client::offline());
        Self::with_settings(class.py(), builder, settings, Fetching::Never, Start::AtOnce)
    }

    #[pyo3(signature = (timeout=None, through_refusals=false))]
    fn wait_ready(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        through_refusals: bool,
    ) -> PyResult<()> {
        self.wait_until_ready(py, timeout, through_refusals)
    }

    fn refresh(&self, py: Python<'_>) -> PyResult<&'static str> {
        let outcome = wait(py, self.started()?.refresh())?;
        let readiness = outcome.map_err(|why| errors::problem(py, &why))?;
        Ok(readiness.as_str())
    }

    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn set_context(
        slf: &Bound<'_, Self>,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Context> {
        let (py, core) = (slf.py(), slf.get().started()?);
        let attributes = attributes::read(mapping, attributes, slf.get().system())?;
        let outcome = wait(py, core.set_context(attributes))?;
        let context = outcome.map_err(|why| errors::problem(py, &why))?;
        Ok(Context::of(slf.clone().unbind(), Arc::clone(context.attributes())))
    }

    #[pyo3(signature = (*api_keys))]
    fn set_api_keys(
        &self,
        py: Python<'_>,
        api_keys: &Bound<'_, PyTuple>,
    ) -> PyResult<&'static str> {
        let keys: Vec<String> = api_keys.extract::<Vec<String>>()?;
        let outcome = wait(py, self.started()?.set_api_keys(keys))?;
        let readiness = outcome.map_err(|why| errors::set_keys(py, &why))?;
        Ok(readiness.as_str())
    }

    #[pyo3(signature = (headers, /))]
    fn set_headers(&self, py: Python<'_>, headers: &Bound<'_, PyAny>) -> PyResult<&'static str> {
        let headers = documents::headers(headers)?;
        let outcome = wait(py, self.started()?.set_headers(headers))?;
        let readiness = outcome.map_err(|why| errors::set_headers(py, &why))?;
        Ok(readiness.as_str())
    }

    fn suspend(&self) -> PyResult<()> {
        self.started()?.suspend();
        Ok(())
    }

    fn resume(&self) -> PyResult<()> {
        self.started()?.resume();
        Ok(())
    }

    #[pyo3(signature = (timeout=Seconds(CLOSING)), text_signature = "($self, timeout=2.0)")]
    fn flush(&self, py: Python<'_>, timeout: Seconds) -> PyResult<()> {
        self.wait_for_events(py, timeout.0)
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
        self.core().readiness().as_str()
    }

    #[getter]
    fn is_ready(&self) -> bool {
        self.core().is_ready()
    }

    #[getter(system)]
    const fn system_name(&self) -> &'static str {
        self.system().as_str()
    }

    #[getter]
    const fn user_key_attribute(&self) -> &'static str {
        self.system().user_key()
    }

    fn status(&self) -> Status {
        Status::new(self.core().status())
    }

    fn diagnostics(&self) -> Vec<String> {
        self.core().diagnostics().iter().map(ToString::to_string).collect()
    }

    #[getter]
    fn environments(&self) -> Vec<String> {
        self.core().environments().iter().map(ToString::to_string).collect()
    }

    #[getter]
    fn is_server_evaluated(&self) -> bool {
        self.core().key_kind() == fh_client::KeyKind::ServerEvaluated
    }

    // The module `context_call` puts a faster form of this method into the class, which calls this one for other arguments.
    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn context(
        slf: &Bound<'_, Self>,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Context> {
        let given = GivenAttributes::new(mapping, attributes, slf.get().system())?;
        Ok(Context::new(slf.clone().unbind(), given))
    }

    #[pyo3(signature = (key, /))]
    fn feature(slf: &Bound<'_, Self>, key: Text<'_>) -> Feature {
        Feature::new(slf.clone().unbind(), key.as_str(), None)
    }

    fn snapshot(slf: &Bound<'_, Self>) -> Snapshot {
        Snapshot::new(slf.clone().unbind(), None, slf.get().core().snapshot())
    }

    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn isolated(
        slf: &Bound<'_, Self>,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let own = slf.get();
        let attributes = attributes::read(mapping, attributes, own.system())?;
        let core = own.core().isolated(attributes).map_err(|error| errors::start(&error))?;
        let needs_origin = own.origin.is_some() || !own.callbacks.is_empty();
        let origin = needs_origin.then(|| slf.clone().unbind());
        Ok(Self::of(core, ConstructorCallbacks::default(), origin, own.system()))
    }

    #[pyo3(
        signature = (limit=fh_client::ContextPool::DEFAULT_LIMIT, *, requests_per_second=fh_client::ContextPool::DEFAULT_REQUESTS_PER_SECOND, polling_interval=None),
        text_signature = "($self, limit=100, *, requests_per_second=10, polling_interval=None)"
    )]
    fn context_pool(
        slf: &Bound<'_, Self>,
        limit: usize,
        requests_per_second: usize,
        polling_interval: Option<Seconds>,
    ) -> ContextPool {
        ContextPool::new(slf.clone().unbind(), limit, requests_per_second, polling_interval)
    }

    #[pyo3(signature = (api_key=None))]
    fn test_updates(slf: &Bound<'_, Self>, api_key: Option<String>) -> PyResult<TestUpdates> {
        TestUpdates::new(slf.clone().unbind(), api_key)
    }

    #[pyo3(signature = (key, call, /))]
    fn on_change(&self, key: Text<'_>, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.listen(Listener::Changes(key.as_str().into(), None), call)
    }

    #[pyo3(signature = (call, /))]
    fn on_readiness(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.listen(Listener::Readiness, call)
    }

    #[pyo3(signature = (call, /))]
    fn on_status(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.listen(Listener::Status, call)
    }

    #[pyo3(signature = (call, /))]
    fn on_new_state(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.listen(Listener::NewState, call)
    }

    #[pyo3(signature = (call, /))]
    fn on_raw(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.listen(Listener::Raw, call)
    }

    #[pyo3(signature = (call, /))]
    fn on_notice(&self, call: &Bound<'_, PyAny>) -> PyResult<Py<Subscription>> {
        self.listen(Listener::Notices, call)
    }

    #[pyo3(signature = (key, /))]
    fn changes<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_loop::changes(slf.as_any(), slf.as_any(), Some(key))
    }

    #[getter]
    fn aio<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        on_loop::methods(slf.as_any())
    }

    #[pyo3(signature = (timeout=None, through_refusals=false))]
    fn ready<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<Bound<'py, PyAny>>,
        through_refusals: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_loop::methods(slf.as_any())?.call_method1("wait_ready", (timeout, through_refusals))
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        on_loop::methods(slf.as_any())?.call_method0("_entered")
    }

    #[pyo3(signature = (*_exception))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        _exception: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        on_loop::methods(slf.as_any())?.call_method0("close")
    }

    #[pyo3(signature = (interceptor, /, locks=None), text_signature = "($self, interceptor, /, locks='respect')")]
    fn intercept(
        &self,
        interceptor: &Bound<'_, PyAny>,
        locks: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Subscription>> {
        self.add_interceptor(interceptor, locks)
    }

    fn overrides_changed(&self) {
        self.core().overrides_changed();
    }

    #[pyo3(signature = (observer, /, *, queue=1024, one_of=1, deduplicate=None, inline=false))]
    fn observe(
        &self,
        observer: &Bound<'_, PyAny>,
        queue: usize,
        one_of: u32,
        deduplicate: Option<Seconds>,
        inline: bool,
    ) -> PyResult<Py<Subscription>> {
        let options = observers::options(queue, one_of, deduplicate)?;
        self.add_observer(observer, options, if inline { When::Inline } else { When::InBatches })
    }

    #[pyo3(signature = (name, params=None, /))]
    fn record(&self, name: Text<'_>, params: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.core().record(name.as_str(), json::params(params)?);
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.listeners.visit(|function| function.traverse(&visit))?;
        self.interceptors.visit(|function| function.traverse(&visit))?;
        self.callbacks.visit(|function| function.traverse(&visit))?;
        self.origin.iter().try_for_each(|origin| visit.call(origin))
    }

    fn __clear__(&self) {
        self.listeners.clear();
        self.interceptors.clear();
        self.callbacks.clear();
    }

    #[pyo3(signature = (store, environment, features, /))]
    fn offer_features(
        &self,
        store: &str,
        environment: &str,
        features: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.core().offer_features(store, environment, documents::document(features)?);
        Ok(())
    }

    fn catch_updates(&self) {
        self.core().catch_updates();
    }

    #[getter]
    fn is_catching(&self) -> bool {
        self.core().is_catching()
    }

    #[getter]
    fn is_holding(&self) -> bool {
        self.core().is_holding()
    }

    fn release_all(&self) {
        self.core().release();
    }

    #[pyo3(signature = (*keys))]
    fn release(&self, keys: &Bound<'_, PyTuple>) -> PyResult<()> {
        let keys: PyResult<Vec<String>> =
            keys.iter().map(|key| Ok(key.extract::<Text<'_>>()?.as_str().to_string())).collect();
        self.core().release_only(keys?);
        Ok(())
    }

    fn stop_catching(&self) {
        self.core().stop_catching();
    }

    #[getter]
    fn held_keys(&self) -> Vec<String> {
        self.core().held_keys().iter().map(ToString::to_string).collect()
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Client can be neither pickled nor copied: make one in each process",
        ))
    }

    fn __repr__(&self) -> String {
        let status = self.core().status();
        format!("<fh_client.Client {}, {} features>", status.readiness, status.features)
    }
});
