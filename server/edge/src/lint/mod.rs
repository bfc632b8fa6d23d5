//! Finds parts of a payload that cannot be used, and parts that are probably mistakes.

mod advice;
mod checks;
pub(crate) mod countries;
mod edge;
mod features;
mod finding;
mod names;
mod other_words;
mod place;
mod rules;
mod strategies;
mod view;

pub use checks::lint;
pub(crate) use checks::{advice_of, lint_served};
pub use finding::{CODES, Finding, Level};
pub(crate) use other_words::meant;
pub use strategies::millionths;
