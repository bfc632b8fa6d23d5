//! The command line of an adapter (`--adapter CMD`).

use std::fmt;
use std::str::FromStr;

use super::connection::Connection;
use super::process::AdapterProcess;

/// The way to reach an adapter: a program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterCommand {
    text: String,
    words: Vec<String>,
    variables: Vec<(String, String)>,
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

    /// Splits the text as a shell would, without running a shell.
    fn from_str(text: &str) -> Result<Self, CommandLineError> {
        let words = shlex::split(text)
            .ok_or_else(|| CommandLineError(format!("{text:?} has a quote that does not end")))?;
        if words.is_empty() {
            return Err(CommandLineError("the command of the adapter is empty".to_owned()));
        }
        Ok(Self { text: text.to_owned(), words, variables: Vec::new() })
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
    /// A message if the program cannot be started.
    pub(super) fn connect(&self) -> Result<Box<dyn Connection>, String> {
        Ok(Box::new(AdapterProcess::start(&self.words, &self.variables)?))
    }
}
