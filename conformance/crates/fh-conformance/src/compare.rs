//! Comparison of answers with the expected ones.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::{Answer, Case, Check, EvaluationCase, Expected, Profile, Question};
use crate::decimal::same_number;
use crate::json::Json;
use crate::target::{Broken, Target};

/// The outcome of one case in one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer has all expected parts.
    Pass,
    /// The answer differs from the expected one, or there was none.
    Fail(Failure),
    /// The target does not claim this capability, which the case requires.
    Skip(String),
}

/// The description of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A sentence that names what differs.
    pub message: String,
    /// The expected answer.
    pub expected: Json,
    /// The actual answer; null if there was none.
    pub actual: Json,
}

/// Runs one case against a target and compares the answer. A target that panics has failed.
pub fn check(target: &mut dyn Target, case: &Case, profile: Profile) -> Outcome {
    if let Some(lacking) = case.requires.iter().find(|capability| !target.can(capability)) {
        return Outcome::Skip(lacking.clone());
    }
    let failure = match &case.check {
        Check::Evaluation(evaluation) => check_evaluation(target, evaluation, profile),
        Check::Hash(hash) => {
            let expected = hash.buckets.iter().find(|(p, _)| *p == profile).map(|(_, b)| *b);
            let actual = asked(|| target.bucket(profile, &hash.key, &hash.feature_id));
            let of = |bucket: u32| Json::object([("bucket", Json::number(bucket))]);
            match (actual, expected) {
                (Err(broken), _) => Some(failure(broken.0, Json::Null, Json::Null)),
                (Ok(actual), Some(expected)) if actual != expected => {
                    Some(failure("another bucket".to_owned(), of(expected), of(actual)))
                }
                _ => None,
            }
        }
    };
    failure.map_or(Outcome::Pass, Outcome::Fail)
}

fn failure(message: String, expected: Json, actual: Json) -> Failure {
    Failure { message, expected, actual }
}

fn asked<T>(ask: impl FnOnce() -> Result<T, Broken>) -> Result<T, Broken> {
    // The target is used again after a panic, but only for other cases, and it keeps no state between cases.
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("");
        Err(Broken(format!("panicked: {message}")))
    })
}

fn check_evaluation(
    target: &mut dyn Target,
    case: &EvaluationCase,
    profile: Profile,
) -> Option<Failure> {
    let wire = Question { native: None, ..case.question.clone() };
    let mut questions = vec![&wire];
    if case.question.native.is_some() && target.can("eval.native_context") {
        questions.push(&case.question);
    }
    for question in questions {
        let form = if question.native.is_some() { " (native context)" } else { "" };
        let expected = case.answers.iter().find(|(p, _)| *p == profile).map(|(_, e)| e);
        if let Some(expected) = expected {
            match asked(|| target.read(profile, question)) {
                Err(broken) => {
                    return Some(failure(broken.0 + form, expected.to_json(), Json::Null));
                }
                Ok(answer) => {
                    let wrong = differences(expected, &answer, target);
                    if !wrong.is_empty() {
                        let message = format!("another {}{form}", wrong.join(", "));
                        return Some(failure(message, expected.to_json(), answer.to_json()));
                    }
                }
            }
        }
        let getters = case.getters.as_ref().filter(|(profiles, _)| profiles.contains(&profile));
        let getters = getters.filter(|_| target.can("eval.typed_getters"));
        if let Some((_, expected)) = getters {
            match asked(|| target.getters(profile, question)) {
                Err(broken) => return Some(failure(broken.0 + form, expected.clone(), Json::Null)),
                Ok(actual) => {
                    let wrong = other_members(expected, &actual);
                    if !wrong.is_empty() {
                        let message =
                            format!("getter {} has another result{form}", wrong.join(", "));
                        return Some(failure(message, expected.clone(), actual));
                    }
                }
            }
        }
    }
    None
}

/// Returns the names of the parts that differ.
fn differences(expected: &Expected, answer: &Answer, target: &dyn Target) -> Vec<&'static str> {
    let is_other = |reason: &String| *reason != answer.reason;
    let parts = [
        ("value", !same(&expected.value, &answer.value)),
        ("strategy_id", expected.strategy_id != answer.strategy_id),
        ("reason", expected.reason.as_ref().is_some_and(is_other)),
        ("bucket", expected.bucket.is_some() && expected.bucket != answer.bucket),
        ("trace", expected.trace.is_some() && expected.trace != answer.trace),
    ];
    told(parts, |capability| target.can(capability))
}

/// Returns the names of the parts that differ, without those that a target does not tell.
pub(crate) fn told<const N: usize>(
    parts: [(&'static str, bool); N],
    can: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let is_told = |name: &str| match name {
        "strategy_id" | "reason" | "bucket" | "trace" => can(&format!("eval.{name}")),
        _ => true,
    };
    parts
        .into_iter()
        .filter(|(name, differs)| *differs && is_told(name))
        .map(|part| part.0)
        .collect()
}

/// Returns true if two values are equal. Types are significant; numbers are compared by decimal value.
#[must_use]
pub fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => same_number(left, right),
        (Json::List(left), Json::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            // Objects here are small, and the order of their members does not matter.
            let within = |these: &[(String, Json)], those: &Json| {
                these
                    .iter()
                    .all(|(name, value)| those.get(name).is_some_and(|other| same(value, other)))
            };
            left.len() == right.len() && within(left, &Json::Object(right.clone()))
        }
        _ => left == right,
    }
}

/// Returns the names of the expected members that are missing or differ. A missing member satisfies an expected null.
fn other_members(expected: &Json, actual: &Json) -> Vec<String> {
    let wrong = expected
        .members()
        .iter()
        .filter(|(name, value)| !same(value, actual.get(name).unwrap_or(&Json::Null)));
    wrong.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{other_members, same};
    use crate::json::Json;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn equality() {
        for (left, right) in
            [("5", "5.0"), (r#"{"a":1,"b":2}"#, r#"{"b":2e0,"a":1}"#), ("[1]", "[1.0]")]
        {
            assert!(same(&json(left), &json(right)), "{left} {right}");
        }
        for (left, right) in
            [("5", r#""5""#), ("null", "false"), (r#"{"a":1}"#, r#"{"a":1,"b":2}"#)]
        {
            assert!(!same(&json(left), &json(right)), "{left} {right}");
        }
    }

    #[test]
    fn getters_compare_what_is_expected() {
        let actual = json(r#"{"string":"x","isSet":true,"exists":true}"#);
        assert!(other_members(&json(r#"{"number":null,"isSet":true}"#), &actual).is_empty());
        assert_eq!(
            other_members(&json(r#"{"number":1,"isSet":false}"#), &actual),
            ["number", "isSet"]
        );
    }
}
