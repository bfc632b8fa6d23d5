//! The interface of evaluators under test. The engine and the reference implement [`Target`] here; an adapter of an SDK in another language
//! implements it, too.

mod adapter;
mod engine;
mod reference;

use std::fmt;

use crate::case::{Answer, Profile, Question};
use crate::json::Json;

pub use adapter::{AdapterTarget, Evaluates};
pub use engine::Engine;
pub use reference::Reference;

/// The error of a target that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// An evaluator under test.
///
/// Methods take `&mut self`, because a target may be a process at the end of a pipe. A target gets only cases whose capabilities it claims.
/// A question that it does not answer is a failure, never a skip.
pub trait Target {
    /// Returns the target's name for reports.
    fn name(&self) -> String;

    /// Returns the name of the evaluator or of the SDK, without the way to reach it.
    fn subject(&self) -> String {
        self.name()
    }

    /// Returns the target's version for reports.
    fn version(&self) -> String;

    /// Returns true if the target claims a capability of the closed list [`CAPABILITIES`].
    fn can(&self, capability: &str) -> bool;

    /// Returns true if the target answers in this profile. Cases of other profiles do not run.
    fn has_profile(&self, _profile: Profile) -> bool {
        true
    }

    /// Reads one feature with one getter. A target that `can("eval.native_context")` uses [`Question::native`] if it is set.
    ///
    /// # Errors
    /// If the target gives no answer.
    fn read(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken>;

    /// Returns the results of all getters, as an object with the members that cases list under `getters`. A getter without a result is
    /// null.
    ///
    /// # Errors
    /// If the target gives no answer.
    fn getters(&mut self, profile: Profile, question: &Question) -> Result<Json, Broken>;

    /// Returns the bucket of a percentage key and a feature id.
    ///
    /// # Errors
    /// If the target gives no answer.
    fn bucket(&mut self, profile: Profile, key: &str, feature_id: &str) -> Result<u32, Broken>;

    /// Returns an explanation of the answer for people, if the target has one.
    fn explain(&mut self, _profile: Profile, _question: &Question) -> Option<String> {
        None
    }
}

/// The capabilities that cases may require and that a target may lack.
pub const CAPABILITIES: &[&str] = &[
    "clock.fixed",
    "eval.bucket",
    "eval.decimal",
    "eval.defaults",
    "eval.json_object",
    "eval.native_context",
    "eval.properties",
    "eval.reason",
    "eval.regex.linear",
    "eval.strategy_id",
    "eval.trace",
    "eval.typed_getters",
];

/// Returns the target of this name: `engine`, `reference`, `reference:` followed by the name of a mutant, or `adapter:` or `served:`
/// followed by the command of an adapter. With `served:`, the SDK gets all payloads from an Edge, even if it can evaluate them itself.
///
/// # Errors
/// A text that lists the possible names.
pub fn named(name: &str) -> Result<Box<dyn Target>, String> {
    if name == "engine" {
        return Ok(Box::new(Engine));
    }
    for (prefix, evaluates) in
        [("adapter:", Evaluates::AsDeclared), ("served:", Evaluates::ThroughAnEdge)]
    {
        if let Some(command) = name.strip_prefix(prefix) {
            let command = command.parse().map_err(|error| format!("{name:?}: {error}"))?;
            return Ok(Box::new(AdapterTarget::start(command, evaluates)?));
        }
    }
    match name.strip_prefix("reference") {
        Some("") => Ok(Box::new(Reference::new())),
        Some(rest) => match rest.strip_prefix(':').and_then(Reference::mutant) {
            Some(mutant) => Ok(Box::new(mutant)),
            None => Err(format!("{name:?} is not a mutant; `self-test --list` lists the mutants")),
        },
        None => {
            let expected = "engine, reference, reference:mut-…, adapter:CMD or served:CMD";
            Err(format!("{name:?} is not a target; expected {expected}"))
        }
    }
}
