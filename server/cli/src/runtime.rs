//! The tokio runtime of commands that use the network.

use std::future::Future;

use tokio::runtime::Builder;

use crate::failure::Failure;

/// Runs a future on a runtime that polls all async tasks on this thread. When the future ends, the other tasks are cancelled.
pub(crate) fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    on(Builder::new_current_thread(), work)
}

/// Runs a future on a runtime with several threads. When the future ends, the other async tasks are cancelled.
pub(crate) fn run_on_all_cores<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    on(Builder::new_multi_thread(), work)
}

fn on<T>(
    mut builder: Builder,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = builder.enable_all().build().map_err(|error| {
        Failure::Edge(format!("the network runtime cannot be started: {error}"))
    })?;
    let outcome = runtime.block_on(work);
    // DNS lookups may run on threads of their own. The command does not wait for these threads.
    runtime.shutdown_background();
    outcome
}
