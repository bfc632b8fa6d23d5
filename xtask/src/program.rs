//! A program that runs beside this one, and the lines that it prints.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::output::say;

/// The longest time until a program prints a line or ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the lines that a program prints, as it prints them. Its output must be a pipe.
pub(crate) fn lines_of(child: &mut Child) -> Result<Receiver<String>, String> {
    let (sender, lines) = channel();
    let output = child.stdout.take().ok_or("the program has no output")?;
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(lines)
}

/// A running program, which is killed when it is dropped.
pub(crate) struct Program {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    /// Starts the program with this name.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("{name}: {why}"))?;
        let lines = lines_of(&mut child)?;
        let input = child.stdin.take();
        Ok(Self { name: name.to_string(), child, input, lines })
    }

    /// Waits for the next line, which must be this one.
    pub(crate) fn expect(&self, expected: &str) -> Result<(), String> {
        self.expect_all([expected])
    }

    /// Waits for the next lines, which must be these ones in any order.
    pub(crate) fn expect_all<const N: usize>(&self, expected: [&str; N]) -> Result<(), String> {
        let name = &self.name;
        let mut left = expected.to_vec();
        while !left.is_empty() {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.map_err(|_| format!("{name} did not print {left:?}"))?;
            say!("    {line}");
            let at = left.iter().position(|expected| *expected == line);
            left.remove(at.ok_or_else(|| format!("{name} printed {line:?}, not {left:?}"))?);
        }
        Ok(())
    }

    /// Ends the program by the end of its input, and waits for it. It must print nothing more.
    pub(crate) fn end(self) -> Result<(), String> {
        let name = self.name.clone();
        match self.rest()?.as_slice() {
            [] => Ok(()),
            lines => Err(format!("{name} printed {lines:?} at its end")),
        }
    }

    /// Ends the program by the end of its input, and returns the lines that it still prints.
    pub(crate) fn rest(mut self) -> Result<Vec<String>, String> {
        drop(self.input.take());
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => lines.push(line),
                // The output ends with the process.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("{} did not end, and printed {lines:?}", self.name));
                }
            }
        }
        let status = self.child.wait().map_err(|why| why.to_string())?;
        if status.success() {
            return Ok(lines);
        }
        Err(format!("{} ended with {status}, and printed {lines:?}", self.name))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
