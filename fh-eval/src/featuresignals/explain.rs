//! Explanations of evaluations of flags.

use super::Context;
use super::report::report;
use crate::explanation::FlagExplanation;
use crate::feature::FeatureRef;
use crate::subject::Subject;
use crate::time::Timestamp;

/// Evaluates a flag for a context with the code of ordinary evaluations, and records how each step that the evaluation reaches was decided:
/// the expiry, the switch, the group, the prerequisites, the rules, and the rollout or the variants.
///
/// ```
/// use fh_eval::featuresignals::{Compiler, Context, Document, explain};
/// use fh_eval::Timestamp;
/// let ruleset = br#"{"flags": {"checkout": {"flag_type": "string", "default_value": "one page"}},
///     "states": {"checkout": {"enabled": true, "rules": [{"description": "Professionals", "percentage": 10000, "value": "two pages",
///         "conditions": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}}}"#;
/// let ruleset = Compiler::new().compile(&Document::parse(ruleset)?);
/// let bob = Context::builder("bob").attribute("plan", "free").build();
/// let text = explain(ruleset.get("checkout").unwrap(), &bob, Timestamp::from_millis(0)).to_string();
/// assert_eq!(text, "checkout = \"one page\"  (STRING; FALLTHROUGH: no rule matches)
///   switch: the flag is on
///   rule 1 (Professionals) → \"two pages\": condition 1 (plan) does not hold
///     condition 1: plan eq [\"pro\"]: given \"free\", does not hold
///   fallthrough → \"one page\": the default value");
/// # Ok::<(), fh_eval::featuresignals::ParseError>(())
/// ```
#[must_use]
pub fn explain(flag: FeatureRef<'_>, context: &Context, now: Timestamp) -> FlagExplanation {
    let subject = Subject::new(context.attributes(), now);
    FlagExplanation::of(flag, &subject, report).0
}
