//! The parts of the package that use `asyncio`. They are written in Python (`_aio.py`), and loaded at their first use.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The flag of a code object that belongs to a coroutine function.
const COROUTINE: u32 = 0x80;

fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module =
        MODULE.get_or_try_init(py, || Ok::<_, PyErr>(py.import("fh_client._aio")?.unbind()))?;
    Ok(module.bind(py))
}

/// Returns the object that calls a coroutine function on the loop that runs now, or `None` for another function.
///
/// # Errors
/// The `RuntimeError` of `asyncio` if no loop runs in this thread.
pub(crate) fn bound<'py>(call: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !is_coroutine_function(call)? {
        return Ok(None);
    }
    module(call.py())?.getattr("OnLoop")?.call1((call,)).map(Some)
}

pub(crate) fn is_coroutine_function(call: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut call = call.clone();
    // A `functools.partial` has its function in this attribute.
    while let Some(inner) = call.getattr_opt("func")? {
        call = inner;
    }
    let code = match call.getattr_opt("__code__")? {
        Some(code) => Some(code),
        None => match call.get_type().getattr_opt("__call__")? {
            Some(call) => call.getattr_opt("__code__")?,
            None => None,
        },
    };
    let Some(code) = code else { return Ok(false) };
    let flags = code.getattr("co_flags")?.extract::<u32>();
    Ok(flags.is_ok_and(|flags| flags & COROUTINE != 0))
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
