//! The settings of a client from keyword arguments.

use std::path::PathBuf;
use std::time::Duration;

use fh_client::transport::{ReqwestTransport, ReqwestTransportBuilder};
use fh_client::{ClientBuilder, ContextPlacement, Profile, SnapshotFile, WhileSwitching};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyString};

use crate::clock::Clock;
use crate::duration::Seconds;
use crate::handlers::Handlers;
use crate::setting_forms::{named, unknown};
use crate::{attributes, constructor_handlers, errors, json};

/// The default interval between polls.
const INTERVAL: Duration = Duration::from_secs(180);

/// Delays before retries.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Backoff {
    core: fh_client::Backoff,
}

#[pymethods]
impl Backoff {
    #[new]
    #[pyo3(signature = (initial, cap, jitter=0.5))]
    fn new(initial: Seconds, cap: Seconds, jitter: f64) -> Self {
        Self { core: fh_client::Backoff { initial: initial.0, cap: cap.0, jitter } }
    }

    #[getter]
    fn initial(&self) -> f64 {
        self.core.initial.as_secs_f64()
    }

    #[getter]
    fn cap(&self) -> f64 {
        self.core.cap.as_secs_f64()
    }

    #[getter]
    fn jitter(&self) -> f64 {
        self.core.jitter
    }

    fn __repr__(&self) -> String {
        let (initial, cap) = (self.initial(), self.cap());
        format!("fh_client.Backoff({initial}, {cap}, {})", self.core.jitter)
    }
}

/// Time limits of requests, and the largest size of a response.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Limits {
    core: fh_client::Limits,
}

#[pymethods]
impl Limits {
    #[new]
    #[pyo3(signature = (*, connect=None, head=None, poll=None, idle=None, held_back=None, bytes=None))]
    fn new(
        connect: Option<Seconds>,
        head: Option<Seconds>,
        poll: Option<Seconds>,
        idle: Option<Seconds>,
        held_back: Option<Seconds>,
        bytes: Option<usize>,
    ) -> Self {
        let default = fh_client::Limits::default();
        let or = |limit: Option<Seconds>, default| limit.map_or(default, |limit| limit.0);
        Self {
            core: fh_client::Limits {
                connect: or(connect, default.connect),
                head: or(head, default.head),
                poll: or(poll, default.poll),
                idle: or(idle, default.idle),
                held_back: or(held_back, default.held_back),
                bytes: bytes.unwrap_or(default.bytes),
            },
        }
    }

    #[getter]
    fn connect(&self) -> f64 {
        self.core.connect.as_secs_f64()
    }

    #[getter]
    fn head(&self) -> f64 {
        self.core.head.as_secs_f64()
    }

    #[getter]
    fn poll(&self) -> f64 {
        self.core.poll.as_secs_f64()
    }

    #[getter]
    fn idle(&self) -> f64 {
        self.core.idle.as_secs_f64()
    }

    #[getter]
    fn held_back(&self) -> f64 {
        self.core.held_back.as_secs_f64()
    }

    #[getter]
    fn bytes(&self) -> usize {
        self.core.bytes
    }

    fn __repr__(&self) -> String {
        format!(
            "fh_client.Limits(connect={}, head={}, poll={}, idle={}, held_back={}, bytes={})",
            self.connect(),
            self.head(),
            self.poll(),
            self.idle(),
            self.held_back(),
            self.core.bytes
        )
    }
}

/// The settings that take effect together, after all keyword arguments are read.
#[derive(Default)]
struct Together {
    mode: Option<&'static str>,
    interval: Option<Duration>,
    file: Option<PathBuf>,
    max_age: Option<Duration>,
    transport: Option<ReqwestTransportBuilder>,
    connect: Option<Duration>,
}

impl Together {
    fn transport(
        &mut self,
        change: impl FnOnce(ReqwestTransportBuilder) -> ReqwestTransportBuilder,
    ) {
        let builder = self.transport.take().unwrap_or_else(ReqwestTransport::builder);
        self.transport = Some(change(builder));
    }

    fn apply(self, mut builder: ClientBuilder) -> PyResult<ClientBuilder> {
        builder = match (self.mode, self.interval) {
            (None, None) => builder,
            (Some("polling"), interval) => builder.active_polling(interval.unwrap_or(INTERVAL)),
            (Some("passive"), interval) => builder.passive_polling(interval.unwrap_or(INTERVAL)),
            (_, Some(_)) => {
                return Err(invalid(
                    "interval: it needs a mode that polls: write mode=\"polling\" or mode=\"passive\"",
                ));
            }
            (Some("streaming"), None) => builder.streaming(),
            (Some(_), None) => builder.one_off(),
        };
        builder = match (self.file, self.max_age) {
            (None, None) => builder,
            (Some(file), None) => builder.snapshot_file(file),
            (Some(file), Some(age)) => builder.snapshot_file(SnapshotFile::new(file).max_age(age)),
            (None, Some(_)) => {
                return Err(invalid("snapshot_max_age: it needs a file: write snapshot_file=PATH"));
            }
        };
        let Some(mut transport) = self.transport else { return Ok(builder) };
        if let Some(limit) = self.connect {
            transport = transport.connect_timeout(limit);
        }
        let transport = transport.build().map_err(|why| errors::start(&why.into()))?;
        Ok(builder.transport(transport))
    }
}

/// The setting that turns an offline client's mode off: an offline client has no mode of fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetching {
    FromTheEdge,
    Never,
}

/// Applies keyword arguments to a builder.
pub(crate) fn apply(
    mut builder: ClientBuilder,
    settings: Option<&Bound<'_, PyDict>>,
    fetching: Fetching,
    handlers: &Handlers,
) -> PyResult<ClientBuilder> {
    let mut together = Together::default();
    for (name, value) in settings.into_iter().flat_map(PyDictMethods::iter) {
        let name: String = name.extract()?;
        // `None` is the default of each setting.
        if !value.is_none() {
            let set = if constructor_handlers::are_in(&name) {
                constructor_handlers::add(builder, &name, &value, handlers)
            } else {
                set(builder, &mut together, &name, &value)
            };
            builder = set.map_err(|error| named(value.py(), &name, error))?;
        }
    }
    if fetching == Fetching::Never && (together.mode.is_some() || together.interval.is_some()) {
        return Err(invalid(
            "an offline client fetches nothing, so it has neither mode nor interval: leave them out",
        ));
    }
    together.apply(builder)
}

fn set(
    builder: ClientBuilder,
    together: &mut Together,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<ClientBuilder> {
    match name {
        "mode" => {
            let modes = ["streaming", "polling", "passive", "once"].map(|mode| (mode, mode));
            together.mode = Some(choice(value, &modes)?);
        }
        "interval" => together.interval = Some(value.extract::<Seconds>()?.0),
        "snapshot_file" => together.file = Some(value.extract()?),
        "snapshot_max_age" => together.max_age = Some(value.extract::<Seconds>()?.0),
        "ca_certificate" => {
            let pem = text_or_bytes(value)?;
            together.transport(|transport| transport.ca_certificate(pem));
        }
        "client_certificate" => {
            let pem = text_or_bytes(value)?;
            together.transport(|transport| transport.client_certificate(pem));
        }
        "proxy" => match value.cast::<PyBool>() {
            Ok(flag) if flag.is_true() => {
                return Err(PyTypeError::new_err("True names no proxy"));
            }
            Ok(_) => together.transport(ReqwestTransportBuilder::no_proxy),
            Err(_) => {
                let url: String = value.extract()?;
                together.transport(|transport| transport.proxy(&url));
            }
        },
        "http1_only" => {
            if value.extract()? {
                together.transport(ReqwestTransportBuilder::http1_only);
            }
        }
        "limits" => {
            let limits = value.cast::<Limits>()?.get().core;
            together.connect = Some(limits.connect);
            return Ok(builder.limits(limits));
        }
        _ => return set_alone(builder, name, value),
    }
    Ok(builder)
}

/// Applies a setting that depends on no other one.
fn set_alone(
    mut builder: ClientBuilder,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<ClientBuilder> {
    Ok(match name {
        "context" => builder.initial_context(attributes::read(Some(value), None)?),
        "bootstrap" => builder.bootstrap(document(value)?),
        "headers" => {
            for (name, value) in headers(value)? {
                builder = builder.header(name, value);
            }
            builder
        }
        "identification" => builder.identification(value.extract::<String>()?),
        "profile" => builder.profile(profile(value)?),
        "context_placement" => builder.context_placement(choice(
            value,
            &[("header", ContextPlacement::Header), ("query", ContextPlacement::Query)],
        )?),
        "while_switching" => builder.while_switching(choice(
            value,
            &[("hide", WhileSwitching::HideValues), ("keep", WhileSwitching::KeepValues)],
        )?),
        "backoff" => builder.backoff(value.cast::<Backoff>()?.get().core),
        "backoff_when_refused" => builder.backoff_when_refused(value.cast::<Backoff>()?.get().core),
        "healthy_after" | "stream_again_after" | "pace" | "return_within" => {
            set_delay(builder, name, value)?
        }
        "clock" => builder.clock(value.cast::<Clock>()?.get().reader()),
        "event_queue" => builder.event_queue(value.extract()?),
        "catch_updates" => {
            if value.extract()? {
                builder.catch_updates()
            } else {
                builder
            }
        }
        "listeners" => {
            if value.extract()? {
                builder
            } else {
                builder.without_listeners()
            }
        }
        _ => return Err(unknown(name)),
    })
}

/// Applies a delay that the session knows and the builder has no method for.
fn set_delay(
    builder: ClientBuilder,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<ClientBuilder> {
    if name == "return_within" {
        let (Seconds(shortest), Seconds(longest)) = value.extract()?;
        if shortest > longest {
            return Err(invalid("the first delay is longer than the second"));
        }
        return Ok(builder.configure(move |config| config.return_within = shortest..=longest));
    }
    let Seconds(delay) = value.extract()?;
    Ok(match name {
        "healthy_after" => builder.configure(move |config| config.healthy_after = delay),
        "pace" => builder.configure(move |config| config.pace = delay),
        _ => builder.configure(move |config| config.stream_again_after = delay),
    })
}

/// Reads the name of a profile.
pub(crate) fn profile(value: &Bound<'_, PyAny>) -> PyResult<Profile> {
    choice(value, &[("client", Profile::Client), ("edge", Profile::Edge)])
}

pub(crate) fn choice<T: Copy>(value: &Bound<'_, PyAny>, choices: &[(&str, T)]) -> PyResult<T> {
    let given: String = value.extract()?;
    match choices.iter().find(|(name, _)| *name == given) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            Err(invalid(&format!("the value is unknown: write {}", names.join(" or "))))
        }
    }
}

/// Returns the names and values of headers from a mapping.
pub(crate) fn headers(value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let items = value.cast::<PyMapping>()?.items()?;
    items.iter().map(|item| item.extract()).collect()
}

/// Returns the JSON document that a program gives as `bytes`, as `str`, or parsed.
pub(crate) fn document(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
        return text_or_bytes(value);
    }
    Ok(json::text_of(value)?.into_bytes())
}

fn text_or_bytes(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => Ok(value.extract::<String>()?.into_bytes()),
    }
}

fn invalid(why: &str) -> PyErr {
    PyValueError::new_err(why.to_string())
}
