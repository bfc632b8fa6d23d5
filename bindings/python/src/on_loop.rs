//! The parts of the package that use `asyncio`. They are written in Python (`_aio.py`), and loaded at their first use.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module =
        MODULE.get_or_try_init(py, || Ok::<_, PyErr>(py.import("fh_client._aio")?.unbind()))?;
    Ok(module.bind(py))
}

/// Returns the object that awaits the coroutines of a listener on the loop that runs now, or `None` if none runs.
///
/// # Errors
/// The `RuntimeError` of `asyncio` if the listener is a coroutine function, and no loop runs in this thread.
pub(crate) fn bound<'py>(call: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = call.py();
    let is_coroutine_function = is_coroutine_function(call)?;
    // A program that has not loaded `asyncio` runs no loop.
    let modules = py.import("sys")?.getattr("modules")?;
    if !is_coroutine_function && !modules.contains("asyncio")? {
        return Ok(None);
    }
    let bound = module(py)?.getattr("on_loop")?.call1((call, is_coroutine_function))?;
    Ok((!bound.is_none()).then_some(bound))
}

pub(crate) fn is_coroutine_function(call: &Bound<'_, PyAny>) -> PyResult<bool> {
    let module = call.py().import("fh_client._worker")?;
    module.getattr("is_coroutine_function")?.call1((call,))?.extract()
}

/// Refuses what a function of the program has returned if it is a coroutine, which nothing awaits.
///
/// # Errors
/// A `TypeError` for a coroutine.
pub(crate) fn refuse_coroutine(outcome: &Bound<'_, PyAny>) -> PyResult<()> {
    let module = outcome.py().import("fh_client._worker")?;
    module.getattr("refuse_coroutine")?.call1((outcome,)).map(drop)
}

/// Returns the awaitable methods of a client.
pub(crate) fn methods<'py>(client: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    module(client.py())?.getattr("Aio")?.call1((client,))
}

/// Returns the awaitable method of a pool of contexts.
pub(crate) fn methods_of_pool<'py>(pool: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    module(pool.py())?.getattr("AioContextPool")?.call1((pool,))
}

/// Returns the awaitable method of an Edge in memory.
pub(crate) fn methods_of_edge<'py>(edge: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    module(edge.py())?.getattr("AioMemoryEdge")?.call1((edge,))
}

/// Returns the asynchronous iterator of the changes that a client, a context or a handle reports.
pub(crate) fn changes<'py>(
    source: &Bound<'py, PyAny>,
    client: &Bound<'py, PyAny>,
    key: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let class = module(source.py())?.getattr("Changes")?;
    match key {
        Some(key) => class.call1((source, client, key)),
        None => class.call1((source, client)),
    }
}
