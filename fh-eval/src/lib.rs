#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "featbit")]
pub mod featbit;
pub mod featurehub;
#[cfg(feature = "featuresignals")]
pub mod featuresignals;
#[doc(hidden)]
pub mod internal;

mod attributes;
mod bucket;
mod clock;
mod columns;
mod cost;
mod diagnostic;
mod evaluate;
mod evaluation;
#[cfg(feature = "explain")]
mod explanation;
mod feature;
#[cfg(feature = "first-row")]
mod first_row;
mod hashing;
#[cfg(not(target_arch = "wasm32"))]
mod home;
mod index;
mod json;
#[cfg(not(target_arch = "wasm32"))]
mod large_list;
#[cfg(not(target_arch = "wasm32"))]
mod listed_text;
#[cfg(feature = "featbit")]
mod md5;
#[cfg(feature = "patterns")]
mod patterns;
mod predicate;
mod reason;
mod replacements;
mod rule_order;
mod ruleset;
#[cfg(feature = "first-row")]
mod segment;
#[cfg(feature = "serde")]
mod serialize;
mod shared_text;
mod spelling;
#[cfg(not(target_arch = "wasm32"))]
mod spread_list;
mod subject;
mod tables;
mod text;
mod text_list;
#[cfg(feature = "featbit")]
mod text_value;
mod time;
mod time_rules;
mod trace;
mod value;
mod work;
mod writer;

pub use attributes::build::{AttributeText, AttributesBuilder};
pub use attributes::json::InvalidContext;
pub use attributes::{Attributes, Country, Device, Platform, UnknownName, Values};
pub use bucket::BUCKETS;
pub use clock::Clock;
pub use columns::{Column, ColumnEvaluator, PreparedText, RowAnswer, UnknownFeature};
pub use diagnostic::{Consequence, Diagnostic, DiagnosticKind, Place, Severity, Vocabulary};
pub use evaluation::Evaluation;
#[cfg(all(feature = "explain", feature = "first-row"))]
pub use explanation::{
    BucketReport, ConditionReport, ExposureReport, FlagExplanation, FlagReport, MemberReport,
    PrerequisiteReport, SegmentReport, ShareReport, StepKind, StepOutcome, StepReport,
};
#[cfg(feature = "explain")]
pub use explanation::{Explanation, Line, Mark, Outcome};
pub use feature::FeatureRef;
pub use featurehub::profile::{Profile, UnknownProfile};
#[cfg(feature = "explain")]
pub use featurehub::report::{Report, RuleReport, StrategyReport};
pub use reason::EvaluationReason;
pub use ruleset::{Feature, Ruleset};
pub use shared_text::SharedText;
pub use subject::Subject;
#[cfg(feature = "patterns")]
pub use text::pattern::{Construct, Refusal};
pub use time::{InvalidTimestamp, Timestamp};
pub use time_rules::{TimeOutcome, TimeRules};
pub use value::{Kind, Number, Value};
pub use work::WorkBound;
