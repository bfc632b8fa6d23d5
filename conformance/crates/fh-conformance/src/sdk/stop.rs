//! The reasons for which a scenario ends early.

use std::fmt;

use crate::adapter::AskError;

/// The reason for which a scenario ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A check failed.
    Failed(Box<Failure>),
    /// The scenario does not apply to the SDK.
    Skipped(Skip),
}

/// A failed check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The short name of the check. Baselines know a failure by it.
    pub label: String,
    /// What was expected.
    pub expected: String,
    /// What was observed.
    pub actual: String,
}

impl Failure {
    /// The label of a violation of the adapter protocol.
    pub const PROTOCOL: &'static str = "adapter protocol";

    /// Returns a failed check.
    pub fn new(
        label: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self { label: label.into(), expected: expected.into(), actual: actual.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.label, self.expected, self.actual)
    }
}

/// The reason for which a scenario does not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// The SDK lacks a capability that the scenario requires.
    Capability(String),
    /// The SDK cannot set a setting that the scenario needs.
    Unconfigurable(String),
    /// The runner cannot observe something on this system.
    System(String),
    /// The scenario is never executed, for this reason.
    NotExecuted(String),
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(name) => write!(f, "lacks {name}"),
            Self::Unconfigurable(name) => write!(f, "cannot set {name}"),
            Self::System(what) => write!(f, "not observable here: {what}"),
            Self::NotExecuted(reason) => write!(f, "not executed: {reason}"),
        }
    }
}

impl Stop {
    /// Returns a failed check as the end of the scenario.
    pub fn failed(
        label: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self::Failed(Box::new(Failure::new(label, expected, actual)))
    }

    /// Returns the end of a scenario whose command has no usable answer.
    pub(super) fn of_command(op: &str, error: &AskError) -> Self {
        match error {
            AskError::Protocol(problem) => {
                Self::failed(Failure::PROTOCOL, format!("an answer to {op}"), problem.clone())
            }
            AskError::Answered(error) => Self::failed(
                format!("{op} succeeds"),
                "an answer",
                format!("error {}: {}", error.code.name(), error.message),
            ),
        }
    }
}
