//! Contexts of a client-evaluated API key.

use fh_test_servers::featurehub::Feature;
use serde_json::{Value, json};

use crate::protocol::{Context, Listen, ListenOn, Read, Then};
use crate::sdk::{ExpectedAnswer, ExpectedChange, Scene, SdkClient, Stage, Verdict, equal};

use super::context;

/// Serves `F` with a strategy for the user fred and one for New Zealand, and `G`.
pub(super) fn stage(stage: &Stage) {
    let feature = Feature::string("F", "one").strategies(strategies("for fred"));
    stage.edge().set_feature(feature);
    stage.edge().set_feature(Feature::number("G", 0.0));
}

fn strategies(for_fred: &str) -> Value {
    json!([
        {"id": "by-user", "value": for_fred, "attributes": [
            {"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["fred"]}]},
        {"id": "by-country", "value": "for New Zealand", "attributes": [
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]},
    ])
}

fn of_f(context: Option<Context>) -> Read {
    Read { context, ..SdkClient::getter("F", "STRING") }
}

fn fred() -> Context {
    context([("userkey", "fred")])
}

pub(super) fn isolation(scene: &Scene<'_>) -> Verdict {
    const ROUNDS: u32 = 20;
    let client = scene.create(scene.following())?;
    client.until_ready()?;
    if scene.can("listen.feature") {
        let evaluate =
            Then::Evaluate { feature: "F".into(), kind: "STRING".into(), context: Some(fred()) };
        client.listen(Listen {
            listener: "evaluates".into(),
            on: ListenOn::Feature,
            feature: Some("G".into()),
            then: vec![evaluate],
            ..Listen::default()
        })?;
    }
    let cases = [
        (
            "value for fred",
            Some(fred()),
            ExpectedAnswer::string("for fred").matched("by-user", "STRATEGY_MATCH"),
        ),
        ("value without a context", None, ExpectedAnswer::string("one").reason("DEFAULT")),
        (
            "value for mary in New Zealand",
            Some(context([("userkey", "mary"), ("country", "new_zealand")])),
            ExpectedAnswer::string("for New Zealand").matched("by-country", "STRATEGY_MATCH"),
        ),
        (
            "value for mary",
            Some(context([("userkey", "mary")])),
            ExpectedAnswer::string("one").reason("DEFAULT"),
        ),
    ];
    for round in 0..ROUNDS {
        // Each change calls the listener, which reads at the same time.
        scene.edge().set_value("G", round);
        let reads: Vec<Read> = cases.iter().map(|(_, context, _)| of_f(context.clone())).collect();
        for ((label, _, expected), answer) in cases.iter().zip(client.read_all(&reads)?) {
            scene.is_answer(label, &answer, expected)?;
        }
    }
    Ok(())
}

pub(super) fn immutable_input(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    let listener = client.listen(Listen {
        listener: "fred".into(),
        on: ListenOn::Feature,
        feature: Some("F".into()),
        context: Some(fred()),
        ..Listen::default()
    })?;
    let mary = context([("userkey", "mary"), ("country", "new_zealand")]);
    let answer = client.read(of_f(Some(mary)))?;
    equal("value for mary", answer.value, "for New Zealand")?;
    scene
        .edge()
        .change("F", |feature| feature.strategies(strategies("for fred again")))
        .unwrap_or_default();
    let calls = listener.until_calls("the listener is called", 1)?;
    for call in calls {
        let expected = ExpectedChange::to("F", "for fred again", 2);
        expected.check("what the listener sees", &call)?;
    }
    let expected = ExpectedAnswer::string("for fred again").version(2);
    let expected = expected.matched("by-user", "STRATEGY_MATCH");
    scene.answers_to("value for fred", &client, of_f(Some(fred())), &expected)
}
