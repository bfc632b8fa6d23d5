//! The floor: the least work with which FeatureHub's answers can be given.
//!
//! No value types, locks, overrides, diagnostics, percentage attributes, stacked percentages or usage events. The context
//! holds the country as a number, the version packed into a word and the hash state of the user key, so an evaluation
//! compares integers. Two layouts hold the same rules: behind one pointer per flag ([`Boxed`]) and in flat arrays
//! ([`Flat`]).

#![forbid(unsafe_code)]

mod boxed;
mod context;
mod flat;
mod hash;
mod wire;

pub use boxed::Boxed;
pub use context::{Attributes, Context, Countries};
pub use flat::Flat;
pub use wire::Error;

/// Whether flags share compiled patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patterns {
    /// One compiled pattern per text.
    Shared,
    /// One per condition, as an engine without de-duplication has.
    Own,
}
