//! Explanations of evaluations of flags.

use super::User;
use super::experiment::exposure;
use super::report::report;
use crate::explanation::FlagExplanation;
use crate::feature::FeatureRef;
use crate::subject::Subject;
use crate::time::Timestamp;

/// Evaluates a flag for a user with the code of ordinary evaluations, and records how each target, rule and interval that the evaluation
/// reaches was decided.
///
/// ```
/// use fh_eval::featbit::{Compiler, Document, Profile, User, explain};
/// let payload = br#"{"featureFlags": [{"key": "checkout", "variationType": "string", "isEnabled": true,
///     "variations": [{"id": "old", "value": "one page"}, {"id": "new", "value": "two pages"}],
///     "rules": [{"name": "Professionals", "conditions": [{"property": "plan", "op": "Equal", "value": "pro"}],
///         "variations": [{"id": "new", "rollout": [0, 1]}]}],
///     "fallthrough": {"variations": [{"id": "old", "rollout": [0, 1]}]}}]}"#;
/// let ruleset = Compiler::new(Profile::Server).compile(&Document::parse(payload)?);
/// let bob = User::builder("bob").property("plan", "free").build();
/// let text = explain(ruleset.get("checkout").unwrap(), &bob).to_string();
/// assert_eq!(text, "checkout = \"one page\"  (STRING; Fallthrough: no rule matches)
///   switch: the flag is on
///   rule 1 (Professionals) → \"two pages\": condition 1 (plan) does not hold
///     condition 1: plan Equal \"pro\": given \"free\", does not hold
///   fallthrough → \"one page\": all users get one value
///   exposure does not count for experiments: the fallthrough is not part of an experiment");
/// # Ok::<(), fh_eval::featbit::ParseError>(())
/// ```
#[must_use]
pub fn explain(flag: FeatureRef<'_>, user: &User) -> FlagExplanation {
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    let (mut explanation, evaluation) = FlagExplanation::of(flag, &subject, report);
    explanation.exposure = exposure(flag, user.attributes(), &evaluation);
    explanation
}
