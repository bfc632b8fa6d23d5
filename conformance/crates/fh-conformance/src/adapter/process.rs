//! An adapter as a child process that reads standard input and writes standard output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::child::{ChildGroup, spawn};
use super::connection::{Connection, EXIT_LIMIT, Incoming, LONGEST_LINE};

/// How an adapter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// The adapter exited by itself, with this code. `None` stands for a signal, or for an adapter that is no child of the runner.
    Exited(Option<i32>),
    /// The adapter did not exit within two seconds after the end of its input, and was killed.
    Killed,
}

/// An adapter that runs as a child process. Dropping it ends the process and everything in its process group.
#[derive(Debug)]
pub struct AdapterProcess {
    child: ChildGroup,
    input: Option<ChildStdin>,
    lines: Receiver<Incoming>,
    end: Option<ProcessEnd>,
}

impl AdapterProcess {
    /// Starts the program with its arguments and with additional environment variables.
    ///
    /// # Errors
    /// A message if it cannot be started.
    pub fn start(words: &[String], variables: &[(String, String)]) -> Result<Self, String> {
        let mut child = ChildGroup::start(words, variables, Stdio::piped())?;
        let input = child.take_input();
        let (sender, lines) = channel();
        if let Some(output) = child.take_output() {
            spawn("adapter lines", move || {
                let mut output = BufReader::new(output);
                while let Some(line) = next_line(&mut output) {
                    if sender.send(Incoming { at: Instant::now(), line }).is_err() {
                        return;
                    }
                }
            })?;
        }
        Ok(Self { child, input, lines, end: None })
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
                let how = match self.child.wait_for_exit(EXIT_LIMIT) {
                    Some(status) => status.to_string(),
                    None => "its standard output is closed".to_owned(),
                };
                Err(format!("the adapter has ended ({how})"))
            }
        }
    }

    fn end(&mut self) -> ProcessEnd {
        self.input = None;
        *self.end.get_or_insert_with(|| self.child.end(EXIT_LIMIT))
    }

    fn process_id(&self) -> Option<u32> {
        Some(self.child.id())
    }

    fn log(&self) -> String {
        self.child.log()
    }
}

impl Drop for AdapterProcess {
    fn drop(&mut self) {
        self.end();
    }
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
