//! Observers: Python functions that are called with the uses of features.

use std::num::NonZeroU32;
use std::sync::Arc;

use fh_binding::callbacks::Reports;
use fh_client::{ClientBuilder, Deduplicate, Dispatch, Failed, Observer, UsageOptions};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::duration::Seconds;
use crate::function::{self, Call, ConstructorCallbacks, Function, Interest};
use crate::usage::UsageEvent;
use crate::{on_loop, workers};

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

/// An observer whose function is called within the read, on the thread that reads.
struct InlineObserver {
    call: Call,
    reports: Reports,
}

impl InlineObserver {
    const fn new(call: Call) -> Self {
        Self { call, reports: Reports::first() }
    }
}

impl Observer for InlineObserver {
    fn observe(&self, event: &fh_client::UsageEvent) {
        let _ = self.try_observe(event);
    }

    /// After the observer's registration has ended, or the interpreter has begun to end, nothing is called.
    fn try_observe(&self, event: &fh_client::UsageEvent) -> Result<(), Failed> {
        let outcome = Python::try_attach(|py| {
            let Some(function) = function::within_the_read(&self.call, py) else { return Ok(()) };
            let event = Bound::new(py, UsageEvent::new(Arc::new(event.clone())));
            let outcome = event.and_then(|event| function.call1((event,)));
            outcome.and_then(|outcome| on_loop::refuse_coroutine(&outcome)).map_err(|error| {
                if self.reports.is_due() {
                    error.write_unraisable(py, Some(&function));
                }
                Failed
            })
        });
        outcome.unwrap_or(Ok(()))
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Inline
    }
}

/// Returns the calls that an observer gets.
pub(crate) fn interest(options: UsageOptions, when: When) -> Interest {
    match when {
        When::InBatches => Interest::observer(options),
        When::Inline => Interest::other(move |core, call| {
            core.observe(Arc::new(InlineObserver::new(call)), options.clone())
        }),
    }
}

/// Checks that a program has given an observer, and imports what its calls need.
pub(crate) fn check(observer: &Bound<'_, PyAny>) -> PyResult<()> {
    function::check_plain(observer, "an observer is a function, and no coroutine function")?;
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
    callbacks: &ConstructorCallbacks,
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
        let function = Function::new(&function);
        builder = match when {
            When::InBatches => callbacks.add_observer(builder, options, function),
            When::Inline => {
                let call = callbacks.keep(function, Reports::first());
                builder.observer(InlineObserver::new(call), options)
            }
        };
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
