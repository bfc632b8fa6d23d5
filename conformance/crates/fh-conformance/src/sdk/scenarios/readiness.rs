//! C-READY: the readiness of a client.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Feature, Route};
use serde_json::{Value, json};

use crate::protocol::{Called, Context, ListenOn, Read, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, SdkListener, Skip, Stage, Stop,
    TEMPO, Tempo, Verdict, check, equal,
};

/// The scenarios of readiness.
pub(super) const GROUP: Group = Group {
    name: "C-READY",
    title: "readiness",
    scenarios: &[
        Scenario {
            id: "C-READY-001",
            name: "initial",
            requires: &["transport.poll"],
            given: "an Edge that does not answer before a signal, with features of all types",
            when: "a client starts, and features are read before the first list",
            then: "it reports NOT_READY, and reads give the caller's defaults without an error; after the list it is READY",
            decision: "sdk-behaviour 2.3",
            bites: &["ReadyAtOnce"],
            stage: all_types_after_go,
            run: initial,
            ..SCENARIO
        },
        Scenario {
            id: "C-READY-002",
            name: "wait-ok",
            requires: &["transport.poll", "ready.wait"],
            given: "an Edge that answers after a second",
            when: "the program waits until the client is ready",
            then: "the wait ends with READY, and the values are readable at once",
            decision: "D-70",
            bites: &["WaitsEndAtOnce"],
            stage: |stage| {
                stage.with_feature_f();
                stage.edge().behave(Behaviour::new().sleep(LATE).then_healthy());
            },
            run: wait_ok,
            ..SCENARIO
        },
        Scenario {
            id: "C-READY-003",
            name: "wait-timeout",
            requires: &["transport.poll", "ready.wait"],
            given: "an Edge that does not answer before a signal",
            when: "the program waits for one second until the client is ready",
            then: "the wait ends with NOT_READY, not before its time, and the client becomes ready when the Edge answers",
            decision: "D-70",
            bites: &["WaitsEndAtOnce"],
            stage: f_after_go,
            run: wait_timeout,
            ..SCENARIO
        },
        Scenario {
            id: "C-READY-004",
            name: "listener-replay",
            requires: &["transport.poll", "ready.listener"],
            when: "a readiness listener is added to a client that is ready",
            then: "it is called once, with READY",
            decision: "D-63",
            bites: &["ReadinessRepeats", "ReadinessStartsSilent"],
            run: listener_replay,
            ..SCENARIO
        },
        Scenario {
            id: "C-READY-005",
            name: "no-duplicates",
            requires: &["transport.poll", "ready.listener"],
            needs: &["poll_ms"],
            given: "an Edge that does not answer before a signal",
            when: "the client becomes ready, then gets two more lists with two answers 500 between them",
            then: "a readiness listener gets READY exactly once, and no state twice in a row",
            decision: "sdk-behaviour 2.3",
            bites: &["ReadinessRepeats"],
            stage: f_after_go,
            run: no_duplicates,
            ..SCENARIO
        },
        Scenario {
            id: "C-READY-006",
            name: "failed-then-ready",
            requires: &["transport.poll"],
            given: "an Edge that answers 404",
            when: "the Edge becomes healthy, and the program refreshes or the client retries slowly",
            then: "the readiness is FAILED and then READY, and the values are readable",
            decision: "D-21",
            tempo: SLOW_RETRY,
            bites: &["ReadinessRepeats"],
            stage: |stage| {
                stage.with_feature_f();
                stage.edge().behave(Behaviour::status(404));
            },
            run: failed_then_ready,
            ..SCENARIO
        },
        Scenario {
            id: "C-READY-007",
            name: "server-eval-context",
            tier: 3,
            requires: &["transport.poll", "key.server_eval"],
            given: "a server-evaluated key, and an Edge that answers for another context only after a signal",
            when: "the context of a ready client changes",
            then: "the readiness is NOT_READY, no value of the former context is read, and it is READY with the values of the new context",
            decision: "D-62",
            bites: &["ReadyWhileSwitching"],
            stage: evaluating,
            run: server_eval_context,
            ..SCENARIO
        },
    ],
    not_executed: &[],
};

/// The time that an Edge takes for an answer, and that a program waits for one.
const LATE: Duration = Duration::from_secs(1);

/// Delays with which slow retries come after about a second.
pub(super) const SLOW_RETRY: Tempo = Tempo {
    refused: Duration::from_millis(1000),
    refused_max: Duration::from_millis(2000),
    ..TEMPO
};

fn f_after_go(stage: &Stage) {
    stage.with_feature_f();
    stage.answer_after_go();
}

fn all_types_after_go(stage: &Stage) {
    f_after_go(stage);
    stage.edge().set_feature(Feature::boolean("B", false));
    stage.edge().set_feature(Feature::number("N", 2.5));
    stage.edge().set_feature(Feature::json_text("J", r#"{"a":1}"#));
}

fn initial(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    equal("readiness before the first list", client.state()?.readiness, SdkReadiness::NotReady)?;
    for (feature, kind, default, _) in typed() {
        let read = SdkClient::getter(feature, kind);
        let expected = ExpectedAnswer::not_ready();
        scene.answers_to(&format!("read of a {kind}"), &client, read.clone(), &expected)?;
        if scene.can("eval.defaults") {
            let read = Read { default: Some(default.clone()), ..read };
            let label = format!("read of a {kind} with a default");
            scene.answers_to(&label, &client, read, &expected.default_value(default))?;
        }
    }
    equal("readiness after the reads", client.state()?.readiness, SdkReadiness::NotReady)?;
    scene.edge().signal("go");
    client.until_ready()?;
    for (feature, kind, _, value) in typed() {
        let label = format!("read of a {kind} after the list");
        scene.answers(&label, &client, feature, &ExpectedAnswer::of(kind, value))?;
    }
    Ok(())
}

/// Returns a feature of each type, a default for its getter, and its value.
fn typed() -> [(&'static str, &'static str, Value, Value); 4] {
    [
        ("F", "STRING", json!("default"), json!("one")),
        ("B", "BOOLEAN", json!(true), json!(false)),
        ("N", "NUMBER", json!(7.5), json!(2.5)),
        ("J", "JSON", json!(r#"{"b":2}"#), json!(r#"{"a":1}"#)),
    ]
}

fn wait_ok(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    equal("end of the wait", client.wait(scene.patience())?, SdkReadiness::Ready)?;
    scene.answers("value after the wait", &client, "F", &ExpectedAnswer::string("one"))?;
    equal("readiness after the wait", client.state()?.readiness, SdkReadiness::Ready)?;
    equal("end of a second wait", client.wait(scene.patience())?, SdkReadiness::Ready)
}

fn wait_timeout(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    let start = Instant::now();
    let ended = client.wait(LATE)?;
    let waited = start.elapsed();
    equal("end of the wait", ended, SdkReadiness::NotReady)?;
    check("the wait lasts its time", waited >= LATE, "at least 1 s", || format!("{waited:?}"))?;
    scene.edge().signal("go");
    client.until_ready()?;
    scene.answers("value after the list", &client, "F", &ExpectedAnswer::string("one"))?;
    equal("end of a later wait", client.wait(LATE)?, SdkReadiness::Ready)
}

fn listener_replay(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let listener = client.on("readiness", ListenOn::Readiness)?;
    listener.until_calls("the listener is called", 1)?;
    listener.no_more_than("the listener is called once", 1, Tempo::watch(scene.tempo().poll, 5))?;
    equal("states of the listener", states(&listener), [SdkReadiness::Ready])
}

fn no_duplicates(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    let listener = client.on("readiness", ListenOn::Readiness)?;
    scene.edge().signal("go");
    client.until_ready()?;
    scene.edge().set_value("F", "two");
    client.until_string("value of the second list", "F", "two")?;
    let failed = Behaviour::status(500);
    scene.edge().script(Route::Poll, [failed.clone(), failed], Behaviour::healthy());
    scene.edge().set_value("F", "three");
    client.until_string("value of the third list", "F", "three")?;
    let ready = |call: &Called| call.readiness == Some(SdkReadiness::Ready);
    listener.until_call("the listener gets READY", "a call with READY", ready)?;
    let calls = listener.calls().len();
    listener.no_more_than(
        "no call without a change",
        calls,
        Tempo::watch(scene.tempo().poll, 5),
    )?;
    let states = states(&listener);
    // Some SDKs do not report the state NOT_READY to a listener that is added in it.
    let after_start = states.strip_prefix(&[SdkReadiness::NotReady]).unwrap_or(&states);
    equal("states after NOT_READY", after_start, [SdkReadiness::Ready])
}

fn failed_then_ready(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    let listener = readiness_listener(scene, &client)?;
    client.until_readiness("the client reports FAILED", SdkReadiness::Failed)?;
    let answer = client.read(SdkClient::getter("F", "STRING"))?;
    equal("value while FAILED", answer.value, Value::Null)?;
    equal("error of a read while FAILED", answer.error, None)?;
    scene.edge().behave(Behaviour::healthy());
    recover(scene, &client)?;
    scene.answers("value after FAILED", &client, "F", &ExpectedAnswer::string("one"))?;
    let Some(listener) = listener else { return Ok(()) };
    let ready = |call: &Called| call.readiness == Some(SdkReadiness::Ready);
    listener.until_call("the listener gets READY", "a call with READY", ready)?;
    let states = states(&listener);
    let after_start = states.strip_prefix(&[SdkReadiness::NotReady]).unwrap_or(&states);
    equal("states of the listener", after_start, [SdkReadiness::Failed, SdkReadiness::Ready])
}

/// Brings a client that was refused back to READY: by a refresh if the SDK has one, else by its slow retry. Skips the scenario if it has
/// neither, or if the slow retry is too slow.
pub(super) fn recover(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    if scene.can("refresh") {
        let refreshed = client.refresh()?;
        equal("readiness after the refresh", refreshed, Ok(SdkReadiness::Ready))?;
    } else if !scene.sets("refused.initial_ms") {
        return Err(Stop::Skipped(Skip::Unconfigurable("refused.initial_ms".to_owned())));
    }
    client.until_readiness("the client becomes ready again", SdkReadiness::Ready)
}

/// Adds a readiness listener, if the SDK has such listeners.
pub(super) fn readiness_listener(
    scene: &Scene<'_>,
    client: &SdkClient,
) -> Result<Option<SdkListener>, Stop> {
    let can = scene.can("ready.listener");
    can.then(|| client.on("readiness", ListenOn::Readiness)).transpose()
}

/// Returns the states that a readiness listener got.
pub(super) fn states(listener: &SdkListener) -> Vec<SdkReadiness> {
    listener.calls().iter().filter_map(|call| call.readiness).collect()
}

/// Serves `F` with the name of the user in its value. Requests for the user `anna` are answered after the signal `go`.
fn evaluating(stage: &Stage) {
    stage.with_feature_f();
    stage.edge().evaluate_with(|context, mut features| {
        let user = context.get("userkey").and_then(|values| values.first());
        if let Some(user) = user {
            for feature in features.iter_mut().filter_map(Value::as_object_mut) {
                feature.insert("value".to_owned(), json!(format!("one for {user}")));
            }
        }
        features
    });
    stage.edge().behave(Behaviour::choose(|request| {
        match request.context().get("userkey").and_then(|values| values.first()) {
            Some(user) if user == "anna" => Behaviour::new().wait_for_signal("go").then_healthy(),
            _ => Behaviour::healthy(),
        }
    }));
}

fn server_eval_context(scene: &Scene<'_>) -> Verdict {
    let mut create = scene.polling();
    create.keys = vec![scene.edge().server_key()];
    create.context = Some(user("bert"));
    let client = scene.create(create)?;
    client.until_ready()?;
    scene.answers(
        "value of the first context",
        &client,
        "F",
        &ExpectedAnswer::string("one for bert"),
    )?;
    let listener = readiness_listener(scene, &client)?;
    if let Some(listener) = &listener {
        listener.until_calls("the listener gets the present state", 1)?;
    }
    let changed = client.context(&user("anna"), LATE)?;
    equal("readiness before the Edge answers", changed, Ok(SdkReadiness::NotReady))?;
    scene.answers("value before the Edge answers", &client, "F", &ExpectedAnswer::not_ready())?;
    scene.edge().signal("go");
    client.until_ready()?;
    scene.answers(
        "value of the second context",
        &client,
        "F",
        &ExpectedAnswer::string("one for anna"),
    )?;
    let Some(listener) = listener else { return Ok(()) };
    listener.until_calls("the listener gets both changes", 3)?;
    let expected = [SdkReadiness::Ready, SdkReadiness::NotReady, SdkReadiness::Ready];
    equal("states of the listener", states(&listener), expected)
}

fn user(name: &str) -> Context {
    BTreeMap::from([("userkey".to_owned(), vec![name.to_owned()])])
}
