//! The threads that call functions of the program. They are threads of Python (`_worker.py`), so that no frame of Rust lies below a
//! function of the program: a thread that runs Python code when the interpreter is torn down ends within that code, and the end would
//! otherwise unwind frames of Rust, which aborts the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fh_binding::callbacks::{Callback, Event, Invocation, Progress, Pump, Reports, Seat};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;

use crate::events::{Change, NewState, Notice, RawUpdate, ReadinessChange};
use crate::function::Function;
use crate::status_change::StatusChange;
use crate::usage::UsageEvent;

pub(crate) use fh_binding::callbacks::is_calling;

/// The function to call and its argument.
pub(crate) type Ready<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);
/// Work of this module's own: it returns the function to call, or `None` if the call has become needless. It runs on a thread of Python.
type Work = for<'py> fn(Python<'py>) -> PyResult<Option<Ready<'py>>>;

/// The work of a thread.
pub(crate) enum Job {
    /// A call of a function of the program.
    Call(Invocation<Function>),
    /// Work of this module's own.
    Own(Work),
}

static PUMP: Pump<Job> =
    Pump::new(|seat| matches!(Python::try_attach(|py| start(py, seat)), Some(Ok(()))));

impl From<Invocation<Function>> for Job {
    fn from(call: Invocation<Function>) -> Self {
        Self::Call(call)
    }
}

impl Callback for Function {
    type Job = Job;

    fn pump() -> &'static Pump<Job> {
        &PUMP
    }
}

/// The function that starts a thread, and the function that the thread runs.
static STARTER: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();

/// Imports what a thread needs. A thread of the client must not run Python code, and an import does.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    starter(py).map(drop)
}

fn starter(py: Python<'_>) -> PyResult<&(Py<PyAny>, Py<PyAny>)> {
    STARTER.get_or_try_init(py, || {
        let module = py.import("fh_client._worker")?;
        let start = module.getattr("thread_starter")?.call0()?.unbind();
        Ok((start, module.getattr("work")?.unbind()))
    })
}

fn start(py: Python<'_>, seat: Seat<Job>) -> PyResult<()> {
    let (start, work) = starter(py)?;
    start.call1(py, (work, (Calls(seat),))).map(drop)
}

/// Runs work on a thread of Python, and blocks this thread until the work has ended. Reports exceptions. Has no effect once the interpreter
/// ends.
pub(crate) fn run(work: Work) {
    // The failure is reported, and nothing depends on it.
    let _ = PUMP.call(Job::Own(work));
}

/// Ends the threads that wait. Calls of functions have no effect from now on.
pub(crate) fn end() {
    PUMP.end();
}

impl Job {
    /// Returns the function and its argument, with the choice which exceptions are reported; `None` if the call is left out.
    fn ready(self, py: Python<'_>) -> PyResult<Option<(Ready<'_>, Arc<Reports>)>> {
        match self {
            Self::Own(work) => Ok(work(py)?.map(|ready| (ready, Arc::new(Reports::Each)))),
            Self::Call(call) => {
                let Some((target, event)) = call.take() else { return Ok(None) };
                let function = target.function().bind(py);
                let reports = Arc::clone(target.reports());
                // The last reference to the function may be this one, so it is dropped while the thread is attached.
                drop(target);
                Ok(Some((argued(function, event)?, reports)))
            }
        }
    }
}

/// Returns the function to call for an event, and its argument.
fn argued(function: Bound<'_, PyAny>, event: Event) -> PyResult<Ready<'_>> {
    let py = function.py();
    let argument = match event {
        Event::Change(change) => Bound::new(py, Change::new(change))?.into_any(),
        Event::Readiness(change) => Bound::new(py, ReadinessChange::new(change))?.into_any(),
        Event::Status(status) => Bound::new(py, StatusChange::of(&status))?.into_any(),
        Event::NewState(state) => Bound::new(py, NewState::new(state))?.into_any(),
        Event::Raw(update) => Bound::new(py, RawUpdate::new(update))?.into_any(),
        Event::Notice(notice) => Bound::new(py, Notice::new(notice))?.into_any(),
        Event::Usage(events) => {
            let list = PyList::empty(py);
            for event in events {
                list.append(Bound::new(py, UsageEvent::new(event))?)?;
            }
            list.into_any()
        }
        Event::Closed => {
            return Ok((py.import("fh_client._worker")?.getattr("close")?, function));
        }
    };
    Ok((function, argument))
}

/// The calls that a thread of Python makes.
#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct Calls(Seat<Job>);

#[pymethods]
impl Calls {
    /// Waits for the next call, and returns the function, its argument, and the object to report the end of the call to.
    fn next<'py>(
        &self,
        py: Python<'py>,
    ) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>, CallInProgress)> {
        while let Some((job, progress)) = py.detach(|| self.0.next()) {
            match job.ready(py) {
                Ok(Some(((call, event), reports))) => {
                    let progress = Mutex::new(Some(progress));
                    return Some((call, event, CallInProgress { progress, reports }));
                }
                Ok(None) => {}
                Err(error) => error.write_unraisable(py, None),
            }
            progress.finish();
        }
        None
    }
}

#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct CallInProgress {
    /// The end of the call, until it is reported.
    progress: Mutex<Option<Progress>>,
    reports: Arc<Reports>,
}

impl CallInProgress {
    fn progress(&self) -> MutexGuard<'_, Option<Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl CallInProgress {
    /// Reports an exception of the function.
    fn failed(&self, call: &Bound<'_, PyAny>, error: Bound<'_, PyAny>) {
        if let Some(progress) = &*self.progress() {
            progress.fail();
        }
        if self.reports.is_due() {
            PyErr::from_value(error).write_unraisable(call.py(), Some(call));
        }
    }

    fn finish(&self) {
        if let Some(progress) = self.progress().take() {
            progress.finish();
        }
    }
}
