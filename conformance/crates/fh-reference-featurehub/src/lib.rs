//! A second evaluator of FeatureHub rollouts, written to be obviously right, not fast. It shares no code with `fh-eval`.
//! Generated cases are kept only if both evaluators agree.
//!
//! It can also evaluate wrongly on purpose: [`MUTANTS`] lists seeded bugs, many of them seen in published
//! SDKs, which a conformance suite must detect.
//!
//! ```
//! use fh_reference_featurehub::{Options, Profile, evaluate};
//!
//! let feature = r#"{"id": "f", "key": "BANNER", "type": "STRING", "value": "off", "strategies": [
//!     {"id": "s1", "value": "on", "attributes": [
//!         {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["peru"]}]}]}"#;
//! let context = vec![("country".to_owned(), vec!["peru".to_owned()])];
//! let answer = evaluate(feature, Some(&context), &Options::new(Profile::Client, 0)).unwrap();
//! assert_eq!(answer.value.as_deref(), Some(r#""on""#));
//! ```
#![forbid(unsafe_code)]

pub mod json;

mod address;
mod answer;
mod context;
mod date;
mod datetime;
mod decimal;
mod evaluate;
mod feature;
mod hash;
mod matcher;
mod member;
mod mutants;
mod pattern;
mod payload;
mod text;
mod value;
mod version;

pub use answer::{Answer, Options, Outcome, Profile, Reason, Step, Unreadable};
pub use context::{Context, context_from_json};
pub use evaluate::evaluate;
pub use hash::bucket;
pub use mutants::{MUTANTS, Mutant, MutantInfo};
pub use pattern::matches as pattern_matches;
pub use payload::Payload;
pub use value::Getters;
