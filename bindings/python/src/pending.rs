//! Awaits of a Python event loop for futures of the client. No thread waits: the future's waker writes a byte into a socket that the
//! loop watches. A thread of the client can do so without the lock of the interpreter.

use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use fh_binding::process::forks;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::client::Client;
use crate::duration::Seconds;
use crate::events::Change;
use crate::key::Text;
use crate::test_updates::{self, TestUpdates};
use crate::{attributes, documents, errors, logs};

/// Makes the Python value of an outcome.
type Finish = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Py<PyAny>> + Send>;
type Awaited = Pin<Box<dyn Future<Output = Finish> + Send>>;

/// A future of the client that an event loop polls.
#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct Pending {
    future: Mutex<Option<Awaited>>,
    forks: u64,
}

impl Pending {
    pub(crate) fn of<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
        finish: impl for<'py> FnOnce(Python<'py>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let future = async move {
            let outcome = future.await;
            Box::new(move |py: Python<'_>| finish(py, outcome)) as Finish
        };
        Self { future: Mutex::new(Some(Box::pin(future))), forks: forks() }
    }

    fn future(&self) -> MutexGuard<'_, Option<Awaited>> {
        self.future.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Pending {
    /// Returns the outcome in a tuple, or `None` if there is none yet. The signal then wakes once with this token.
    fn poll(
        &self,
        py: Python<'_>,
        signal: &LoopSignal,
        token: u64,
    ) -> PyResult<Option<(Py<PyAny>,)>> {
        let mut future = self.future();
        let Some(awaited) = future.as_mut() else { return Ok(Some((py.None(),))) };
        let waker = Waker::from(Arc::new(LoopWaker { signal: Arc::clone(&signal.signal), token }));
        let Poll::Ready(finish) = awaited.as_mut().poll(&mut Context::from_waker(&waker)) else {
            return Ok(None);
        };
        *future = None;
        drop(future);
        finish(py).map(|outcome| Some((outcome,)))
    }

    /// Gives the future up.
    fn cancel(&self) {
        let future = self.future().take();
        if self.forks == forks() {
            drop(future);
        } else {
            // Its locks may be held for ever, and its senders are those of the parent process.
            std::mem::forget(future);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// The signal of an event loop.
#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct LoopSignal {
    received: UnixStream,
    signal: Arc<SignalSender>,
}

/// The end of a signal that wakers pull.
struct SignalSender {
    socket: UnixStream,
    /// The tokens that the loop has not seen yet.
    woken: Mutex<Vec<u64>>,
}

impl SignalSender {
    fn woken(&self) -> MutexGuard<'_, Vec<u64>> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct LoopWaker {
    signal: Arc<SignalSender>,
    token: u64,
}

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        let mut woken = self.signal.woken();
        let is_first = woken.is_empty();
        woken.push(self.token);
        drop(woken);
        if is_first {
            // The loop has closed its end if it has ended, and then nothing waits any more.
            let _ = (&self.signal.socket).write(&[0]);
        }
    }
}

#[pymethods]
impl LoopSignal {
    #[new]
    fn new() -> PyResult<Self> {
        let (received, socket) = UnixStream::pair()?;
        received.set_nonblocking(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { received, signal: Arc::new(SignalSender { socket, woken: Mutex::default() }) })
    }

    /// The file descriptor that is readable after a waker has woken the loop.
    fn fileno(&self) -> i32 {
        self.received.as_raw_fd()
    }

    /// Returns the tokens of the futures that are to be polled.
    fn received(&self) -> PyResult<Vec<u64>> {
        let mut bytes = [0; 64];
        loop {
            match (&self.received).read(&mut bytes) {
                Ok(0) => break,
                Ok(_) => {}
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(std::mem::take(&mut *self.signal.woken()))
    }
}

/// The place of the one event that waits for an event loop. A change that arrives meanwhile is joined to the one that waits; another event
/// replaces it.
#[pyclass(frozen, module = "fh_client._native")]
pub(crate) struct Slot(Mutex<Place>);

#[derive(Default)]
struct Place {
    event: Option<Py<PyAny>>,
    /// True from the time at which the loop is told to look, until it has found nothing.
    is_told: bool,
}

impl Slot {
    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Slot {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Places an event. Returns true if the loop must be told to look.
    fn put(&self, event: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = event.py();
        let waiting = self.place().event.take();
        let joined = match (&waiting, event.cast::<Change>()) {
            (Some(waiting), Ok(newer)) => match waiting.bind(py).cast::<Change>() {
                Ok(older) => {
                    let joined = older.get().followed_by(newer.get());
                    joined.map(|joined| Py::new(py, joined).map(Py::into_any)).transpose()?
                }
                Err(_) => Some(event.clone().unbind()),
            },
            _ => Some(event.clone().unbind()),
        };
        let mut place = self.place();
        place.event = joined;
        Ok(place.event.is_some() && !std::mem::replace(&mut place.is_told, true))
    }

    /// Takes the event. After `None`, the loop must be told again.
    fn take(&self) -> Option<Py<PyAny>> {
        let mut place = self.place();
        place.is_told = place.event.is_some();
        place.event.take()
    }
}

fn text(py: Python<'_>, text: &'static str) -> PyResult<Py<PyAny>> {
    Ok(text.into_pyobject(py)?.into_any().unbind())
}

#[pyfunction]
pub(crate) fn wait_ready(client: &Bound<'_, Client>, through_refusals: bool) -> PyResult<Pending> {
    let core = client.get().started()?.clone();
    let ready = async move {
        if through_refusals { core.ready_through_refusals().await } else { core.ready().await }
    };
    Ok(Pending::of(ready, |py, outcome| match outcome {
        Ok(()) => Ok(py.None()),
        Err(why) => Err(errors::not_ready(py, &why)),
    }))
}

/// Raises the exception of a wait that took too long.
#[pyfunction]
pub(crate) fn timed_out(client: &Bound<'_, Client>) -> PyResult<()> {
    Err(errors::not_ready(client.py(), &client.get().core().timed_out()))
}

#[pyfunction]
pub(crate) fn refresh(client: &Bound<'_, Client>) -> PyResult<Pending> {
    let core = client.get().started()?.clone();
    Ok(Pending::of(async move { core.refresh().await }, |py, outcome| {
        text(py, outcome.map_err(|why| errors::problem(py, &why))?.as_str())
    }))
}

#[pyfunction]
pub(crate) fn set_context(
    client: &Bound<'_, Client>,
    mapping: Option<&Bound<'_, PyAny>>,
    attributes: &Bound<'_, PyDict>,
) -> PyResult<Pending> {
    let attributes = attributes::read(mapping, Some(attributes), client.get().system())?;
    let core = client.get().started()?.clone();
    let client = client.clone().unbind();
    Ok(Pending::of(async move { core.set_context(attributes).await }, move |py, outcome| {
        let context = outcome.map_err(|why| errors::problem(py, &why))?;
        let context = crate::context::Context::of(client, Arc::clone(context.attributes()));
        Ok(Py::new(py, context)?.into_any())
    }))
}

#[pyfunction]
pub(crate) fn set_api_keys(
    client: &Bound<'_, Client>,
    api_keys: &Bound<'_, PyTuple>,
) -> PyResult<Pending> {
    let keys: Vec<String> = api_keys.extract()?;
    let core = client.get().started()?.clone();
    Ok(Pending::of(async move { core.set_api_keys(keys).await }, |py, outcome| {
        text(py, outcome.map_err(|why| errors::set_keys(py, &why))?.as_str())
    }))
}

#[pyfunction]
pub(crate) fn set_headers(
    client: &Bound<'_, Client>,
    headers: &Bound<'_, PyAny>,
) -> PyResult<Pending> {
    let headers = documents::headers(headers)?;
    let core = client.get().started()?.clone();
    Ok(Pending::of(async move { core.set_headers(headers).await }, |py, outcome| {
        text(py, outcome.map_err(|why| errors::set_headers(py, &why))?.as_str())
    }))
}

/// Waits until all events are delivered.
#[pyfunction]
pub(crate) fn flush(client: &Bound<'_, Client>, limit: Seconds) -> PyResult<Pending> {
    let core = client.get().started()?.clone();
    Ok(Pending::of(async move { core.flushed(limit.0).await }, |py, ()| {
        logs::deliver(py, Duration::ZERO)?;
        Ok(py.None())
    }))
}

#[pyfunction]
pub(crate) fn close(client: &Bound<'_, Client>) -> PyResult<Pending> {
    client.get().begin_to_close()?;
    let core = client.get().started()?.clone();
    let client = client.clone().unbind();
    Ok(Pending::of(async move { core.closed().await }, move |py, ()| {
        client.get().listeners().clear();
        Ok(py.None())
    }))
}

#[pyfunction]
pub(crate) fn update(
    updates: &Bound<'_, TestUpdates>,
    key: Text<'_>,
    change: &Bound<'_, PyDict>,
) -> PyResult<Pending> {
    let (core, key) = (updates.get().core()?.clone(), key.as_str().to_string());
    let change = test_updates::update(Some(change))?;
    Ok(Pending::of(async move { core.set(&key, change).await }, |py, outcome| {
        text(py, test_updates::named(outcome.map_err(|why| errors::refusal(py, &why))?))
    }))
}

#[pyfunction]
pub(crate) fn update_and_wait(
    updates: &Bound<'_, TestUpdates>,
    key: Text<'_>,
    change: &Bound<'_, PyDict>,
) -> PyResult<Pending> {
    let (core, key) = (updates.get().core()?.clone(), key.as_str().to_string());
    let change = test_updates::update(Some(change))?;
    Ok(Pending::of(async move { core.set_and_wait(&key, change).await }, |py, outcome| {
        text(py, test_updates::named(outcome.map_err(|why| errors::refusal(py, &why))?))
    }))
}
