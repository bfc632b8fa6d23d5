//! A child process in a process group of its own.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::process::ProcessEnd;
use crate::deadline::Deadline;

/// The maximum size of the log that is kept, in bytes. The rest is dropped.
const MOST_LOG: usize = 4 * 1024 * 1024;

/// The time within which killed processes have ended, so that their files can be removed.
const REMOVAL_LIMIT: Duration = Duration::from_secs(2);

/// A child process and its process group. [`ChildGroup::end`] kills what is left of them, and removes their temporary files.
#[derive(Debug)]
pub(super) struct ChildGroup {
    child: Child,
    log: Arc<Mutex<Vec<u8>>>,
    /// The folder for temporary files. Processes that are killed, such as browsers, leave files behind.
    temporary: TempDir,
}

impl ChildGroup {
    /// Starts a program with its arguments and with additional environment variables. What it writes to standard error is its log.
    pub(super) fn start(
        words: &[String],
        variables: &[(String, String)],
        input: Stdio,
    ) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("the command is empty")?;
        let temporary = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("TMPDIR", temporary.path())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let errors = child.stderr.take();
        let group = Self { child, log: Arc::default(), temporary };
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
        self.remove_temporary_files();
        end
    }

    /// Removes the temporary files. The other processes of the group end a moment after they are killed, and write until then.
    fn remove_temporary_files(&self) {
        let deadline = Deadline::after(REMOVAL_LIMIT);
        let folder = self.temporary.path();
        while fs::remove_dir_all(folder).is_err() && folder.exists() && !deadline.is_over() {
            thread::sleep(Duration::from_millis(2));
        }
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::path::Path;

    use super::*;

    #[test]
    fn temporary_files_of_a_killed_process_are_removed() {
        let script =
            r#"mkdir "$TMPDIR/profile"; touch "$TMPDIR/profile/file"; echo "$TMPDIR"; sleep 600"#;
        let words = ["sh", "-c", script].map(str::to_owned);
        let mut group = ChildGroup::start(&words, &[], Stdio::null()).unwrap();
        let mut line = String::new();
        BufReader::new(group.take_output().unwrap()).read_line(&mut line).unwrap();
        let folder = Path::new(line.trim());
        assert!(folder.join("profile/file").exists(), "{line}");
        assert_eq!(group.end(Duration::ZERO), ProcessEnd::Killed);
        assert!(!folder.exists(), "{line}");
    }
}
