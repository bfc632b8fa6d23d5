//! C-SEC: hostile names, sizes, attributes and keys.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Recording, Request, Route};
use serde_json::Value;

use crate::protocol::{Context, Create, Read, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, Stage, Stop, TEMPO, Tempo,
    Verdict, check, equal, patience,
};

/// The scenarios of safety.
pub(super) const GROUP: Group = Group {
    name: "C-SEC",
    title: "safety",
    scenarios: &[
        Scenario {
            id: "C-SEC-001",
            name: "prototype",
            given: "features with the keys __proto__ and constructor, and none with the keys toString and hasOwnProperty",
            when: "a client reads them",
            then: "the first two are ordinary features, and the others do not exist",
            decision: "sdk-behaviour 2.4",
            bites: &["ReservedNamesAreHidden"],
            stage: prototype_stage,
            run: prototype,
            ..SCENARIO
        },
        Scenario {
            id: "C-SEC-002",
            name: "many-features",
            tier: 2,
            needs: &["max_bytes"],
            given: "an Edge with 100,000 features, about 11 MB",
            when: "clients with a limit of 1 MB and of 64 MB start",
            then: "the first one refuses the list and has no features, and the second one serves all of them",
            decision: "D-74",
            bites: &["SizesAreTooLarge"],
            slow: true,
            tempo: MANY_FEATURES,
            stage: many_features_stage,
            run: many_features,
            ..SCENARIO
        },
        Scenario {
            id: "C-SEC-003",
            name: "header-injection",
            tier: 3,
            requires: &["key.server_eval"],
            when: "the program sets an attribute that contains the end of a line and a header",
            then: "the attribute arrives encoded, or is refused, and the request has no additional header",
            decision: "sdk-behaviour 5.1",
            bites: &["AttributesSplitHeaders"],
            run: header_injection,
            ..SCENARIO
        },
        Scenario {
            id: "C-SEC-004",
            name: "key-validation",
            when: "clients are created with an empty key, with spaces, without a slash, or with keys of both kinds",
            then: "the SDK reports an error, and sends no request",
            decision: "sdk-behaviour 2.1",
            bites: &["SpacesInKeysAreRemoved"],
            run: key_validation,
            ..SCENARIO
        },
    ],
    not_executed: &[],
};

fn prototype_stage(stage: &Stage) {
    stage.edge().set_feature(Feature::string("__proto__", "one"));
    stage.edge().set_feature(Feature::boolean("constructor", true));
}

fn prototype(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.following())?;
    client.until_ready()?;
    let expected = [
        ("__proto__", "STRING", ExpectedAnswer::string("one")),
        ("constructor", "BOOLEAN", ExpectedAnswer::of("BOOLEAN", true)),
        ("toString", "STRING", ExpectedAnswer::missing()),
        ("hasOwnProperty", "BOOLEAN", ExpectedAnswer::missing()),
    ];
    let context: Context = [("__proto__".to_owned(), vec!["x".to_owned()])].into();
    for context in [None, Some(context)] {
        for (key, kind, expected) in &expected {
            let read = Read { context: context.clone(), ..SdkClient::getter(key, kind) };
            scene.answers_to(&format!("feature {key}"), &client, read, expected)?;
        }
    }
    scene.edge().set_value("__proto__", "two");
    client.until_string("value of __proto__ after a change", "__proto__", "two")
}

/// Number of features of C-SEC-002.
const MANY: usize = 100_000;

/// Time limits that a list of 11 MB keeps on a busy machine.
const MANY_FEATURES: Tempo = Tempo {
    head: Duration::from_secs(60),
    whole_poll: Duration::from_secs(60),
    idle: Duration::from_secs(60),
    ..TEMPO
};

/// Returns the JSON of many features.
fn many_json() -> String {
    let feature = |n: usize| {
        format!(
            r#"{{"id":"{n:08}-0000-4000-8000-000000000000","key":"F{n}","l":false,"version":1,"type":"NUMBER","value":{n}}}"#
        )
    };
    let features: Vec<String> = (0..MANY).map(feature).collect();
    format!("[{}]", features.join(","))
}

fn many_features_stage(stage: &Stage) {
    let features = many_json();
    let environment = fh_test_servers::featurehub::ENVIRONMENT;
    let poll = format!(r#"[{{"id":"{environment}","features":{features}}}]"#);
    let poll = Behaviour::status(200).header("content-type", "application/json").body(poll);
    let stream = Behaviour::sse().ack().event("features", &features).hang();
    stage.edge().behave_on(Route::Poll, poll);
    stage.edge().behave_on(Route::Stream, stream);
}

fn many_features(scene: &Scene<'_>) -> Verdict {
    let last = format!("F{}", MANY - 1);
    let small = scene.create(Create { max_bytes: Some(1 << 20), ..scene.following() })?;
    scene.until("two attempts below the limit", "two requests", |seen| seen.requests.len() >= 2)?;
    let state = small.state()?;
    check(
        "readiness below the limit",
        state.readiness != SdkReadiness::Ready,
        "not READY",
        || state.readiness.to_string(),
    )?;
    equal("value below the limit", small.read(number(&last))?.value, Value::Null)?;
    small.close()?;
    let large = scene.create(Create { max_bytes: Some(64 << 20), ..scene.following() })?;
    if scene.can("ready.wait") {
        // On a busy machine, a client reads such a list for longer than other waits last.
        large.wait(patience() * 5)?;
    }
    large.until_ready()?;
    for n in [0, 1, MANY / 2, MANY - 1] {
        let expected = ExpectedAnswer::of("NUMBER", n);
        scene.answers("a feature of many", &large, &format!("F{n}"), &expected)?;
    }
    let missing = number(&format!("F{MANY}"));
    scene.answers_to("a feature that does not exist", &large, missing, &ExpectedAnswer::missing())
}

fn number(feature: &str) -> Read {
    SdkClient::getter(feature, "NUMBER")
}

fn header_injection(scene: &Scene<'_>) -> Verdict {
    const EVIL: &str = "a\r\nx-evil: 1\r\n\r\nGET /evil HTTP/1.1";
    let keys = vec![scene.edge().server_key()];
    let client = scene.create(Create { keys, ..scene.following() })?;
    client.until_ready()?;
    for attributes in [("userkey", EVIL), (EVIL, "value")] {
        let (name, value) = attributes;
        let before = scene.edge().recording().requests.len();
        let context: Context = [(name.to_owned(), vec![value.to_owned()])].into();
        let answer = client.context(&context, patience())?;
        // Some SDKs do not wait for the answer, so the request may arrive later.
        let arrives = |seen: &Recording| {
            let new = seen.requests.get(before..).unwrap_or_default();
            answer.is_err() || new.iter().any(|seen| seen.request.context() == context)
        };
        let expected = format!("a request with {context:?}");
        let arrived = scene.until("the attribute that arrives", &expected, arrives);
        no_injection(scene, before)?;
        arrived?;
    }
    Ok(())
}

/// Checks that no request after the first ones has a header or a target that an attribute has injected.
fn no_injection(scene: &Scene<'_>, before: usize) -> Verdict {
    let requests = scene.edge().recording().requests;
    let new = requests.get(before..).unwrap_or_default();
    let is_split = |request: &Request| {
        request.header("x-evil").is_some() || request.target.contains("evil HTTP")
    };
    // A browser asks before it sends the header of the context to another origin.
    let is_unknown = |request: &Request| request.route == Route::Other && !request.is_preflight();
    check(
        "no additional header or request",
        new.iter().all(|seen| !is_split(&seen.request) && !is_unknown(&seen.request)),
        "no header x-evil",
        || format!("{:?}", new.iter().map(|seen| &seen.request.headers).collect::<Vec<_>>()),
    )
}

fn key_validation(scene: &Scene<'_>) -> Verdict {
    let (client, server) = (scene.edge().client_key(), scene.edge().server_key());
    let refused = |label: &str, keys: &[&str]| -> Result<(), Stop> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        scene.create_refused(label, Create { keys, ..scene.following() }).map(drop)
    };
    refused("an empty key is refused", &[""])?;
    refused("a key of spaces is refused", &["   "])?;
    refused("a key without a slash is refused", &["key"])?;
    refused("a key with a space is refused", &[&client.replacen('/', "/ ", 1)])?;
    if scene.can("key.multi") {
        refused("keys of both kinds are refused", &[&client, &server])?;
    }
    equal("number of requests", scene.edge().recording().connections.len(), 0)
}
