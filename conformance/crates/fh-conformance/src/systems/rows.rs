//! The command `fh eval --cases` as a source of answers.

use std::path::{Path, PathBuf};
use std::process::Command;

use fh_test_servers::featuresignals::plain::decoded;
use serde_json::Value;

use super::featuresignals::{ANSWERS, STATE};
use super::{Rules, Set, Source};
use crate::json::Json;

/// The program `fh`, the folder of the data that it reads, and the rows of the last file.
#[derive(Debug, Clone)]
pub struct Rows {
    program: PathBuf,
    data: PathBuf,
    last: Option<(String, Rules, Value)>,
}

impl Rows {
    /// Creates the command of a program for a folder of data.
    #[must_use]
    pub fn new(program: &Path, data: &Path) -> Self {
        Self { program: program.to_owned(), data: data.to_owned(), last: None }
    }

    fn run(&self, set: &Set) -> Result<Value, String> {
        let mut command = Command::new(&self.program);
        command.args(["eval", "--cases"]).arg(self.data.join(&set.file)).arg("--system");
        match set.rules {
            Rules::FeatBit(profile) => command.args(["featbit", "--profile", profile.as_str()]),
            Rules::FeatureSignals => command.arg("featuresignals"),
        };
        if set.file == ANSWERS {
            command.arg("--state").arg(self.data.join(STATE));
        }
        let output =
            command.output().map_err(|why| format!("{}: {why}", self.program.display()))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
    }
}

impl Source for Rows {
    fn answers(&mut self, set: &Set) -> Result<Vec<Option<Json>>, String> {
        let is_last =
            |(file, rules, _): &(String, Rules, Value)| (file, rules) == (&set.file, &set.rules);
        let rows = match self.last.take().filter(is_last) {
            Some((_, _, rows)) => rows,
            None => self.run(set)?,
        };
        let answers = set.cases.iter().map(|case| match rows.pointer(&case.row) {
            Some(row) => answer(row, set.rules).map(Some),
            None => Ok(Some(Json::object([("value", Json::from("there is no row"))]))),
        });
        let answers = answers.collect();
        self.last = Some((set.file.clone(), set.rules, rows));
        answers
    }
}

/// Returns the answer of a row. A row of a running server of FeatBit is a list.
fn answer(row: &Value, rules: Rules) -> Result<Json, String> {
    let answer = Json::parse(&row.to_string()).map_err(|why| why.what)?;
    Ok(match answer {
        Json::List(parts) => Json::object(
            ["value", "variationId", "words", "sendToExperiment"].into_iter().zip(parts),
        ),
        Json::Object(members) if rules == Rules::FeatureSignals => {
            let members = members.into_iter().filter(|(name, _)| name != "id");
            decoded(&Json::Object(members.collect()))
        }
        other => other,
    })
}
