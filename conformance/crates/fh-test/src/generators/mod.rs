//! Draws features and contexts, as JSON text, that lie at the edges of FeatureHub's rules: supplied values that equal,
//! begin or exceed a rule's value, percentages at the bucket of a context or next to it, difficult Unicode
//! texts, several percentage keys, and unreadable parts.
//!
//! The names of conditionals and types are those of the engine, which this crate does not evaluate with. Everything is drawn from [`Choices`], a sequence of small
//! numbers that comes from a seed or from a fuzzer's bytes. [`feature`], [`context_for`] and the others are
//! `proptest` strategies over the same functions. They shrink because a smaller choice is a simpler one.
//!
//! ```
//! use fh_test::generators::{Case, Choices};
//!
//! // Seeded: the same on every machine.
//! let mut choices = Choices::seeded(0x5EED_0001);
//! let drawn = Case::draw(&mut choices);
//! assert!(drawn.feature.to_json().starts_with('{'));
//! assert_eq!(drawn, Case::draw(&mut Choices::seeded(0x5EED_0001)));
//!
//! // From a fuzzer: any bytes will do.
//! let _ = Case::draw(&mut Choices::of(b"any bytes"));
//! ```

mod bucket;
mod choices;
mod comparison;
mod context;
mod feature;
mod field;
mod json;
mod malformed;
mod payload;
mod rollout;
mod rule;
mod share;
mod strategies;
mod text;

pub use bucket::bucket;
pub use choices::Choices;
pub use context::{Case, Context, context_to_json, draw_context};
pub use feature::Feature;
pub use fh_eval::internal::RuleType;
pub use field::{draw_pattern, draw_value};
pub use json::List;
pub use payload::Payload;
pub use rollout::Rollout;
pub use rule::Rule;
pub use strategies::{
    case, context_for, feature, hostile_text, payload, plain_text, rule, well_formed_feature,
};
pub use text::{draw_hostile_text, draw_plain_text, near_text};
