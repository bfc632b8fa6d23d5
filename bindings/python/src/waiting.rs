//! Waits that block a Python thread. They release the GIL, and they end soon after a signal whose handler raises.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// The longest time between two checks for signals, so that Ctrl-C ends a wait within 100 ms.
const SLICE: Duration = Duration::from_millis(50);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks this thread until the future is ready.
///
/// # Errors
/// Returns the exception that a signal's handler raised in the meantime, such as `KeyboardInterrupt`.
pub(crate) fn wait<F>(py: Python<'_>, future: F) -> PyResult<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let mut future = pin!(future);
    loop {
        if let Some(outcome) = py.detach(|| poll_for_a_slice(future.as_mut(), None)) {
            return Ok(outcome);
        }
        py.check_signals()?;
    }
}

/// Blocks this thread as [`wait`] does, at most until the limit has passed; `None` if it has passed.
///
/// # Errors
/// The errors of [`wait`].
pub(crate) fn wait_for<F>(py: Python<'_>, future: F, limit: Duration) -> PyResult<Option<F::Output>>
where
    F: Future + Send,
    F::Output: Send,
{
    let Some(end) = Instant::now().checked_add(limit) else { return wait(py, future).map(Some) };
    let mut future = pin!(future);
    loop {
        if let Some(outcome) = py.detach(|| poll_for_a_slice(future.as_mut(), Some(end))) {
            return Ok(Some(outcome));
        }
        py.check_signals()?;
        if Instant::now() >= end {
            return Ok(None);
        }
    }
}

/// Polls the future until it is ready, at most for a slice and at most until `end`. A future that is ready is polled at least once.
fn poll_for_a_slice<F: Future>(mut future: Pin<&mut F>, end: Option<Instant>) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let now = Instant::now();
    let pause = now.checked_add(SLICE).unwrap_or(now);
    let pause = end.map_or(pause, |end| pause.min(end));
    loop {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            return Some(outcome);
        }
        let left = pause.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}
