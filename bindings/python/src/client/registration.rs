//! The registration of functions with a client that runs.

use fh_binding::callbacks::{Listener, Reports};
use fh_client::{LockPolicy, UsageOptions};
use pyo3::prelude::*;

use super::handle::Client;
use crate::function::Interest;
use crate::interceptors::{self, Chosen};
use crate::listeners::{self, Subscription};
use crate::observers::{self, When};

impl Client {
    /// Registers a listener.
    pub(crate) fn listen(
        &self,
        listener: Listener,
        call: &Bound<'_, PyAny>,
    ) -> PyResult<Py<Subscription>> {
        let interest = Interest::listener(listener);
        listeners::add(self.listeners(), self.started()?, call, interest)
    }

    pub(super) fn add_interceptor(
        &self,
        interceptor: &Bound<'_, PyAny>,
        locks: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Subscription>> {
        let locks = locks.map_or(Ok(LockPolicy::Respect), interceptors::policy)?;
        interceptors::check(interceptor)?;
        let chosen = Chosen::of(interceptor);
        let interest = Interest::other(move |core, call| chosen.register(core, call, locks));
        let core = self.started()?;
        listeners::add_as_given(&self.interceptors, core, interceptor, Reports::first(), interest)
    }

    pub(super) fn add_observer(
        &self,
        observer: &Bound<'_, PyAny>,
        options: UsageOptions,
        when: When,
    ) -> PyResult<Py<Subscription>> {
        observers::check(observer)?;
        let (core, interest) = (self.started()?, observers::interest(options, when));
        listeners::add_as_given(&self.listeners, core, observer, Reports::first(), interest)
    }
}
