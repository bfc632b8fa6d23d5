//! The thread of a relay's upstream connections. Because the relay has a thread of its own, the builder of an Edge needs no runtime, and
//! upstream work does not run on the threads that serve clients.

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// The longest time for closing the last connections and writing snapshots when the thread ends. Work that takes longer is abandoned.
const LAST: Duration = Duration::from_secs(5);

/// A handle to the relay's thread. Dropping the handle ends the thread without waiting for it.
#[derive(Debug)]
pub(super) struct Worker {
    runtime: Handle,
    _end: oneshot::Sender<()>,
}

/// A runtime whose thread is not started yet.
pub(super) struct Idle {
    runtime: Background,
    handle: Handle,
}

/// A runtime that shuts down in the background. Dropping an ordinary runtime inside an asynchronous context panics. A program may build an
/// Edge in such a context, and the build may fail.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Worker {
    /// Creates the runtime of the relay. Its tasks do not run before [`Idle::start`].
    ///
    /// # Errors
    /// Returns the error of the operating system if the runtime cannot be created.
    pub(super) fn prepare() -> io::Result<Idle> {
        let runtime = Builder::new_current_thread().thread_name("fh-relay").enable_all().build()?;
        Ok(Idle { handle: runtime.handle().clone(), runtime: Background(Some(runtime)) })
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl Idle {
    pub(super) const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Starts the thread of the runtime. The thread runs the tasks until the worker is dropped, and then runs `at_last` for at most
    /// [`LAST`].
    ///
    /// # Errors
    /// Returns the error of the operating system if it refuses to start a thread.
    pub(super) fn start(
        self,
        at_last: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Worker> {
        let (end, ended) = oneshot::channel::<()>();
        let Self { runtime: background, handle: runtime } = self;
        let run = move || {
            if let Some(runtime) = &background.0 {
                runtime.block_on(async {
                    // No value is ever sent. The future resolves when the sender is dropped.
                    let _ = ended.await;
                    let _ = tokio::time::timeout(LAST, at_last).await;
                });
            }
        };
        thread::Builder::new().name("fh-relay".into()).spawn(run)?;
        Ok(Worker { runtime, _end: end })
    }
}
