//! The object of the class `Client`: the start of a client in each process that uses it, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fh_binding::process::PerProcess;
use fh_binding::process::forks;
use fh_client::{ClientBuilder, System};
use pyo3::exceptions::PyResourceWarning;
use pyo3::prelude::*;

use crate::errors;
use crate::exit;
use crate::function::{ConstructorCallbacks, Registry};
use crate::logs;
use crate::waiting::wait_for;
use crate::workers;

#[pyclass(frozen, weakref, module = "fh_client")]
pub(crate) struct Client {
    pub(super) core: PerProcess<fh_client::Client>,
    /// The system of the client's server, which contexts are made for.
    system: System,
    /// The settings of a client that starts at its first use.
    pub(super) settings: Option<Box<ClientBuilder>>,
    pub(super) listeners: Arc<Registry>,
    /// The interceptors that were registered with the running client. They answer after its end, too.
    pub(super) interceptors: Arc<Registry>,
    pub(super) callbacks: ConstructorCallbacks,
    /// The client whose constructor was given the functions that this isolated client calls too.
    pub(super) origin: Option<Py<Self>>,
    pub(super) is_closed: AtomicBool,
    /// The number of forks at which a pool of contexts made this client, which the pool ends; `None` for another client.
    pub(super) of_pool: Option<u64>,
}

impl Client {
    pub(super) fn of(
        core: fh_client::Client,
        callbacks: ConstructorCallbacks,
        origin: Option<Py<Self>>,
        system: System,
    ) -> Self {
        exit::remember(&core);
        Self::new_with(PerProcess::of(core), None, callbacks, origin, system)
    }

    /// The client of a context that a pool keeps.
    pub(crate) fn of_pool(core: fh_client::Client, origin: Py<Self>) -> Self {
        let system = origin.get().system;
        let mut client = Self::of(core, ConstructorCallbacks::default(), Some(origin), system);
        client.of_pool = Some(forks());
        client
    }

    /// A client that starts at its first use. Its settings are checked now.
    pub(super) fn start_later(
        builder: ClientBuilder,
        callbacks: ConstructorCallbacks,
        system: System,
    ) -> PyResult<Self> {
        builder.check().map_err(|error| errors::start(&error))?;
        let settings = Some(Box::new(builder));
        Ok(Self::new_with(PerProcess::unmade(), settings, callbacks, None, system))
    }

    fn new_with(
        core: PerProcess<fh_client::Client>,
        settings: Option<Box<ClientBuilder>>,
        callbacks: ConstructorCallbacks,
        origin: Option<Py<Self>>,
        system: System,
    ) -> Self {
        Self {
            core,
            system,
            settings,
            listeners: Arc::default(),
            interceptors: Arc::default(),
            callbacks,
            origin,
            is_closed: AtomicBool::new(false),
            of_pool: None,
        }
    }

    pub(crate) const fn system(&self) -> System {
        self.system
    }

    pub(crate) const fn listeners(&self) -> &Arc<Registry> {
        &self.listeners
    }

    /// The client of this process. The first use starts it, if it starts at its first use, and in a forked child process.
    ///
    /// A start fails if the operating system gives this process no thread. A child process then reads the features that it inherited.
    #[inline]
    pub(crate) fn core(&self) -> &fh_client::Client {
        match self.core.get() {
            Some(core) => core,
            None => self.started_or_inherited(),
        }
    }

    #[cold]
    fn started_or_inherited(&self) -> &fh_client::Client {
        match (self.started(), self.core.newest()) {
            (Ok(core), _) | (Err(_), Some(core)) => core,
            // There are no features at all, and reads return no error. Python sees a `PanicException`.
            (Err(error), None) => std::panic::resume_unwind(Box::new(error.to_string())),
        }
    }

    /// The client of this process; see [`Self::core`].
    ///
    /// # Errors
    /// The `OSError` of a start that failed.
    pub(crate) fn started(&self) -> PyResult<&fh_client::Client> {
        if let Some(core) = self.core.get() {
            return Ok(core);
        }
        adopt_level();
        loop {
            if let Some(core) = self.core.get() {
                return Ok(core);
            }
            let settings = match (self.core.newest(), &self.settings) {
                (Some(inherited), _) => inherited.after_fork(),
                (None, Some(settings)) => ClientBuilder::clone(settings),
                (None, None) => continue,
            };
            let core = settings.start().map_err(|error| errors::start(&error))?;
            // Interceptors answer after the end of a client too, and they answer the reads of its listeners.
            self.interceptors.begin_anew(&core);
            if self.is_closed.load(Ordering::Relaxed) {
                core.close();
            }
            exit::remember(&core);
            self.core.set(core);
            if let Some(core) = self.core.get() {
                self.listeners.begin_anew(core);
            }
        }
    }

    pub(crate) fn begin_to_close(&self) -> PyResult<()> {
        // A client that has not started yet is not told to close: it ends as soon as it starts.
        self.is_closed.store(true, Ordering::Relaxed);
        self.started()?.close();
        Ok(())
    }

    pub(super) fn wait_until_closed(&self, py: Python<'_>, timeout: Duration) -> PyResult<()> {
        self.begin_to_close()?;
        // A function that the client calls would wait for its own end.
        if !workers::is_calling() && wait_for(py, self.core().closed(), timeout)?.is_some() {
            // The last events are delivered, so the functions can be freed.
            self.listeners.clear();
        }
        Ok(())
    }
}

/// Adopts the level of logs that a forked process, or a program whose client starts at its first use, has set meanwhile. A client starts
/// whether this succeeds or not.
fn adopt_level() {
    Python::attach(|py| {
        if let Err(error) = logs::adopt_level(py) {
            error.write_unraisable(py, None);
        }
    });
}

impl Drop for Client {
    /// Ends the connection of a client that the program forgot, and says so. A forked process leaves the client of its parent alone.
    fn drop(&mut self) {
        let Some(core) = self.core.get() else { return };
        // The pool of this process ends its clients.
        if self.of_pool == Some(forks()) {
            return;
        }
        core.close();
        exit::wait_for_end_of(core);
        if self.of_pool.is_some() || self.is_closed.load(Ordering::Relaxed) {
            return;
        }
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
