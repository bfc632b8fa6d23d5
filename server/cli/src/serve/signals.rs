//! The signals that end a server or reload its files.

use std::io;

#[cfg(unix)]
use crate::shutdown_signal::{received, unless_ignored};

/// The installed signal handlers. A SIGINT that is known to be ignored at the start stays ignored, as for a script's background
/// jobs. SIGTERM and SIGHUP are handled even if they were ignored at the start.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

/// The action that a signal requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignalAction {
    /// A stop of the server, which Ctrl-C or SIGTERM requests.
    End,
    /// A reload of the certificate and of the files with state and secrets, which SIGHUP requests.
    Reload,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // SIGXFSZ is sent when a file would grow beyond RLIMIT_FSIZE, and ends the process by default. With a handler, which
        // stays installed after this drop, the write fails instead, as on a full disk.
        let file_too_large = rustix::process::Signal::XFSZ.as_raw();
        drop(signal(SignalKind::from_raw(file_too_large))?);
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal, and returns the action that it requests.
    pub(crate) async fn next(&mut self) -> SignalAction {
        tokio::select! {
            () = received(&mut self.interrupt) => SignalAction::End,
            _ = self.terminate.recv() => SignalAction::End,
            _ = self.hang_up.recv() => SignalAction::Reload,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for Ctrl-C, which ends the server.
    pub(crate) async fn next(&mut self) -> SignalAction {
        if tokio::signal::ctrl_c().await.is_err() {
            // The handler could not be installed, so the signal ends the process itself.
            std::future::pending::<()>().await;
        }
        SignalAction::End
    }
}
