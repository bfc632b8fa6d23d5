//! The parsers of FeatureHub's JSON payloads, and the compiler of payloads into rulesets. Evaluations read compiled
//! features only.

pub(crate) mod can_match;
pub(crate) mod compile;
pub(crate) mod conditionals;
#[cfg_attr(not(feature = "explain"), path = "no_diagnostics.rs")]
mod diagnostics;
#[cfg(feature = "first-row")]
pub(crate) use diagnostics::DiagnosticCollector;
mod document;
mod fast_path;
mod member;
pub(crate) mod payload;
pub(crate) mod profile;
#[cfg(feature = "explain")]
pub(crate) mod report;
pub(crate) mod rollout;
mod rule;
mod server_hash;
mod value;
pub(crate) mod visible_change;
pub(crate) mod wire;

#[doc(hidden)]
pub use compile::Compilation;
pub use compile::{Compiler, HashIds};
pub use document::{Document, Environment, ParseError};
