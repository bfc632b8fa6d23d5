//! The flags, states and segments of FeatureSignals: the reader of rulesets, the compiler of flags, and contexts.
//!
//! ```
//! use fh_eval::featuresignals::{Compiler, Context, Document, reason};
//! use fh_eval::{Subject, Timestamp};
//! let ruleset = br#"{
//!     "flags": {"checkout": {"flag_type": "string", "default_value": "one page"}},
//!     "states": {"checkout": {"enabled": true, "rules": [{"id": "r1", "description": "Professionals", "percentage": 10000,
//!         "value": "two pages", "conditions": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}},
//!     "segments": {}}"#;
//! let ruleset = Compiler::new().compile(&Document::parse(ruleset)?);
//! let bob = Context::builder("bob").attribute("plan", "pro").build();
//! let evaluation = ruleset.get("checkout").unwrap().evaluate(&Subject::new(bob.attributes(), Timestamp::from_millis(0)));
//! assert_eq!(evaluation.string(), Some("two pages"));
//! assert_eq!((evaluation.strategy_id(), evaluation.rule_name()), (Some("r1"), Some("Professionals")));
//! assert_eq!(reason(&evaluation), "TARGETED");
//! # Ok::<(), fh_eval::featuresignals::ParseError>(())
//! ```

mod answer;
mod compilation;
mod compile;
mod condition;
mod context;
mod document;
mod explain;
mod flag;
mod report;
mod rule;
mod segment;
mod value;
mod visible_change;
mod words;

pub use crate::segment::Segment;
pub use answer::{Answer, reason_of};
pub use compile::Compiler;
pub use condition::OPERATORS;
pub use context::{Context, ContextBuilder, InvalidContext, attribute_text};
pub use document::{Document, ParseError};
pub use explain::explain;
pub use visible_change::is_visible_change;
pub use words::reason;

use crate::bucket::{BASIS_POINTS, Murmur3};

/// Returns FeatureSignals' bucket of a flag and the key of a context, 0 to 9,999. A percentage admits the buckets below its basis points.
#[must_use]
pub fn bucket(flag_key: &str, context_key: &str) -> u32 {
    let mut hash = Murmur3::new();
    for part in [flag_key, ".", context_key] {
        hash.write(part.as_bytes());
    }
    hash.finish() % BASIS_POINTS
}
