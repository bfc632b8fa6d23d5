//! The floor: a hand-written evaluator that does the least work that FeatureHub's results require.
//!
//! It has no value types, locks, overrides, diagnostics, percentage attributes, stacked percentages or usage events. The
//! context holds the country as a number, the version packed into a word, and the hash state of the user key. Therefore an
//! evaluation compares integers. Two layouts hold the same rules: behind one pointer per flag ([`Boxed`]) and in flat arrays
//! ([`Flat`]).

mod boxed;
mod context;
mod flat;
mod hash;
mod wire;

pub use boxed::Boxed;
pub use context::{Attributes, Context, Countries};
pub use flat::Flat;
pub use wire::Error;

/// The choice whether flags share compiled patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patterns {
    /// One compiled pattern per text of a pattern.
    Shared,
    /// One compiled pattern per condition, as in an engine without de-duplication.
    Own,
}
