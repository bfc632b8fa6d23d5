//! The classes of local overrides: environment variables, and files in YAML.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use fh_binding::process::{Leak, PerProcess};
use fh_client::overrides::{WATCH_INTERVAL, YamlWatch, environment_overrides, usual_yaml_path};
use fh_client::{Flow, InterceptedRead, Interceptor, OverrideChanges};
use pyo3::prelude::*;

use crate::client::Client;
use crate::duration::Seconds;
use crate::json;

/// The interval that stands for [`WATCH_INTERVAL`] in signatures.
const INTERVAL: Seconds = Seconds(WATCH_INTERVAL);

/// Overrides from environment variables.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct EnvironmentOverrides {
    core: Environment,
}

/// The overrides of a process; `None` if its environment variables do not turn overrides on.
#[derive(Clone)]
pub(crate) struct Environment(Option<Arc<fh_client::overrides::EnvironmentOverrides>>);

impl Interceptor for Environment {
    fn name(&self) -> &str {
        "environment"
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        self.0.as_ref().map_or(Flow::Continue, |overrides| overrides.intercept(read))
    }
}

#[pymethods]
impl EnvironmentOverrides {
    #[new]
    fn new() -> Self {
        Self { core: Environment(environment_overrides().map(Arc::new)) }
    }

    #[getter]
    const fn is_on(&self) -> bool {
        self.core.0.is_some()
    }

    const fn __repr__(&self) -> &'static str {
        if self.is_on() {
            "<fh_client.EnvironmentOverrides>"
        } else {
            "<fh_client.EnvironmentOverrides (off)>"
        }
    }
}

/// Overrides from a file.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct YamlOverrides {
    core: Yaml,
}

/// The overrides from a file, which each process reads for itself.
#[derive(Clone)]
pub(crate) struct Yaml(Arc<OfAFile>);

struct OfAFile {
    path: PathBuf,
    here: PerProcess<OfAProcess>,
}

/// The overrides of a process.
struct OfAProcess {
    interceptor: Arc<dyn Interceptor>,
    /// The same overrides. `None` in a forked child process, which begins with the values of its parent.
    opened: Option<fh_client::overrides::YamlOverrides>,
}

impl Leak for OfAProcess {
    fn leak(&self) {
        std::mem::forget((Arc::clone(&self.interceptor), self.opened.clone()));
    }
}

impl Yaml {
    fn new(path: PathBuf, interval: Option<Seconds>) -> Self {
        let core = fh_client::overrides::YamlOverrides::open(&path);
        let core = match interval {
            Some(interval) => core.watching(interval.0),
            None => core,
        };
        let here = OfAProcess { interceptor: Arc::new(core.clone()), opened: Some(core) };
        Self(Arc::new(OfAFile { path, here: PerProcess::of(here) }))
    }

    fn here(&self) -> &OfAProcess {
        loop {
            if let Some(here) = self.0.here.get() {
                return here;
            }
            let inherited = self.0.here.newest().map(|inherited| &inherited.interceptor);
            if let Some(interceptor) = inherited.and_then(Interceptor::after_fork) {
                self.0.here.set(OfAProcess { interceptor, opened: None });
            }
        }
    }
}

impl Interceptor for Yaml {
    fn name(&self) -> &str {
        self.here().interceptor.name()
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        self.here().interceptor.intercept(read)
    }

    fn registered(&self, changes: &OverrideChanges) {
        self.here().interceptor.registered(changes);
    }

    fn close(&self) {
        self.here().interceptor.close();
    }
}

#[pymethods]
impl YamlOverrides {
    #[new]
    #[pyo3(
        signature = (path=None, *, interval=Some(INTERVAL)),
        text_signature = "(path=None, *, interval=0.5)"
    )]
    fn new(path: Option<PathBuf>, interval: Option<Seconds>) -> Self {
        Self { core: Yaml::new(path.unwrap_or_else(usual_yaml_path), interval) }
    }

    #[getter]
    fn problem(&self) -> Option<String> {
        let problem = match &self.core.here().opened {
            Some(opened) => opened.problem(),
            None => fh_client::overrides::YamlOverrides::open(&self.core.0.path).problem(),
        };
        problem.map(|problem| problem.to_string())
    }
}

/// A file whose values are features, as if an Edge had sent them.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct YamlStore {
    path: PathBuf,
    here: PerProcess<Store>,
}

/// The store of a process. A forked child process reads the file anew, and watches it only if the program tells it to.
struct Store {
    core: fh_client::overrides::YamlStore,
    watches: Arc<Mutex<Vec<YamlWatch>>>,
}

impl Store {
    fn open(path: &Path) -> Self {
        let core = fh_client::overrides::YamlStore::open(path);
        Self { core, watches: Arc::default() }
    }
}

impl Leak for Store {
    fn leak(&self) {
        std::mem::forget((self.core.clone(), Arc::clone(&self.watches)));
    }
}

impl YamlStore {
    fn here(&self) -> &Store {
        loop {
            if let Some(here) = self.here.get() {
                return here;
            }
            self.here.set(Store::open(&self.path));
        }
    }
}

#[pymethods]
impl YamlStore {
    #[new]
    #[pyo3(signature = (path=None))]
    fn new(path: Option<PathBuf>) -> Self {
        let path = path.unwrap_or_else(usual_yaml_path);
        Self { here: PerProcess::of(Store::open(&path)), path }
    }

    #[pyo3(signature = (client, /))]
    fn offer_to(&self, client: &Bound<'_, Client>) -> PyResult<()> {
        self.here().core.offer_to(client.get().started()?);
        Ok(())
    }

    #[pyo3(
        signature = (client, /, *, interval=INTERVAL),
        text_signature = "($self, client, /, *, interval=0.5)"
    )]
    fn watch(&self, client: &Bound<'_, Client>, interval: Seconds) -> PyResult<()> {
        self.offer_to(client)?;
        let here = self.here();
        let store = here.core.clone();
        // A handle of the client would keep the client running.
        let client = client.get().started()?.downgrade();
        let watch = here.core.watch(interval.0, move || {
            if let Some(client) = client.upgrade() {
                store.offer_to(&client);
            }
        });
        here.watches.lock().unwrap_or_else(PoisonError::into_inner).push(watch);
        Ok(())
    }

    fn features<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::parse(py, &self.here().core.features())
    }

    #[getter]
    fn problem(&self) -> Option<String> {
        self.here().core.problem().map(|problem| problem.to_string())
    }

    fn close(&self) {
        self.here().core.close();
    }
}

/// Local overrides.
pub(crate) enum Overrides {
    Environment(Environment),
    Yaml(Yaml),
}

/// Returns the overrides if the object holds some.
pub(crate) fn of(object: &Bound<'_, PyAny>) -> Option<Overrides> {
    if let Ok(overrides) = object.cast::<YamlOverrides>() {
        return Some(Overrides::Yaml(overrides.get().core.clone()));
    }
    let overrides = object.cast::<EnvironmentOverrides>().ok()?;
    Some(Overrides::Environment(overrides.get().core.clone()))
}
