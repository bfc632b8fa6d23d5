//! The flags and segments of FeatBit: the reader of its data-sync payloads, the compiler of flags into rulesets, and its users.
//!
//! ```
//! use fh_eval::featbit::{Compiler, Document, Profile, User, reason};
//! use fh_eval::{Subject, Timestamp};
//! let payload = br#"{"messageType": "data-sync", "data": {"eventType": "full", "segments": [], "featureFlags": [{
//!     "key": "checkout", "variationType": "string", "isEnabled": true, "disabledVariationId": "old",
//!     "variations": [{"id": "old", "value": "one page"}, {"id": "new", "value": "two pages"}],
//!     "rules": [{"name": "Professionals", "conditions": [{"property": "plan", "op": "Equal", "value": "pro"}],
//!         "variations": [{"id": "new", "rollout": [0, 1], "exptRollout": 1}]}],
//!     "fallthrough": {"variations": [{"id": "old", "rollout": [0, 1], "exptRollout": 1}]}}]}}"#;
//! let ruleset = Compiler::new(Profile::Server).compile(&Document::parse(payload)?);
//! let bob = User::builder("bob").property("plan", "pro").build();
//! let evaluation = ruleset.get("checkout").unwrap().evaluate(&Subject::new(bob.attributes(), Timestamp::from_millis(0)));
//! assert_eq!(evaluation.string(), Some("two pages"));
//! assert_eq!((evaluation.variant(), evaluation.rule_name()), (Some("new"), Some("Professionals")));
//! assert_eq!(reason(&evaluation), "RuleMatch");
//! # Ok::<(), fh_eval::featbit::ParseError>(())
//! ```

mod compilation;
pub(crate) mod compile;
mod condition;
pub(crate) mod document;
pub(crate) mod envelope;
mod experiment;
mod explain;
mod flag;
mod listed_texts;
mod profile;
mod report;
mod segment;
mod split;
mod user;
mod words;

pub use crate::segment::Segment;
pub use compile::Compiler;
pub use condition::OPERATORS;
pub use document::{Document, ParseError, full_message};
pub use experiment::send_to_experiment;
pub use explain::explain;
pub use profile::Profile;
pub use user::{InvalidUser, User, UserBuilder, property_text};
pub use words::reason;

use crate::feature::FeatureRef;

/// Returns FeatBit's bucket of a text, a double from 0 to 1. Flags hash their key, followed by the key of the user or by another property.
#[must_use]
pub fn bucket(text: &str) -> f64 {
    crate::md5::unit_bucket([text])
}

/// Returns true if evaluations of this flag are reported to FeatBit. Only the member `insightsEnabled` with the value `false` says otherwise.
#[must_use]
pub fn has_events(flag: FeatureRef<'_>) -> bool {
    flag.detail().is_some_and(|detail| !detail.is_without_events())
}

/// Returns true if a flag differs from an older state of it, or a segment that it names differs from its older state.
#[must_use]
pub fn is_visible_change(older: FeatureRef<'_>, newer: FeatureRef<'_>) -> bool {
    older.json() != newer.json() || older.named_segments() != newer.named_segments()
}
