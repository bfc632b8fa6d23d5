//! A child process in a process group of its own.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::process::ProcessEnd;
use crate::deadline::Deadline;

/// The maximum size of the log that is kept, in bytes. The rest is dropped.
const MOST_LOG: usize = 4 * 1024 * 1024;

/// A child process and its process group. [`ChildGroup::end`] kills what is left of them.
#[derive(Debug)]
pub(super) struct ChildGroup {
    child: Child,
    log: Arc<Mutex<Vec<u8>>>,
}

impl ChildGroup {
    /// Starts a program with its arguments and with additional environment variables. What it writes to standard error is its log.
    pub(super) fn start(
        words: &[String],
        variables: &[(String, String)],
        input: Stdio,
    ) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("the command is empty")?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let errors = child.stderr.take();
        let group = Self { child, log: Arc::default() };
        if let Some(errors) = errors {
            group.keep(errors)?;
        }
        Ok(group)
    }

    /// Adds everything that a stream of the child carries to the log.
    pub(super) fn keep(&self, stream: impl Read + Send + 'static) -> Result<(), String> {
        let log = Arc::clone(&self.log);
        spawn("adapter log", move || keep_log(stream, &log))
    }

    pub(super) fn take_input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    pub(super) fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Returns how the process has ended, if it has.
    pub(super) fn exit(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub(super) fn wait_for_exit(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Deadline::after(limit);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if !deadline.is_over() => thread::sleep(Duration::from_millis(2)),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Waits until the process exits, and kills what is left of the group after the limit.
    pub(super) fn end(&mut self, limit: Duration) -> ProcessEnd {
        let end = match self.wait_for_exit(limit) {
            Some(status) => ProcessEnd::Exited(status.code()),
            None => ProcessEnd::Killed,
        };
        // The process is the leader of its group. If the whole group is gone, there is nothing to kill.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
        end
    }
}

/// Starts a thread.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(|_| ())
        .map_err(|error| format!("no thread for the {name}: {error}"))
}

fn keep_log(mut errors: impl Read, log: &Mutex<Vec<u8>>) {
    let mut block = [0; 8192];
    while let Ok(count) = errors.read(&mut block) {
        if count == 0 {
            return;
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_LOG.saturating_sub(log.len());
        log.extend_from_slice(block.get(..count.min(room)).unwrap_or_default());
    }
}
