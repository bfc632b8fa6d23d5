//! The threads that call functions of the program. They are threads of Python (`_worker.py`), so that no frame of Rust lies below a
//! function of the program: a thread that runs Python code when the interpreter is torn down ends within that code, and the end would
//! otherwise unwind frames of Rust, which aborts the process.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::per_process::{Leak, PerProcess};

/// The number of threads that wait for work. A thread that finds as many waiting threads ends.
const MOST_IDLE: usize = 2;

/// The function to call and its argument, or `None` if the call has become needless. It runs on a thread of Python.
pub(crate) type Work = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Option<Ready<'py>>> + Send>;
pub(crate) type Ready<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

static POOL: PerProcess<Arc<Pool>> = PerProcess::unmade();

thread_local! {
    /// True while this thread calls a function of the program.
    static CALLS: Cell<bool> = const { Cell::new(false) };
}

#[derive(Default)]
pub(crate) struct Pool {
    queue: Mutex<Queue>,
    given: Condvar,
}

impl Leak for Arc<Pool> {
    fn leak(&self) {
        std::mem::forget(Self::clone(self));
    }
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    is_over: bool,
}

/// The error of a call whose function raised an exception. The exception is reported already, as far as it is to be reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raised;

/// The exceptions of a function that `sys.unraisablehook` reports.
pub(crate) enum Reports {
    Each,
    /// The first one. The flag is true once it was reported.
    First(AtomicBool),
}

impl Reports {
    pub(crate) const fn first() -> Self {
        Self::First(AtomicBool::new(false))
    }

    /// Reports an exception, if it is one that is reported.
    pub(crate) fn report(&self, py: Python<'_>, error: PyErr, function: &Bound<'_, PyAny>) {
        let is_due = match self {
            Self::Each => true,
            Self::First(was_reported) => !was_reported.swap(true, Ordering::Relaxed),
        };
        if is_due {
            error.write_unraisable(py, Some(function));
        }
    }
}

struct Job {
    work: Work,
    done: Arc<Done>,
}

/// The end of a call, for the thread that waits for it.
struct Done {
    outcome: Mutex<Outcome>,
    condvar: Condvar,
    reports: Arc<Reports>,
}

#[derive(Default)]
struct Outcome {
    is_done: bool,
    has_raised: bool,
}

impl Done {
    fn new(reports: Arc<Reports>) -> Self {
        Self { outcome: Mutex::default(), condvar: Condvar::new(), reports }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raised(&self, py: Python<'_>, error: PyErr, function: &Bound<'_, PyAny>) {
        self.outcome().has_raised = true;
        self.reports.report(py, error, function);
    }

    fn finish(&self) {
        self.outcome().is_done = true;
        self.condvar.notify_all();
    }

    fn wait(&self) -> Result<(), Raised> {
        let mut outcome = self.outcome();
        while !outcome.is_done {
            outcome = self.condvar.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
        if outcome.has_raised { Err(Raised) } else { Ok(()) }
    }
}

impl Pool {
    fn here() -> &'static Arc<Self> {
        loop {
            if let Some(pool) = POOL.get() {
                return pool;
            }
            POOL.set(Arc::default());
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks this thread until there is a job. `None` tells the thread to end.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        if queue.idle >= MOST_IDLE && queue.jobs.is_empty() {
            return None;
        }
        queue.idle += 1;
        let job = loop {
            if queue.is_over {
                break None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                break Some(job);
            }
            queue = self.given.wait(queue).unwrap_or_else(PoisonError::into_inner);
        };
        queue.idle -= 1;
        job
    }

    /// Adds a job, and starts a thread for it if no thread waits.
    fn give(self: &Arc<Self>, job: Job) {
        let mut queue = self.queue();
        if queue.is_over {
            job.done.finish();
            return;
        }
        queue.jobs.push_back(job);
        let needs_thread = queue.jobs.len() > queue.idle;
        drop(queue);
        self.given.notify_one();
        if needs_thread && !matches!(Python::try_attach(|py| start(py, self)), Some(Ok(()))) {
            // A thread that ends its present call takes the job; without any thread, the call is left out.
            let left = self.queue().jobs.pop_back();
            left.iter().for_each(|job| job.done.finish());
        }
    }
}

/// The function that starts a thread, and the function that the thread runs.
static STARTER: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();

/// Returns the function that closes an interceptor.
pub(crate) fn closer(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("fh_client._worker")?.getattr("close")
}

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

fn start(py: Python<'_>, pool: &Arc<Pool>) -> PyResult<()> {
    let (start, work) = starter(py)?;
    start.call1(py, (work, (Calls(Arc::clone(pool)),))).map(drop)
}

/// Calls a function of the program on a thread of Python, and blocks this thread until the call has ended. Has no effect once the
/// interpreter ends.
///
/// # Errors
/// [`Raised`] if the function raised an exception.
pub(crate) fn call(work: Work, reports: &Arc<Reports>) -> Result<(), Raised> {
    let done = Arc::new(Done::new(Arc::clone(reports)));
    Pool::here().give(Job { work, done: Arc::clone(&done) });
    done.wait()
}

/// Calls a function of the program on a thread of Python, and does not wait for it.
pub(crate) fn post(work: Work) {
    Pool::here().give(Job { work, done: Arc::new(Done::new(Arc::new(Reports::Each))) });
}

/// Returns true if this thread calls a function of the program. A wait for the end of all calls would then wait for itself.
pub(crate) fn is_calling() -> bool {
    CALLS.get()
}

/// Ends the threads that wait. Calls of functions have no effect from now on.
pub(crate) fn end() {
    let pool = Pool::here();
    let jobs = {
        let mut queue = pool.queue();
        queue.is_over = true;
        std::mem::take(&mut queue.jobs)
    };
    pool.given.notify_all();
    jobs.iter().for_each(|job| job.done.finish());
}

/// The calls that a thread of Python makes.
#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct Calls(Arc<Pool>);

#[pymethods]
impl Calls {
    /// Waits for the next call, and returns the function, its argument, and the object to report the end of the call to.
    fn next<'py>(
        &self,
        py: Python<'py>,
    ) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>, CallInProgress)> {
        while let Some(job) = py.detach(|| self.0.next()) {
            match (job.work)(py) {
                Ok(Some((call, event))) => {
                    CALLS.set(true);
                    return Some((call, event, CallInProgress(job.done)));
                }
                Ok(None) => {}
                Err(error) => error.write_unraisable(py, None),
            }
            job.done.finish();
        }
        None
    }
}

#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct CallInProgress(Arc<Done>);

#[pymethods]
impl CallInProgress {
    /// Reports an exception of the function.
    fn failed(&self, py: Python<'_>, call: &Bound<'_, PyAny>, error: Bound<'_, PyAny>) {
        self.0.raised(py, PyErr::from_value(error), call);
    }

    fn finish(&self) {
        CALLS.set(false);
        self.0.finish();
    }
}
