//! The runtime of commands that talk to an Edge. The others start none.

use std::future::Future;

use tokio::runtime::Builder;

use crate::failure::Failure;

/// Does this on a runtime of this thread alone. What still runs there afterwards is given up.
pub(crate) fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    on(Builder::new_current_thread(), work)
}

/// Does this on a runtime that uses every core.
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
        Failure::Edge(format!("the system gives no means to use the network: {error}"))
    })?;
    let outcome = runtime.block_on(work);
    // Names that are being resolved have a thread of their own, which nobody need wait for.
    runtime.shutdown_background();
    outcome
}
