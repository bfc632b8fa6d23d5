//! Checks of an adapter itself, so that its defects do not look like defects of the SDK.

mod checks;
mod declared;
mod trial;

use std::collections::BTreeSet;
use std::fmt;

use crate::adapter::AdapterCommand;
use crate::data::Capability;
use crate::sdk::{EdgeProtocol, Subject};

pub use trial::Trial;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The name of the check.
    pub name: &'static str,
    /// The problem that it found.
    pub problem: Option<String>,
}

impl fmt::Display for CheckResult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            None => write!(out, "pass  {}", self.name),
            Some(problem) => write!(out, "FAIL  {}: {problem}", self.name),
        }
    }
}

/// The result of the check of an adapter.
#[derive(Debug)]
pub struct Checked {
    /// The results, in order.
    pub results: Vec<CheckResult>,
    /// The SDK behind the adapter, if the adapter is usable.
    pub subject: Option<Subject>,
}

impl Checked {
    /// Returns true if no check found a problem.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.results.iter().all(|result| result.problem.is_none())
    }
}

/// The outcome of one check: `Err` with the problem.
pub(crate) type CheckOutcome = Result<(), String>;

/// One check.
pub(crate) struct Check {
    name: &'static str,
    run: fn(&Trial) -> CheckOutcome,
}

/// Checks an adapter. Without a usable answer to `hello`, no other check runs. `done` is called after each check: each one starts the
/// adapter at least once, which takes seconds for a browser.
#[must_use]
pub fn check(
    command: &AdapterCommand,
    capabilities: &[Capability],
    done: impl Fn(&CheckResult),
) -> Checked {
    let mut results = Vec::new();
    let mut add = |name, problem| {
        let result = CheckResult { name, problem };
        done(&result);
        results.push(result);
    };
    let hello = match Subject::discover(command.clone()) {
        Ok(subject) => subject.hello,
        Err(problem) => {
            add("hello answers", Some(problem));
            return Checked { results, subject: None };
        }
    };
    add("hello answers", None);
    let trial = Trial::new(command.clone(), hello.clone(), capabilities.to_vec());
    for check in checks::ALL {
        add(check.name, (check.run)(&trial).err());
    }
    let ignored: BTreeSet<String> = trial.ignored();
    let protocol = EdgeProtocol::default();
    let subject = Subject { command: command.clone(), hello, ignored, protocol };
    Checked { results, subject: Some(subject) }
}

/// Runs the check of this name alone. Returns the problem that it found.
///
/// # Errors
/// If there is no such check, or if the adapter does not answer to `hello`.
pub fn check_only(
    command: &AdapterCommand,
    capabilities: &[Capability],
    name: &str,
) -> Result<Option<String>, String> {
    let check = checks::ALL.iter().find(|check| check.name == name);
    let check = check.ok_or_else(|| format!("there is no check {name:?}"))?;
    let hello = Subject::discover(command.clone())?.hello;
    let trial = Trial::new(command.clone(), hello, capabilities.to_vec());
    Ok((check.run)(&trial).err())
}
