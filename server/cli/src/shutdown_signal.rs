//! The signals that end a command in order: Ctrl-C, and on Unix SIGTERM and SIGHUP.

#[cfg(unix)]
use std::{io, process, sync::mpsc, thread, time::Duration};

use crate::failure::Failure;

/// The longest time that a command has to end after a signal.
#[cfg(unix)]
const LAST: Duration = Duration::from_secs(3);

/// The handlers of the signals that end a command. A SIGINT or SIGHUP that is known to be ignored stays ignored (`nohup fh
/// watch`, `fh watch &` in a script). SIGTERM is handled even if it was ignored.
#[cfg(unix)]
pub(crate) struct ShutdownSignal {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: tokio::signal::unix::Signal,
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl ShutdownSignal {
    /// Installs the signal handlers. From then on, the signals do not end the process by themselves. Starts a thread that ends the
    /// process if the command has not ended in time after a signal.
    pub(crate) fn new() -> Result<Self, Failure> {
        let (installed, is_installed) = mpsc::channel::<()>();
        thread::Builder::new()
            .name("fh-signals".to_string())
            .spawn(|| end_late_command(installed))
            .map_err(failure)?;
        // The thread would miss a signal that arrives before its handlers are installed. It then drops the sender.
        let _ = is_installed.recv();
        Self::install().map_err(failure)
    }

    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: unless_ignored(SignalKind::hangup())?,
        })
    }

    /// Waits for a signal that ends the command.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            () = received(&mut self.interrupt) => {}
            _ = self.terminate.recv() => {}
            () = received(&mut self.hang_up) => {}
        }
    }
}

/// Ends the process after a signal if the command does not end by itself, because its thread waits for the reader of stdout. The runtime of
/// the command does not receive signals meanwhile, so this thread has a runtime of its own.
#[cfg(unix)]
fn end_late_command(installed: mpsc::Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(mut signals) = ShutdownSignal::install() else { return };
        drop(installed);
        signals.asked().await;
        tokio::time::sleep(LAST).await;
        process::exit(0);
    });
}

/// Installs a handler for a signal. Returns `None` and installs no handler if
/// [`IgnoredSignals`](crate::ignored_signals::IgnoredSignals) contains the signal at the time of the call.
#[cfg(unix)]
pub(crate) fn unless_ignored(
    kind: tokio::signal::unix::SignalKind,
) -> io::Result<Option<tokio::signal::unix::Signal>> {
    if crate::ignored_signals::IgnoredSignals::read().contains(kind) {
        return Ok(None);
    }
    tokio::signal::unix::signal(kind).map(Some)
}

/// Waits for the next signal. If `signal` is `None`, waits forever.
#[cfg(unix)]
pub(crate) async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
pub(crate) struct ShutdownSignal;

#[cfg(not(unix))]
impl ShutdownSignal {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self)
    }

    /// Waits for Ctrl-C, which ends the command.
    pub(crate) async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // The handler could not be installed, so the signal ends the process itself.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
pub(crate) fn failure(error: io::Error) -> Failure {
    Failure::Input(format!("signals cannot be received: {error}"))
}
