//! Where a driver runs: in the program's runtime, or in a thread of its own (D-81).

use std::io;

use tokio::runtime::Handle;

use super::Driver;

/// Where to run.
#[derive(Debug, Clone, Default)]
pub(crate) enum Runtime {
    /// In the runtime that the caller is in, else in a thread.
    #[default]
    Ambient,
    /// In this one.
    Tokio(Handle),
    /// In a thread.
    Thread,
}

/// Starts the driver.
///
/// # Errors
/// The thread, or the runtime in it, cannot be made.
pub(crate) fn spawn(driver: Driver, runtime: &Runtime) -> io::Result<()> {
    let handle = match runtime {
        Runtime::Ambient => Handle::try_current().ok(),
        Runtime::Tokio(handle) => Some(handle.clone()),
        Runtime::Thread => None,
    };
    if let Some(handle) = handle {
        drop(handle.spawn(driver.run()));
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = move || {
        runtime.block_on(driver.run());
        // What still hangs in a look-up of names must not hold the thread.
        runtime.shutdown_background();
    };
    // Nobody joins it: closing never waits (D-81).
    std::thread::Builder::new().name("fh-client".to_string()).spawn(run).map(drop)
}
