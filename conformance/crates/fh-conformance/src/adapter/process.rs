//! An adapter as a child process in a process group of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::connection::{Connection, Incoming};

/// The time within which an adapter exits after the end of its input.
const EXIT_LIMIT: Duration = Duration::from_secs(2);

/// The maximum length of a line in bytes. A longer line ends the adapter.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// The maximum size of the log that is kept, in bytes. The rest is dropped.
const MOST_LOG: usize = 4 * 1024 * 1024;

/// How an adapter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// The adapter exited by itself, with this code. `None` stands for a signal.
    Exited(Option<i32>),
    /// The adapter did not exit within two seconds after the end of its input, and was killed.
    Killed,
}

/// An adapter that runs as a child process. Dropping it ends the process and everything in its process group.
#[derive(Debug)]
pub struct AdapterProcess {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Incoming>,
    log: Arc<Mutex<Vec<u8>>>,
    end: Option<ProcessEnd>,
}

impl AdapterProcess {
    /// Starts the program with its arguments and with additional environment variables.
    ///
    /// # Errors
    /// A message if it cannot be started.
    pub fn start(words: &[String], variables: &[(String, String)]) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("the command is empty")?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let input = child.stdin.take();
        let log = Arc::new(Mutex::new(Vec::new()));
        if let Some(errors) = child.stderr.take() {
            let log = Arc::clone(&log);
            spawn("adapter log", move || keep_log(errors, &log))?;
        }
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            spawn("adapter lines", move || {
                let mut output = BufReader::new(output);
                while let Some(line) = next_line(&mut output) {
                    if sender.send(Incoming { at: Instant::now(), line }).is_err() {
                        return;
                    }
                }
            })?;
        }
        Ok(Self { child, input, lines, log, end: None })
    }

    fn wait_for_exit(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + limit;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(2)),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    fn kill_group(&self) {
        // The process is the leader of its group. If the whole group is gone, there is nothing to kill.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Connection for AdapterProcess {
    fn send(&mut self, line: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("the adapter has ended")?;
        writeln!(input, "{line}")
            .and_then(|()| input.flush())
            .map_err(|error| format!("the adapter takes no command: {error}"))
    }

    fn receive(&mut self, timeout: Duration) -> Result<Option<Incoming>, String> {
        match self.lines.recv_timeout(timeout) {
            Ok(incoming) => Ok(Some(incoming)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                let how = match self.wait_for_exit(EXIT_LIMIT) {
                    Some(status) => status.to_string(),
                    None => "its standard output is closed".to_owned(),
                };
                Err(format!("the adapter has ended ({how})"))
            }
        }
    }

    fn end(&mut self) -> ProcessEnd {
        if let Some(end) = self.end {
            return end;
        }
        self.input = None;
        let end = match self.wait_for_exit(EXIT_LIMIT) {
            Some(status) => ProcessEnd::Exited(status.code()),
            None => ProcessEnd::Killed,
        };
        // Also what the adapter started and left behind.
        self.kill_group();
        let _ = self.child.wait();
        self.end = Some(end);
        end
    }

    fn process_id(&self) -> Option<u32> {
        Some(self.child.id())
    }

    fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for AdapterProcess {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map(|_| ())
        .map_err(|error| format!("no thread for the {name}: {error}"))
}

fn next_line(output: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    let read = output.take(LONGEST_LINE).read_until(b'\n', &mut bytes).ok()?;
    if read == 0 {
        return None;
    }
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
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
