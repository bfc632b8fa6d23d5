//! A server that runs beside this program, and its log.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The longest time until a server is ready.
const START: Duration = Duration::from_secs(120);
/// The longest time in which a server ends by itself.
const END: Duration = Duration::from_secs(10);
/// The time between two checks of a server.
const PERIOD: Duration = Duration::from_millis(20);
/// The number of lines of a log that an error shows.
const SHOWN_LINES: usize = 20;

/// A running server, which is ended when it is dropped.
pub(super) struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// The signal that ends the server.
    end: Signal,
}

impl Service {
    /// Starts a server that writes its output to the log.
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        log: PathBuf,
        end: Signal,
    ) -> Result<Self, String> {
        let file = File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
        let (errors, output) = file.map_err(|why| format!("{}: {why}", log.display()))?;
        let command = command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().map_err(|why| format!("{name} did not start: {why}"))?;
        Ok(Self { name, child, log, end })
    }

    /// Waits until the server is ready.
    ///
    /// # Errors
    /// The server ended, or is not ready in time. The error shows the end of the log.
    pub(super) fn wait_until(&mut self, is_ready: impl Fn() -> bool) -> Result<(), String> {
        let begin = Instant::now();
        while !is_ready() {
            if let Some(status) = self.child.try_wait().map_err(|why| why.to_string())? {
                return Err(format!("{} ended with {status}:\n{}", self.name, self.log_end()));
            }
            if begin.elapsed() >= START {
                let seconds = START.as_secs();
                let (name, log) = (self.name, self.log_end());
                return Err(format!("{name} was not ready within {seconds} s:\n{log}"));
            }
            thread::sleep(PERIOD);
        }
        Ok(())
    }

    /// Returns the last lines of the log.
    fn log_end(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(SHOWN_LINES)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(process) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // The server may have ended.
            let _ = kill_process(process, self.end);
        }
        let begin = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begin.elapsed() < END {
            thread::sleep(PERIOD);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
