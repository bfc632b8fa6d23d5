//! The command `fh eval --cases` in place of the engine.

use std::path::{Path, PathBuf};
use std::process;

use fh_eval::featbit::Profile;
use serde_json::Value;

/// The program `fh`, and the folder of the data that it reads.
#[derive(Debug, Clone)]
pub struct Command {
    program: PathBuf,
    data: PathBuf,
}

impl Command {
    /// Creates the command of a program for a folder of data.
    #[must_use]
    pub fn new(program: &Path, data: &Path) -> Self {
        Self { program: program.to_owned(), data: data.to_owned() }
    }

    /// Returns the rows of a file of FeatBit.
    pub(super) fn featbit(&self, path: &str, profile: Profile) -> Result<Vec<Value>, String> {
        self.rows("featbit", path, &["--profile", profile.as_str()])
    }

    /// Returns the rows of a file of FeatureSignals. `state` names the file of the ruleset if the cases have none.
    pub(super) fn featuresignals(
        &self,
        path: &str,
        state: Option<&str>,
    ) -> Result<Vec<Value>, String> {
        let state = state.map(|state| self.data.join(state).display().to_string());
        let options: Vec<&str> = state.iter().flat_map(|state| ["--state", state]).collect();
        self.rows("featuresignals", path, &options)
    }

    fn rows(&self, system: &str, path: &str, options: &[&str]) -> Result<Vec<Value>, String> {
        let mut command = process::Command::new(&self.program);
        command
            .args(["eval", "--system", system, "--cases"])
            .arg(self.data.join(path))
            .args(options);
        let output =
            command.output().map_err(|why| format!("{}: {why}", self.program.display()))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
    }
}
