//! Waiting for a future on a plain thread.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    /// How many waits block this thread: one within the other.
    static WAITS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a wait while it lasts.
struct Blocking;

impl Blocking {
    fn begin() -> Self {
        WAITS.set(WAITS.get() + 1);
        Self
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        WAITS.set(WAITS.get() - 1);
    }
}

/// Returns true while this thread waits in [`block_on`] or [`block_on_for`].
pub(crate) fn is_blocking() -> bool {
    WAITS.get() > 0
}

/// Waits for a future of this crate on a plain thread, for programs without a runtime.
///
/// Inside a runtime use `.await`: this blocks the thread. On a thread that runs tasks of the runtime that a client was given
/// ([`ClientBuilder::runtime`](crate::ClientBuilder::runtime)) the client could not go on. There [`Client::ready`](crate::Client::ready) fails
/// with [`NotReady::InsideRuntime`](crate::NotReady::InsideRuntime), and other futures wait for ever. The futures of this crate need
/// no runtime around them; others may.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # let edge = MemoryEdge::new();
/// let client = edge.client().start()?;
/// fh_client::block_on(client.ready())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let _blocking = Blocking::begin();
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// As [`block_on`], but not for longer than this; `None` if it was not ready by then.
pub(crate) fn block_on_for<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let _blocking = Blocking::begin();
    let end = Instant::now().checked_add(limit);
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        match end {
            None => thread::park(),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return None;
                }
                thread::park_timeout(left);
            }
        }
    }
}
