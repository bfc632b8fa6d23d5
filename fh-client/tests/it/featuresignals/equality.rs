//! Clients give the answers that a running server gave, in both modes.

use fh_client::{Attributes, Client, Detail, Reason, featuresignals};
use fh_eval::featuresignals::Context;
use fh_test_featuresignals::TestServer;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{STATE, builder, settings};
use crate::support::{soon, started};

const ANSWERS: &str =
    include_str!("../../../../conformance/data/imported/featuresignals-live/answers-1.json");

#[derive(Deserialize)]
struct Answers {
    from: String,
    flag_keys: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    context: Box<RawValue>,
    bulk: Bulk,
}

#[derive(Deserialize)]
struct Bulk {
    body: Box<RawValue>,
}

/// Compares the answers of a client for all contexts, which `context` sets, and returns their number.
fn compare(client: &Client, answers: &Answers, context: impl Fn(Attributes)) -> usize {
    let mut equal = 0;
    for step in &answers.steps {
        let attributes = Context::from_json(step.context.get()).unwrap().attributes().clone();
        context(attributes.clone());
        let context = client.context_of(attributes);
        let expected: Value = serde_json::from_str(step.bulk.body.get()).unwrap();
        for key in &answers.flag_keys {
            let (detail, expected) = (context.detail(key), &expected[key]);
            let given = given(&detail);
            let same = given.0 == expected["value"]
                && given.1 == expected["reason"]
                && given.2 == expected.get("variant_key").cloned().unwrap_or_default();
            assert!(same, "{key} for {}: {given:?}, expected {expected}", step.context);
            equal += usize::from(detail.exists);
        }
    }
    equal
}

/// Returns the value, the server's word for the reason, and the variant.
fn given(detail: &Detail) -> (Value, &'static str, Value) {
    let value = detail.value.as_ref().map_or(Value::Null, |value| {
        serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
    });
    let value = match (&value, &detail.value) {
        (_, Some(fh_client::Value::Json(json))) => serde_json::from_str(json).unwrap(),
        _ => value,
    };
    let reason = match detail.reason {
        Reason::Off => "DISABLED",
        Reason::Excluded => "MUTUALLY_EXCLUDED",
        Reason::PrerequisiteFailed => "PREREQUISITE_FAILED",
        Reason::StrategyMatch => "TARGETED",
        Reason::Split => "ROLLOUT",
        Reason::Variant => "VARIANT",
        Reason::Default => "FALLTHROUGH",
        Reason::NotFound => "NOT_FOUND",
        _ => "another",
    };
    (value, reason, detail.strategy_id.as_deref().into())
}

#[test]
fn both_modes_give_the_11400_answers_of_a_running_server() {
    let answers: Answers = serde_json::from_str(ANSWERS).unwrap();
    let server = TestServer::start().unwrap();
    server.environment().replace_all(STATE).unwrap();
    server.set_time(Some(&answers.from)).unwrap();
    let remote = started(builder(
        settings(&server).reasons(true).interval(std::time::Duration::from_secs(30)),
    ));
    let set = |attributes| drop(soon(remote.set_context(attributes)).unwrap());
    assert_eq!(compare(&remote, &answers, set), 150 * 76);

    let now = answers.from.parse().unwrap();
    let local = featuresignals::Settings::of_ruleset(STATE);
    let local = Client::featuresignals(local).clock(move || now).start().unwrap();
    local.wait_ready(crate::support::PATIENCE).unwrap();
    assert_eq!(compare(&local, &answers, |_| {}), 150 * 76);
}
