//! The registration of functions with a client that runs.

use std::sync::Arc;

use fh_client::{LockPolicy, UsageOptions};
use pyo3::prelude::*;

use super::Client;
use crate::interceptors::{self, Chosen};
use crate::listeners::{Interest, Subscription};
use crate::observers::{self, FunctionObserver, When};

impl Client {
    /// Registers a function that is called when a feature changes.
    pub(crate) fn listen_to_changes(
        &self,
        key: &str,
        attributes: Option<&Arc<fh_client::Attributes>>,
        call: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Subscription>> {
        let key: Arc<str> = key.into();
        let read = (Arc::clone(&key), attributes.cloned());
        let listen = (Arc::clone(&key), attributes.cloned());
        let interest = Interest::change(
            Arc::clone(&key),
            move |client| match &read {
                (key, Some(attributes)) => client.context_of(Arc::clone(attributes)).peek(key),
                (key, None) => client.peek(key),
            },
            move |client, call| match &listen {
                (key, Some(attributes)) => client
                    .context_of(Arc::clone(attributes))
                    .on_change(key, move |change| call.change(change)),
                (key, None) => client.on_change(key, move |change| call.change(change)),
            },
        );
        self.listeners.add(self.started()?, call, interest)
    }

    pub(super) fn add_interceptor(
        &self,
        interceptor: &Bound<'_, PyAny>,
        locks: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Subscription>> {
        let locks = locks.map_or(Ok(LockPolicy::Respect), interceptors::policy)?;
        interceptors::check(interceptor)?;
        let chosen = Chosen::of(interceptor);
        let interest = Interest::of(move |core, call| chosen.register(core, call, locks));
        self.interceptors.add_as_given(self.started()?, interceptor, interest)
    }

    pub(super) fn add_observer(
        &self,
        observer: &Bound<'_, PyAny>,
        options: UsageOptions,
        when: When,
    ) -> PyResult<Py<Subscription>> {
        observers::check(observer)?;
        let interest = Interest::of(move |core, call| {
            core.observe(Arc::new(FunctionObserver::new(call, when)), options.clone())
        });
        self.listeners.add_as_given(self.started()?, observer, interest)
    }
}
