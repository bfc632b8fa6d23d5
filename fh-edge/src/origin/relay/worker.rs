//! The thread in which a relay's upstream connections live: whoever builds an Edge need not have a runtime, and what happens
//! upstream keeps no client waiting.

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// How long the last connections may take to end, and snapshots to be written.
const LAST: Duration = Duration::from_secs(5);

/// Ends the thread when it is dropped, without waiting for it.
#[derive(Debug)]
pub(super) struct Worker {
    runtime: Handle,
    _end: oneshot::Sender<()>,
}

/// A runtime whose thread is still to be started.
pub(super) struct Idle {
    runtime: Background,
    handle: Handle,
}

/// A runtime that ends in the background. An Edge is also built, and fails to start, inside an asynchronous context, where
/// dropping a runtime panics.
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Worker {
    /// Makes the runtime; nothing runs before [`Idle::start`].
    ///
    /// # Errors
    /// The machine does not give what a runtime needs.
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

    /// Runs until the worker is dropped, and then this.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub(super) fn start(
        self,
        at_last: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Worker> {
        let (end, ended) = oneshot::channel::<()>();
        let Self { runtime: background, handle: runtime } = self;
        let run = move || {
            if let Some(runtime) = &background.0 {
                runtime.block_on(async {
                    // Nothing is ever sent: it ends with the sender.
                    let _ = ended.await;
                    let _ = tokio::time::timeout(LAST, at_last).await;
                });
            }
        };
        thread::Builder::new().name("fh-relay".into()).spawn(run)?;
        Ok(Worker { runtime, _end: end })
    }
}
