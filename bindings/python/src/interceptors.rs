//! Interceptors: Python functions that override the values of features.

use std::sync::Arc;

use fh_binding::callbacks::Reports;
use fh_client::{Attributes, ClientBuilder, Failed, Flow, Interceptor, Kind, LockPolicy};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::attributes;
use crate::choice::choice;
use crate::function::{self, Call, ConstructorCallbacks, Function};
use crate::overrides::{self, Overrides};
use crate::{on_loop, value};

/// The answer of an interceptor that does not override a read.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Continue;

#[pymethods]
impl Continue {
    #[new]
    const fn new() -> Self {
        Self
    }

    const fn __repr__(&self) -> &'static str {
        "fh_client.CONTINUE"
    }
}

/// A read that an interceptor may override.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct InterceptedRead {
    key: String,
    kind: Option<Kind>,
    exists: bool,
    is_locked: bool,
    version: i64,
    attributes: Option<Attributes>,
}

impl InterceptedRead {
    fn of(read: &fh_client::InterceptedRead<'_>) -> Self {
        Self {
            key: read.key.to_string(),
            kind: read.feature.and_then(|feature| feature.kind()),
            exists: read.feature.is_some(),
            is_locked: read.feature.is_some_and(|feature| feature.is_locked()),
            version: read.feature.map_or(-1, |feature| feature.version()),
            attributes: read.attributes.cloned(),
        }
    }
}

#[pymethods]
impl InterceptedRead {
    #[getter]
    fn key(&self) -> &str {
        &self.key
    }

    #[getter]
    fn kind(&self) -> Option<&'static str> {
        self.kind.map(Kind::as_str)
    }

    #[getter]
    const fn exists(&self) -> bool {
        self.exists
    }

    #[getter]
    const fn is_locked(&self) -> bool {
        self.is_locked
    }

    #[getter]
    const fn version(&self) -> i64 {
        self.version
    }

    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.attributes.as_ref().map(|own| attributes::to_dict(py, own)).transpose()
    }

    /// Values of attributes are personal data, so only the key is shown.
    fn __repr__(&self) -> String {
        format!("<fh_client.InterceptedRead {}>", self.key)
    }
}

/// What an interceptor does when it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing, as a function does.
    Nothing,
    /// Its method `close` is called.
    CallsClose,
}

/// An interceptor whose decisions a Python function makes.
pub(crate) struct FunctionInterceptor {
    name: String,
    ending: Ending,
    call: Call,
    reports: Reports,
}

impl FunctionInterceptor {
    fn new(name: &str, ending: Ending, call: Call) -> Self {
        Self { name: name.to_string(), ending, call, reports: Reports::first() }
    }

    fn decision(
        &self,
        py: Python<'_>,
        read: &fh_client::InterceptedRead<'_>,
    ) -> Result<Flow, Failed> {
        // The function is gone if the registration has ended, or if the collector has cleared the client.
        let Some(function) = function::within_the_read(&self.call, py) else {
            return Ok(Flow::Continue);
        };
        let answer = Bound::new(py, InterceptedRead::of(read))
            .and_then(|read| function.call1((read,)))
            .and_then(|answer| flow(&answer));
        answer.map_err(|error| {
            if self.reports.is_due() {
                error.write_unraisable(py, Some(&function));
            }
            Failed
        })
    }
}

impl Interceptor for FunctionInterceptor {
    fn name(&self) -> &str {
        &self.name
    }

    fn intercept(&self, read: &fh_client::InterceptedRead<'_>) -> Flow {
        self.try_intercept(read).unwrap_or(Flow::Continue)
    }

    /// After the interpreter has begun to end, no function is called, and nothing is overridden.
    fn try_intercept(&self, read: &fh_client::InterceptedRead<'_>) -> Result<Flow, Failed> {
        Python::try_attach(|py| self.decision(py, read)).unwrap_or(Ok(Flow::Continue))
    }

    /// Starts the call without waiting for its end, because the thread that cancels a registration holds the interpreter's lock.
    fn close(&self) {
        if self.ending == Ending::CallsClose {
            self.call.post_closed();
        }
    }
}

fn flow(answer: &Bound<'_, PyAny>) -> PyResult<Flow> {
    if answer.is_instance_of::<Continue>() {
        return Ok(Flow::Continue);
    }
    match value::given(answer) {
        Ok(value) => Ok(Flow::Override(value)),
        Err(error) => Err(on_loop::refuse_coroutine(answer).err().unwrap_or(error)),
    }
}

/// Reads the name of a policy for locked features.
pub(crate) fn policy(name: &Bound<'_, PyAny>) -> PyResult<LockPolicy> {
    choice(
        name,
        &[
            ("respect", LockPolicy::Respect),
            ("override", LockPolicy::Override),
            ("decide", LockPolicy::Decide),
        ],
    )
}

/// Checks that a program has given an interceptor.
pub(crate) fn check(interceptor: &Bound<'_, PyAny>) -> PyResult<()> {
    if overrides::of(interceptor).is_some() {
        return Ok(());
    }
    function::check_plain(
        interceptor,
        "an interceptor is a function, EnvironmentOverrides or YamlOverrides, and no coroutine function",
    )
}

/// The interceptor that a program has chosen for a client: a function with its name, or local overrides.
pub(crate) enum Chosen {
    Function(String, Ending),
    Local(Overrides),
}

impl Chosen {
    /// Returns the interceptor that an object stands for.
    pub(crate) fn of(interceptor: &Bound<'_, PyAny>) -> Self {
        if let Some(overrides) = overrides::of(interceptor) {
            return Self::Local(overrides);
        }
        let name = interceptor.getattr("__name__").and_then(|name| name.extract());
        let name = name.or_else(|_| interceptor.get_type().name().map(|name| name.to_string()));
        let closes = interceptor.getattr("close").is_ok_and(|close| close.is_callable());
        let ending = if closes { Ending::CallsClose } else { Ending::Nothing };
        Self::Function(name.unwrap_or_default(), ending)
    }

    /// Registers the interceptor with a client that runs. `call` calls its function.
    pub(crate) fn register(
        &self,
        client: &fh_client::Client,
        call: Call,
        locks: LockPolicy,
    ) -> fh_client::Subscription {
        match self {
            Self::Function(name, ending) => {
                client.intercept(Arc::new(FunctionInterceptor::new(name, *ending, call)), locks)
            }
            Self::Local(Overrides::Environment(overrides)) => {
                client.intercept(Arc::new(overrides.clone()), locks)
            }
            Self::Local(Overrides::Yaml(overrides)) => {
                client.intercept(Arc::new(overrides.clone()), locks)
            }
        }
    }

    fn add_to(self, builder: ClientBuilder, call: Call, locks: LockPolicy) -> ClientBuilder {
        match self {
            Self::Function(name, ending) => {
                builder.interceptor(FunctionInterceptor::new(&name, ending, call), locks)
            }
            Self::Local(Overrides::Environment(overrides)) => builder.interceptor(overrides, locks),
            Self::Local(Overrides::Yaml(overrides)) => builder.interceptor(overrides, locks),
        }
    }
}

/// Adds the constructor's interceptors. Each is an interceptor, or a pair of it and the name of its policy for locked features.
pub(crate) fn add(
    mut builder: ClientBuilder,
    given: &Bound<'_, PyAny>,
    callbacks: &ConstructorCallbacks,
) -> PyResult<ClientBuilder> {
    for one in given.try_iter()? {
        let one = one?;
        let (interceptor, locks) = match one.cast::<PyTuple>() {
            Ok(pair) => {
                let (interceptor, locks): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
                (interceptor, policy(&locks)?)
            }
            Err(_) => (one, LockPolicy::Respect),
        };
        check(&interceptor)?;
        let call = callbacks.keep(Function::new(&interceptor), Reports::first());
        builder = Chosen::of(&interceptor).add_to(builder, call, locks);
    }
    Ok(builder)
}
