//! What a system tells a server: to end, or to read its files again.

use std::io;

#[cfg(unix)]
use crate::stop::{received, unless_ignored};

/// Signals, received from the time this is made. A SIGINT that was ignored at the start stays ignored, as that of a script's
/// background jobs is. SIGTERM always ends the server, and SIGHUP always reloads.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Ctrl-C, or SIGTERM.
    End,
    /// SIGHUP.
    Reload,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // Sent when a file would grow beyond RLIMIT_FSIZE, and by default the end of the process. Once there is a handler, which
        // stays though nothing waits for it, the write fails instead, as on a full disk.
        let file_too_large = rustix::process::Signal::XFSZ.as_raw();
        drop(signal(SignalKind::from_raw(file_too_large))?);
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            () = received(&mut self.interrupt) => Asked::End,
            _ = self.terminate.recv() => Asked::End,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for Ctrl-C.
    pub(crate) async fn next(&mut self) -> Asked {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then the system ends the program itself.
            std::future::pending::<()>().await;
        }
        Asked::End
    }
}
