//! Observers: Python functions that are called with the uses of features.

use std::num::NonZeroU32;
use std::sync::Arc;

use fh_client::{ClientBuilder, Deduplicate, Dispatch, Failed, Observer, UsageOptions};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::duration::Seconds;
use crate::handlers::Handlers;
use crate::target::{self, Call};
use crate::usage::UsageEvent;
use crate::workers::{self, Reports};

/// The most evaluations that an observer remembers to leave repetitions out.
const REMEMBERED: usize = 10_000;

/// The time at which an observer is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Later, with a list of the events that wait.
    InBatches,
    /// Within the read, with one event.
    Inline,
}

/// An observer whose events a Python function gets.
pub(crate) struct FunctionObserver {
    call: Call,
    when: When,
    reports: Arc<Reports>,
}

impl FunctionObserver {
    pub(crate) fn new(call: Call, when: When) -> Self {
        Self { call, when, reports: Arc::new(Reports::first()) }
    }
}

impl Observer for FunctionObserver {
    fn observe(&self, event: &fh_client::UsageEvent) {
        let _ = self.try_observe(event);
    }

    /// Calls the function within the read, on the thread that reads. After its registration or the interpreter has begun to end, nothing is
    /// called.
    fn try_observe(&self, event: &fh_client::UsageEvent) -> Result<(), Failed> {
        let outcome = Python::try_attach(|py| {
            let Some(function) = self.call.function(py) else { return Ok(()) };
            let event = Bound::new(py, UsageEvent::new(Arc::new(event.clone())));
            event.and_then(|event| function.call1((event,))).map(drop).map_err(|error| {
                self.reports.report(py, error, &function);
                Failed
            })
        });
        outcome.unwrap_or(Ok(()))
    }

    /// Calls the function on a thread of Python, and waits for it.
    fn try_observe_batch(&self, events: &[Arc<fh_client::UsageEvent>]) -> Result<(), Failed> {
        let (call, events) = (self.call.clone(), events.to_vec());
        let work: workers::Work = Box::new(move |py| {
            let Some(function) = call.function(py) else { return Ok(None) };
            let list = PyList::empty(py);
            for event in events {
                list.append(Bound::new(py, UsageEvent::new(event))?)?;
            }
            Ok(Some((function, list.into_any())))
        });
        workers::call(work, &self.reports).map_err(|_| Failed)
    }

    fn dispatch(&self) -> Dispatch {
        match self.when {
            When::InBatches => Dispatch::Batched,
            When::Inline => Dispatch::Inline,
        }
    }
}

/// Checks that a program has given an observer, and imports what its calls need.
pub(crate) fn check(observer: &Bound<'_, PyAny>) -> PyResult<()> {
    target::check_plain(observer, "an observer is a function, and no coroutine function")?;
    workers::prepare(observer.py())
}

/// Returns the options of an observer.
pub(crate) fn options(
    queue: usize,
    one_of: u32,
    deduplicate: Option<Seconds>,
) -> PyResult<UsageOptions> {
    let one_of = NonZeroU32::new(one_of)
        .ok_or_else(|| PyValueError::new_err("one_of: the value is at least 1"))?;
    let deduplicate =
        deduplicate.map(|window| Deduplicate { window: window.0, remembered: REMEMBERED });
    Ok(UsageOptions { queue, one_of, deduplicate })
}

/// Adds the constructor's observers. Each is a function, or a pair of it and a dictionary of its options.
pub(crate) fn add(
    mut builder: ClientBuilder,
    given: &Bound<'_, PyAny>,
    handlers: &Handlers,
) -> PyResult<ClientBuilder> {
    for one in given.try_iter()? {
        let one = one?;
        let (function, chosen) = match one.cast::<PyTuple>() {
            Ok(pair) => {
                let (function, chosen): (Bound<'_, PyAny>, Bound<'_, PyDict>) = pair.extract()?;
                (function, Some(chosen))
            }
            Err(_) => (one, None),
        };
        check(&function)?;
        let (options, when) =
            chosen.map_or_else(|| Ok((UsageOptions::default(), When::InBatches)), read)?;
        let observer = FunctionObserver::new(handlers.keep(&function), when);
        builder = builder.observer(observer, options);
    }
    Ok(builder)
}

/// Reads the options of an observer from a dictionary.
fn read(given: Bound<'_, PyDict>) -> PyResult<(UsageOptions, When)> {
    let (mut queue, mut one_of, mut deduplicate) = (UsageOptions::default().queue, 1, None);
    let mut when = When::InBatches;
    for (name, value) in given.iter() {
        let name: String = name.extract()?;
        match name.as_str() {
            "queue" => queue = value.extract()?,
            "one_of" => one_of = value.extract()?,
            "deduplicate" => deduplicate = value.extract()?,
            "inline" if value.extract()? => when = When::Inline,
            "inline" => {}
            _ => return Err(PyTypeError::new_err(format!("an observer has no option {name:?}"))),
        }
    }
    Ok((options(queue, one_of, deduplicate)?, when))
}
