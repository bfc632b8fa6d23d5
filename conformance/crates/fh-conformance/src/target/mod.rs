//! What the suite runs against. Whoever wants to be tested implements [`Target`]: the engine and the
//! reference here, an adapter of an SDK in another language later.

mod engine;
mod reference;

use std::fmt;

use crate::case::{Answer, Profile, Question};
use crate::json::Json;

pub use engine::Engine;
pub use reference::Reference;

/// A target did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// Something that evaluates features.
///
/// Methods take `&mut self`, because a target may be a process at the end of a pipe. A target is
/// asked only what it declares, and a question that it fails to answer is a failure, never a skip.
pub trait Target {
    /// Its name in reports.
    fn name(&self) -> String;

    /// Its version in reports.
    fn version(&self) -> String;

    /// Whether it has a capability of the closed list [`CAPABILITIES`].
    fn can(&self, capability: &str) -> bool;

    /// Read one feature with one getter. A target that `can("eval.native_context")` uses
    /// [`Question::native`] where it is there.
    ///
    /// # Errors
    /// If it does not answer.
    fn read(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken>;

    /// What all getters yield, as the members that cases list under `getters`: null for nothing.
    ///
    /// # Errors
    /// If it does not answer.
    fn getters(&mut self, profile: Profile, question: &Question) -> Result<Json, Broken>;

    /// The bucket of a percentage key under a feature id.
    ///
    /// # Errors
    /// If it does not answer.
    fn bucket(&mut self, profile: Profile, key: &str, feature_id: &str) -> Result<u32, Broken>;

    /// Why it answers what it does, for people.
    fn explain(&mut self, _profile: Profile, _question: &Question) -> Option<String> {
        None
    }
}

/// Capabilities that cases may require and targets may lack.
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

/// The target of a name: `engine`, `reference`, or `reference:` and the name of a planted bug.
///
/// # Errors
/// The names there are.
pub fn named(name: &str) -> Result<Box<dyn Target>, String> {
    if name == "engine" {
        return Ok(Box::new(Engine));
    }
    match name.strip_prefix("reference") {
        Some("") => Ok(Box::new(Reference::new())),
        Some(rest) => match rest.strip_prefix(':').and_then(Reference::mutant) {
            Some(mutant) => Ok(Box::new(mutant)),
            None => Err(format!("{name:?} names no planted bug; `self-test --list` lists them")),
        },
        None => Err(format!("{name:?} is no target: engine, reference, reference:mut-…")),
    }
}
