//! Whether an answer is the expected one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::{Answer, Case, Check, EvaluationCase, Expected, Profile, Question};
use crate::decimal::same_number;
use crate::json::Json;
use crate::target::{Broken, Target};

/// What became of one case under one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was expected was answered.
    Pass,
    /// Something else was answered, or nothing.
    Fail(Failure),
    /// The target does not claim this capability.
    Skip(String),
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In a sentence.
    pub message: String,
    /// What had to be answered.
    pub expected: Json,
    /// What was answered; null if nothing was.
    pub actual: Json,
}

/// Ask a target for one case and compare. A target that panics has failed.
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
    // A target that panicked is asked again only for other cases; it keeps no state between them.
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
                            format!("another result of getter {}{form}", wrong.join(", "));
                        return Some(failure(message, expected.clone(), actual));
                    }
                }
            }
        }
    }
    None
}

/// The names of the parts that differ.
fn differences(expected: &Expected, answer: &Answer, target: &dyn Target) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let mut part = |name, differs: bool| {
        if differs {
            wrong.push(name);
        }
    };
    part("value", !same(&expected.value, &answer.value));
    let other_strategy = expected.strategy_id != answer.strategy_id;
    part("strategy_id", other_strategy && target.can("eval.strategy_id"));
    if let Some(reason) = &expected.reason {
        part("reason", *reason != answer.reason && target.can("eval.reason"));
    }
    if expected.bucket.is_some() {
        part("bucket", expected.bucket != answer.bucket && target.can("eval.bucket"));
    }
    if expected.trace.is_some() {
        part("trace", expected.trace != answer.trace && target.can("eval.trace"));
    }
    wrong
}

/// Equality of values: types are significant, numbers compare by their decimal value.
#[must_use]
pub fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => same_number(left, right),
        (Json::List(left), Json::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            // Objects here are small, and their members are in no particular order.
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

/// The expected members that are missing or other. An expected null is also met by nothing.
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
