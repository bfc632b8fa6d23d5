//! One SDK in a process of its own.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What went wrong with a process.
#[derive(Debug)]
pub struct SubjectError(String);

impl fmt::Display for SubjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SubjectError {}

/// An SDK that runs. Ends with this.
#[derive(Debug)]
pub struct Subject {
    process: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
}

/// The folder that `cargo xtask test` installed into, and says.
fn installed(variable: &str) -> Result<PathBuf, SubjectError> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    folder.ok_or_else(|| {
        SubjectError(format!(
            "{variable} is not set: `cargo xtask test` installs the SDKs and sets it"
        ))
    })
}

/// Runs a program of the folder for Node.
///
/// # Errors
/// [`SubjectError`] if it is not installed or does not start.
pub fn node(program: &str, options: &Value) -> Result<Subject, SubjectError> {
    let folder = installed("FH_SDKS_NODE")?;
    Subject::start(Command::new("node").current_dir(&folder).arg(program).arg(options.to_string()))
}

/// Runs a program of the folder for Node to its end, and reads its one line.
///
/// # Errors
/// [`SubjectError`] if it is not installed or says nothing.
pub fn run_node(program: &str, options: &Value) -> Result<Value, SubjectError> {
    node(program, options)?.answer()
}

/// Runs the Python SDK.
///
/// # Errors
/// [`SubjectError`] if it is not installed or does not start.
pub fn python(options: &Value) -> Result<Subject, SubjectError> {
    let folder = installed("FH_SDKS_PYTHON")?;
    let program = folder.join("featurehub.py");
    let interpreter = folder.join("venv/bin/python");
    Subject::start(Command::new(interpreter).arg(program).arg(options.to_string()))
}

impl Subject {
    fn start(command: &mut Command) -> Result<Self, SubjectError> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process =
            command.spawn().map_err(|why| SubjectError(format!("it does not start: {why}")))?;
        let input = process.stdin.take();
        let output = process.stdout.take();
        let (sender, answers) = channel();
        thread::spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { process, input, answers })
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// [`SubjectError`] if the process ended, is silent, or raised an error.
    pub fn ask(&mut self, command: &Value) -> Result<Value, SubjectError> {
        let input = self.input.as_mut().ok_or_else(|| SubjectError("it was closed".to_string()))?;
        let sent = writeln!(input, "{command}").and_then(|()| input.flush());
        sent.map_err(|why| SubjectError(format!("it takes no command: {why}")))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value, SubjectError> {
        let line = self.answers.recv_timeout(PATIENCE);
        let line = line.map_err(|why| SubjectError(format!("no answer: {why}")))?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|why| SubjectError(format!("it says `{line}`: {why}")))?;
        match answer.get("error") {
            Some(error) => Err(SubjectError(format!("it raised {error}"))),
            None => Ok(answer),
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        drop(self.input.take());
        // Whether it was gone already makes no difference.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
