//! The handling of Ctrl-Z (SIGTSTP) during a live display, which leaves the alternate screen before the process stops.

use crate::failure::Failure;

/// The handler of SIGTSTP, or none if Ctrl-Z is left to the system.
pub(crate) struct Suspension {
    #[cfg(unix)]
    signals: Option<Signals>,
}

#[cfg(unix)]
struct Signals {
    stop: tokio::signal::unix::Signal,
    resume: tokio::signal::unix::Signal,
}

impl Suspension {
    /// Creates a value that leaves Ctrl-Z to the system.
    pub(crate) const fn by_system() -> Self {
        Self {
            #[cfg(unix)]
            signals: None,
        }
    }
}

#[cfg(unix)]
impl Suspension {
    /// Installs handlers of SIGTSTP and SIGCONT, unless SIGTSTP is known to be ignored.
    pub(crate) fn of_display() -> Result<Self, Failure> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};

        use crate::shutdown_signal::{failure, unless_ignored};
        let stop = unless_ignored(SignalKind::from_raw(Signal::TSTP.as_raw())).map_err(failure)?;
        let Some(stop) = stop else { return Ok(Self::by_system()) };
        // The handler of SIGCONT is installed now, so that no signal is missed between the stop and the wait.
        let resume = signal(SignalKind::from_raw(Signal::CONT.as_raw())).map_err(failure)?;
        Ok(Self { signals: Some(Signals { stop, resume }) })
    }

    /// Waits for SIGTSTP, which Ctrl-Z sends. Waits forever if Ctrl-Z is left to the system.
    pub(crate) async fn asked(&mut self) {
        match &mut self.signals {
            Some(signals) => drop(signals.stop.recv().await),
            None => std::future::pending().await,
        }
    }

    /// Stops the process, and returns once it continues while no other process group is in the terminal's foreground. Returns
    /// at once if Ctrl-Z is left to the system.
    ///
    /// # Errors
    /// Fails if the system does not deliver the signal.
    pub(crate) async fn stop(&mut self) -> Result<(), Failure> {
        use rustix::process::{Signal, getpid, kill_process};
        let Some(signals) = &mut self.signals else { return Ok(()) };
        loop {
            kill_process(getpid(), Signal::STOP)
                .map_err(|error| crate::shutdown_signal::failure(error.into()))?;
            // The process is stopped here until SIGCONT arrives.
            signals.resume.recv().await;
            if is_in_foreground() {
                return Ok(());
            }
            // The process continues in the background (`bg`). It stops again, because a display would overwrite the shell's
            // lines.
        }
    }
}

/// Returns true unless another process group is in the foreground of the terminal.
#[cfg(unix)]
fn is_in_foreground() -> bool {
    match rustix::termios::tcgetpgrp(std::io::stdout()) {
        Ok(group) => group == rustix::process::getpgrp(),
        // Stdout is not the controlling terminal of this process.
        Err(_) => true,
    }
}

#[cfg(not(unix))]
impl Suspension {
    pub(crate) fn of_display() -> Result<Self, Failure> {
        Ok(Self::by_system())
    }

    /// Waits forever, because only Unix has SIGTSTP.
    pub(crate) async fn asked(&mut self) {
        std::future::pending().await
    }

    pub(crate) async fn stop(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
