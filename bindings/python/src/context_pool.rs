//! The class `ContextPool`: many contexts of a server-evaluated key at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fh_binding::process::{Leak, PerProcess};
use fh_client::{KeyKind, Readiness};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, PyVisit};

use crate::attributes;
use crate::client::Client;
use crate::context::Context;
use crate::duration::Seconds;
use crate::errors;
use crate::function::Registry;
use crate::on_loop;
use crate::pending::Pending;
use crate::waiting::wait;

#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct ContextPool {
    client: Py<Client>,
    limit: usize,
    requests_per_second: usize,
    polling_interval: Option<Seconds>,
    here: PerProcess<PoolHere>,
}

/// The pool of one process.
struct PoolHere {
    pool: fh_client::ContextPool,
    /// The registrations of the pool's contexts. A registration outlives a context that the program has forgotten.
    members: Mutex<Vec<Member>>,
}

/// A client of a context, and the functions that are registered with it.
struct Member {
    core: fh_client::Client,
    listeners: Arc<Registry>,
}

impl Member {
    /// Returns true if the program may still register functions, or has registered some that are still called.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.listeners) > 1
            || (!self.listeners.is_empty() && self.core.readiness() != Readiness::Closed)
    }
}

impl Leak for PoolHere {
    fn leak(&self) {
        std::mem::forget(self.pool.clone());
        let Ok(members) = self.members.try_lock() else { return };
        members.iter().for_each(|member| member.core.leak());
    }
}

impl PoolHere {
    /// The lock is held for moments in which no Python code runs.
    fn members(&self) -> MutexGuard<'_, Vec<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a Python client for a client of the pool, which may have several.
    fn client(
        &self,
        py: Python<'_>,
        core: fh_client::Client,
        origin: &Py<Client>,
    ) -> PyResult<Py<Client>> {
        let client = Client::of_pool(core.clone(), origin.clone_ref(py));
        let mut members = self.members();
        let mut unused = Vec::new();
        // The list grows to twice the number of clients in use before it is cleaned up.
        if members.len() == members.capacity() {
            unused = members.extract_if(.., |member| !member.is_used()).collect();
        }
        members.push(Member { core, listeners: Arc::clone(client.listeners()) });
        // The function of a listener may have a finaliser, so it is dropped after the lock is released.
        drop(members);
        drop(unused);
        Py::new(py, client)
    }
}

impl ContextPool {
    pub(crate) const fn new(
        client: Py<Client>,
        limit: usize,
        requests_per_second: usize,
        polling_interval: Option<Seconds>,
    ) -> Self {
        Self { client, limit, requests_per_second, polling_interval, here: PerProcess::unmade() }
    }

    /// The pool of this process. A forked child process makes its own at the first use.
    fn here(&self) -> PyResult<&PoolHere> {
        loop {
            if let Some(here) = self.here.get() {
                return Ok(here);
            }
            let client = self.client.get().started()?;
            let mut pool =
                client.context_pool(self.limit).requests_per_second(self.requests_per_second);
            if let Some(interval) = &self.polling_interval {
                pool = pool.polling_interval(interval.0);
            }
            self.here.set(PoolHere { pool, members: Mutex::default() });
        }
    }

    /// Returns the attributes that a program gives. Those of a context have the form that rules read already.
    fn given(
        &self,
        mapping: Option<&Bound<'_, PyAny>>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<fh_client::Attributes> {
        let system = self.client.get().system();
        let Some(Ok(context)) = mapping.map(|given| given.cast::<Context>()) else {
            return attributes::read(mapping, keywords, system);
        };
        let own = fh_client::Attributes::clone(&context.get().attributes_of());
        match keywords {
            Some(keywords) => attributes::replace(own.into(), keywords, system),
            None => Ok(own),
        }
    }

    fn got(
        &self,
        py: Python<'_>,
        outcome: Result<fh_client::Context, fh_client::ContextPoolError>,
    ) -> PyResult<Context> {
        let context = outcome.map_err(|error| errors::pool(py, &error))?;
        let origin = self.client.get().started()?;
        let client = if origin.key_kind() == KeyKind::ClientEvaluated {
            self.client.clone_ref(py)
        } else {
            self.here()?.client(py, context.client(), &self.client)?
        };
        Ok(Context::of(client, Arc::clone(context.attributes())))
    }
}

#[pymethods]
impl ContextPool {
    #[pyo3(signature = (mapping=None, /, **attributes))]
    fn get(
        &self,
        py: Python<'_>,
        mapping: Option<&Bound<'_, PyAny>>,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Context> {
        let attributes = self.given(mapping, attributes)?;
        let outcome = wait(py, self.here()?.pool.get(attributes))?;
        self.got(py, outcome)
    }

    #[getter]
    fn aio<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        on_loop::methods_of_pool(slf.as_any())
    }

    #[getter]
    fn client(&self, py: Python<'_>) -> Py<Client> {
        self.client.clone_ref(py)
    }

    #[getter]
    const fn limit(&self) -> usize {
        self.limit
    }

    #[getter]
    fn live(&self) -> PyResult<usize> {
        Ok(self.here()?.pool.live())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)?;
        // A lock that another thread holds would be waited for in vain: the collector has stopped that thread.
        let Some(Ok(members)) = self.here.newest().map(|here| here.members.try_lock()) else {
            return Ok(());
        };
        // The collector visits the functions of a client that still exists by way of the client.
        let mut forgotten =
            members.iter().filter(|member| Arc::strong_count(&member.listeners) == 1);
        forgotten
            .try_for_each(|member| member.listeners.visit(|function| function.traverse(&visit)))
    }

    fn __clear__(&self) {
        if let Some(here) = self.here.get() {
            let members = std::mem::take(&mut *here.members());
            drop(members);
        }
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a ContextPool can be neither pickled nor copied: make one in each process",
        ))
    }

    fn __repr__(&self) -> String {
        let live = self.here.get().map_or(0, |here| here.pool.live());
        format!("<fh_client.ContextPool {live} of {} contexts>", self.limit)
    }
}

/// Returns the context with these attributes, for an event loop.
#[pyfunction]
pub(crate) fn pooled(
    pool: &Bound<'_, ContextPool>,
    mapping: Option<&Bound<'_, PyAny>>,
    attributes: &Bound<'_, PyDict>,
) -> PyResult<Pending> {
    let attributes = pool.get().given(mapping, Some(attributes))?;
    let core = pool.get().here()?.pool.clone();
    let pool = pool.clone().unbind();
    Ok(Pending::of(async move { core.get(attributes).await }, move |py, outcome| {
        Ok(Py::new(py, pool.get().got(py, outcome)?)?.into_any())
    }))
}
