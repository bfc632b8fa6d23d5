//! The command line of an adapter (`--adapter CMD`).

use std::fmt;
use std::str::FromStr;

use super::connection::Connection;
use super::dial::DialConnection;
use super::process::AdapterProcess;

/// The first word of the command of an adapter that dials.
const DIAL: &str = "dial";

/// The way to reach an adapter: a program and its arguments, and the transport of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterCommand {
    text: String,
    transport: Transport,
    words: Vec<String>,
    variables: Vec<(String, String)>,
}

/// The transport of the lines between the runner and an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    /// Standard input and output of a child process.
    Stdio,
    /// Requests of the adapter to the runner.
    Dial,
}

/// The error of a command line that cannot be split into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLineError(String);

impl fmt::Display for CommandLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CommandLineError {}

impl FromStr for AdapterCommand {
    type Err = CommandLineError;

    /// Splits the text as a shell would, without running a shell. The first word `dial` stands for the transport, not for a program.
    fn from_str(text: &str) -> Result<Self, CommandLineError> {
        let mut words = shlex::split(text)
            .ok_or_else(|| CommandLineError(format!("{text:?} has a quote that does not end")))?;
        if words.is_empty() {
            return Err(CommandLineError("the command of the adapter is empty".to_owned()));
        }
        let is_dial = words.first().is_some_and(|word| word == DIAL);
        let transport = if is_dial { Transport::Dial } else { Transport::Stdio };
        if is_dial {
            words.remove(0);
        }
        Ok(Self { text: text.to_owned(), transport, words, variables: Vec::new() })
    }
}

impl fmt::Display for AdapterCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AdapterCommand {
    /// Returns the command with an environment variable for the adapter's process.
    #[must_use]
    pub fn with_variable(&self, name: &str, value: &str) -> Self {
        let mut command = self.clone();
        command.variables.push((name.to_owned(), value.to_owned()));
        command
    }

    /// Starts the adapter.
    ///
    /// # Errors
    /// A message if the program cannot be started, or if no port is available.
    pub(super) fn connect(&self) -> Result<Box<dyn Connection>, String> {
        Ok(match self.transport {
            Transport::Stdio => Box::new(AdapterProcess::start(&self.words, &self.variables)?),
            Transport::Dial => Box::new(DialConnection::start(&self.words, &self.variables)?),
        })
    }
}
