//! Being asked to end: Ctrl-C, and what a system sends.

use std::io;

use crate::failure::Failure;

#[cfg(unix)]
pub(crate) struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    /// From now on such signals end no program by themselves.
    pub(crate) fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failure)?,
            terminate: signal(SignalKind::terminate()).map_err(failure)?,
            hang_up: signal(SignalKind::hangup()).map_err(failure)?,
        })
    }

    /// Waits for one.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub(crate) struct Stop;

#[cfg(not(unix))]
impl Stop {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self)
    }

    /// Waits for Ctrl-C.
    pub(crate) async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Then the system ends the program itself.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg_attr(not(unix), allow(dead_code))]
fn failure(error: io::Error) -> Failure {
    Failure::Input(format!("the system does not tell of Ctrl-C: {error}"))
}
