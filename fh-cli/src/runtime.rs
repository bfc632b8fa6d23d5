//! The runtime of commands that talk to an Edge. The others start none.

use std::future::Future;

use tokio::runtime::Builder;

use crate::failure::Failure;

/// Does this on a runtime of this thread alone. What still runs there afterwards is given up.
pub(crate) fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::Edge(format!("the system gives no means to use the network: {error}"))
    })?;
    let outcome = runtime.block_on(work);
    // Names that are being resolved have a thread of their own, which nobody need wait for.
    runtime.shutdown_background();
    outcome
}
