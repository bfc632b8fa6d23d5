//! Functions that block a thread until a future is ready.

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
    /// The number of nested waits that block this thread.
    static WAITS: Cell<usize> = const { Cell::new(0) };
}

/// A guard that marks this thread as blocked in [`block_on`] or [`block_on_for`]. The number of waits of the thread is one
/// higher while the guard exists.
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

/// Blocks this thread until a future is ready, for programs without a tokio runtime.
///
/// Inside a tokio runtime, use `.await`, because this function blocks the thread. On a thread that runs tasks of the runtime
/// given to a client ([`ClientBuilder::runtime`](crate::ClientBuilder::runtime)), this function can also block the client. On
/// such a thread [`Client::ready`](crate::Client::ready) returns [`NotReady::InsideRuntime`](crate::NotReady::InsideRuntime),
/// and other futures can wait forever. The futures of a client's functions need no tokio runtime, but the futures of transports
/// and of other crates may need such a runtime.
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

/// Blocks this thread as [`block_on`] does, at most for the time `limit`. Returns `None` if the future is not ready within that
/// time.
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
