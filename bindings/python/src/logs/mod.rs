//! Log events of the client's crates in Python's module `logging`, below the logger `fh_client`.
//!
//! The records come from `fh-binding`. Its thread gives them to a thread of Python (`_logs.py`).

mod level;

use std::time::{Duration, Instant};

use fh_binding::logs::{self, Queue, Record};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::workers;

/// The longest time for which `flush` and the end of the interpreter wait for a handler of `logging`.
const LONGEST: Duration = Duration::from_secs(1);

/// The longest time between two checks for signals.
const SLICE: Duration = Duration::from_millis(50);

/// The functions of the module `_logs`.
struct Functions {
    adopt_level: Py<PyAny>,
    log: Py<PyAny>,
}

fn functions(py: Python<'_>) -> PyResult<&Functions> {
    static FUNCTIONS: PyOnceLock<Functions> = PyOnceLock::new();
    FUNCTIONS.get_or_try_init(py, || {
        let module = py.import("fh_client._logs")?;
        let function = |name: &str| module.getattr(name).map(Bound::unbind);
        Ok(Functions { adopt_level: function("adopt_level")?, log: function("log")? })
    })
}

/// Begins to collect events, and adopts the level that the program has set by now. Events of a level that is off cost one comparison.
pub(crate) fn adopt_level(py: Python<'_>) -> PyResult<()> {
    workers::prepare(py)?;
    functions(py)?.adopt_level.call0(py).map(drop)
}

/// Sets the level: a number of `logging`, or `None` if all levels are off.
#[pyfunction]
pub(crate) fn set_log_level(level: Option<u8>) {
    logs::set_level(level::filter(level), run);
}

/// Returns the function that logs the records that wait, with their list; `None` if none waits.
fn waiting(py: Python<'_>) -> PyResult<Option<workers::Ready<'_>>> {
    let (records, dropped) = Queue::here().take();
    let missing = (dropped > 0).then(|| Record::of_dropped(dropped));
    let list = PyList::empty(py);
    for record in records.into_iter().chain(missing) {
        let fields = PyDict::new(py);
        for (name, value) in &record.fields {
            fields.set_item(name, value)?;
        }
        list.append((level::number(record.level), record.text(), fields))?;
    }
    let log = functions(py)?.log.bind(py).clone();
    Ok((!list.is_empty()).then(|| (log, list.into_any())))
}

/// Waits until `logging` has the records that wait, at most for this long. Another thread delivers them, because a handler may take any time.
/// A call within a function that the client calls does not wait, because the thread of that function may have to deliver the records.
///
/// # Errors
/// The exception that a signal's handler raised in the meantime.
pub(crate) fn deliver(py: Python<'_>, limit: Duration) -> PyResult<()> {
    if workers::is_calling() {
        return Ok(());
    }
    let end = Instant::now() + limit.min(LONGEST);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if py.detach(|| Queue::here().wait_for_the_delivery(left.min(SLICE))) || left.is_zero() {
            return Ok(());
        }
        py.check_signals()?;
    }
}

/// The work of the thread that gives records to `logging`.
fn run(queue: &Queue) {
    while queue.wait() {
        // An exception of a handler is reported.
        workers::run(waiting);
        queue.delivered();
    }
}

/// Waits for the delivery of the last records, and ends the thread, so that no call of a handler begins when the interpreter is torn down.
pub(crate) fn end(py: Python<'_>) -> PyResult<()> {
    let outcome = deliver(py, LONGEST);
    Queue::here().end();
    outcome
}
