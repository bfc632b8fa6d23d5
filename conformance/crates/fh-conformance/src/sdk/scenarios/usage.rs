//! C-USE: usage events.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{ENVIRONMENT, Feature};
use serde_json::{Value, json};

use super::anna;
use crate::protocol::{Called, Context, Listen, ListenOn, Read, Record, Then};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, SdkListener, Stage, Stop, Tempo,
    Verdict, check, equal,
};

/// The scenarios of usage.
pub(super) const GROUP: Group = Group {
    name: "C-USE",
    title: "usage",
    scenarios: &[
        Scenario {
            id: "C-USE-001",
            name: "per-evaluation",
            when: "F is read with a context for which a strategy matches, and S without a context",
            then: "there is one event for each read: with the key, the value, the ids of feature and environment, the user key, \
                   the attributes and the id of the strategy; the second one without what a read without a context lacks",
            bites: &["UsageCountsTwice", "UsageForgetsContexts"],
            run: per_evaluation,
            ..USAGE
        },
        Scenario {
            id: "C-USE-002",
            name: "false-is-off",
            when: "two BOOLEAN features are read",
            then: "the events have the values off and on",
            bites: &["UsageOfFalseIsMissing"],
            run: false_is_off,
            ..USAGE
        },
        Scenario {
            id: "C-USE-003",
            name: "zero-and-empty",
            when: "a NUMBER 0 and an empty STRING are read",
            then: "the events have the values 0 and an empty text",
            bites: &["UsageOfZeroIsMissing"],
            run: zero_and_empty,
            ..USAGE
        },
        Scenario {
            id: "C-USE-004",
            name: "json-omitted",
            when: "a JSON feature is read",
            then: "the event has no value",
            bites: &["UsageSendsJson"],
            run: json_omitted,
            ..USAGE
        },
        Scenario {
            id: "C-USE-005",
            name: "not-from-listeners",
            requires: &["usage", "listen.feature"],
            given: "a usage listener and three listeners for changes of S",
            when: "S changes, twice",
            then: "there is no usage event; a later read is one",
            bites: &["ListenersCountAsUse"],
            run: not_from_listeners,
            ..USAGE
        },
        Scenario {
            id: "C-USE-006",
            name: "plugin-throws",
            given: "a usage listener that throws, and one that does not",
            when: "features are read",
            then: "the reads give their values without an error, and both listeners get all events",
            bites: &["FailingObserversAreClosed"],
            run: plugin_throws,
            ..USAGE
        },
        Scenario {
            id: "C-USE-007",
            name: "plugin-slow",
            given: "a usage listener that sleeps for two seconds",
            when: "features are read while it sleeps",
            then: "the reads do not wait for it",
            bites: &["ObserversRunInReads"],
            run: plugin_slow,
            ..USAGE
        },
        Scenario {
            id: "C-USE-008",
            name: "named",
            requires: &["usage", "usage.named"],
            when: "the program records a named event with a context",
            then: "the event has its name and parameters, the values of all features in this context, the user key and the attributes",
            bites: &[
                "NamedEventsHaveNoFeatures",
                "UsageOfFalseIsMissing",
                "UsageOfZeroIsMissing",
                "UsageSendsJson",
            ],
            run: named,
            ..USAGE
        },
        Scenario {
            id: "C-USE-009",
            name: "collection-on-ready",
            given: "a usage listener, and an Edge that does not answer before a signal",
            when: "the client becomes ready, and S changes",
            then: "there is one event with the values of all features of the first list",
            bites: &["NoCollectionWhenReady"],
            stage: |stage| {
                all_types(stage);
                stage.answer_after_go();
            },
            run: collection_on_ready,
            ..USAGE
        },
    ],
    not_executed: &[],
};

/// The default of the scenarios of this group.
const USAGE: Scenario = Scenario {
    tier: 3,
    requires: &["usage"],
    given: "a usage listener, and features of all types",
    decision: "sdk-behaviour 3.2, 3.3",
    stage: all_types,
    ..SCENARIO
};

fn all_types(stage: &Stage) {
    let edge = stage.edge();
    edge.set_feature(Feature::string("F", "one").strategies(anna::strategies("anna's one")));
    edge.set_feature(Feature::string("S", "text"));
    edge.set_feature(Feature::string("EMPTY", ""));
    edge.set_feature(Feature::boolean("OFF", false));
    edge.set_feature(Feature::boolean("ON", true));
    edge.set_feature(Feature::number("N", 2.5));
    edge.set_feature(Feature::number("ZERO", 0.0));
    edge.set_feature(Feature::json_text("J", r#"{"a":1}"#));
}

/// Returns the texts of all features without a context. The value of a JSON feature is not sent.
fn all_texts() -> BTreeMap<String, Value> {
    let texts = [
        ("F", "one"),
        ("S", "text"),
        ("EMPTY", ""),
        ("OFF", "off"),
        ("ON", "on"),
        ("N", "2.5"),
        ("ZERO", "0"),
    ];
    texts.into_iter().map(|(key, text)| (key.to_owned(), Value::from(text))).collect()
}

fn usage_listener(client: &SdkClient, name: &str, then: Vec<Then>) -> Result<SdkListener, Stop> {
    client.listen(Listen {
        listener: name.to_owned(),
        on: ListenOn::Usage,
        then,
        ..Listen::default()
    })
}

/// Waits until there are `count` events of a kind, checks that no more follow, and returns them.
fn events(
    scene: &Scene<'_>,
    label: &str,
    listener: &SdkListener,
    kind: &str,
    count: usize,
) -> Result<Vec<Called>, Stop> {
    let is_kind = |call: &Called| call.kind.as_deref() == Some(kind);
    let events = listener.until_calls_where(label, count, is_kind)?;
    let watch = Tempo::watch(scene.tempo().poll, 5);
    listener.no_more_where(&format!("{label}, and no more"), count, watch, is_kind)?;
    Ok(events)
}

/// What the event of a read must have.
struct Used<'a> {
    feature: &'a str,
    value: Option<&'a str>,
    context: Option<Context>,
    strategy_id: Option<&'a str>,
}

impl<'a> Used<'a> {
    fn plain(feature: &'a str, value: Option<&'a str>) -> Self {
        Self { feature, value, context: None, strategy_id: None }
    }

    fn check(&self, scene: &Scene<'_>, label: &str, event: Option<&Called>) -> Verdict {
        let id = scene.edge().feature(self.feature);
        let id = id.as_ref().and_then(|feature| feature.get("id")).and_then(Value::as_str);
        let user = self.context.as_ref().and_then(|context| context.get("userkey")?.first());
        let expected = json!({
            "feature": self.feature,
            "value": self.value,
            "id": id,
            "environment": ENVIRONMENT,
            "user_key": user,
            "attributes": self.context.clone().unwrap_or_default(),
            "strategy_id": self.strategy_id,
        });
        let actual = event.map(|event| {
            json!({
                "feature": event.feature,
                "value": event.value,
                "id": event.id,
                "environment": event.environment,
                "user_key": event.user_key,
                "attributes": event.attributes.clone().unwrap_or_default(),
                "strategy_id": event.strategy_id,
            })
        });
        equal(label, actual.unwrap_or_default(), expected)
    }
}

fn per_evaluation(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let usage = usage_listener(&client, "usage", Vec::new())?;
    let read = Read { context: Some(anna::context()), ..SdkClient::getter("F", "STRING") };
    let matched = ExpectedAnswer::string("anna's one").matched(anna::STRATEGY, "STRATEGY_MATCH");
    scene.answers_to("read of F", &client, read, &matched)?;
    let used = events(scene, "one event for a read", &usage, "feature", 1)?;
    let of_f = Used {
        feature: "F",
        value: Some("anna's one"),
        context: Some(anna::context()),
        strategy_id: Some(anna::STRATEGY),
    };
    of_f.check(scene, "event of a read with a context", used.first())?;
    scene.answers("read of S", &client, "S", &ExpectedAnswer::string("text"))?;
    let used = events(scene, "one event for each read", &usage, "feature", 2)?;
    let of_s = Used::plain("S", Some("text"));
    of_s.check(scene, "event of a read without a context", used.get(1))
}

/// Reads features, each of which has one event with this text.
fn texts(scene: &Scene<'_>, reads: &[(&str, &'static str, Value, Option<&str>)]) -> Verdict {
    let client = scene.ready_client()?;
    let usage = usage_listener(&client, "usage", Vec::new())?;
    for (feature, kind, value, _) in reads {
        let expected = ExpectedAnswer::of(kind, value.clone());
        scene.answers(&format!("read of {feature}"), &client, feature, &expected)?;
    }
    let used = events(scene, "one event for each read", &usage, "feature", reads.len())?;
    for ((feature, _, _, text), event) in reads.iter().zip(&used) {
        let label = format!("event for {feature}");
        Used::plain(feature, *text).check(scene, &label, Some(event))?;
    }
    Ok(())
}

fn false_is_off(scene: &Scene<'_>) -> Verdict {
    let off = ("OFF", "BOOLEAN", json!(false), Some("off"));
    texts(scene, &[off, ("ON", "BOOLEAN", json!(true), Some("on"))])
}

fn zero_and_empty(scene: &Scene<'_>) -> Verdict {
    let zero = ("ZERO", "NUMBER", json!(0), Some("0"));
    texts(scene, &[zero, ("EMPTY", "STRING", json!(""), Some(""))])
}

fn json_omitted(scene: &Scene<'_>) -> Verdict {
    let json = ("J", "JSON", json!(r#"{"a":1}"#), None);
    texts(scene, &[json, ("N", "NUMBER", json!(2.5), Some("2.5"))])
}

fn not_from_listeners(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let usage = usage_listener(&client, "usage", Vec::new())?;
    let mut listeners = Vec::new();
    for name in ["first", "second", "third"] {
        listeners.push(client.on_change(name, "S")?);
    }
    for (count, value) in [(1, "two"), (2, "three")] {
        scene.edge().set_value("S", value);
        for listener in &listeners {
            listener.until_calls("calls of the listeners", count)?;
        }
    }
    events(scene, "no event without a read", &usage, "feature", 0)?;
    equal("value of S", client.string("S")?, "three")?;
    let used = events(scene, "one event for a read", &usage, "feature", 1)?;
    Used::plain("S", Some("three")).check(scene, "event of the read", used.first())
}

fn plugin_throws(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let throws = usage_listener(&client, "throws", vec![Then::Throw])?;
    let calm = usage_listener(&client, "calm", Vec::new())?;
    let text = ("S", "STRING", json!("text"));
    let reads = [text.clone(), ("ON", "BOOLEAN", json!(true)), text];
    let listeners =
        [("events of the listener that throws", &throws), ("events of the other listener", &calm)];
    let is_read = |call: &Called| call.kind.as_deref() == Some("feature");
    for (before, (feature, kind, value)) in reads.iter().enumerate() {
        let expected = ExpectedAnswer::of(kind, value.clone());
        scene.answers(&format!("read of {feature}"), &client, feature, &expected)?;
        // The listener has thrown before the next read.
        for (label, listener) in listeners {
            listener.until_calls_where(label, before + 1, is_read)?;
        }
    }
    for (label, listener) in listeners {
        let used = events(scene, label, listener, "feature", reads.len())?;
        let features: Vec<_> = used.iter().map(|event| event.feature.as_deref()).collect();
        equal(&format!("features of the {label}"), features, [Some("S"), Some("ON"), Some("S")])?;
    }
    Ok(())
}

/// The time for which the slow listener sleeps.
const SLEEP: Duration = Duration::from_secs(2);

fn plugin_slow(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let ms = u64::try_from(SLEEP.as_millis()).unwrap_or_default();
    let slow = usage_listener(&client, "slow", vec![Then::Sleep { ms }])?;
    let start = Instant::now();
    for _ in 0..20 {
        equal("value while the listener sleeps", client.string("S")?, "text")?;
    }
    let took = start.elapsed();
    let most = SLEEP / 2 + scene.lateness().slack();
    check(
        "reads do not wait for the listener",
        took < most,
        &format!("less than {most:?}"),
        || format!("{took:?}"),
    )?;
    let is_read = |call: &Called| call.kind.as_deref() == Some("feature");
    slow.until_calls_where("the listener gets events", 1, is_read)?;
    Ok(())
}

fn named(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let usage = usage_listener(&client, "usage", Vec::new())?;
    let params =
        BTreeMap::from([("amount".to_owned(), json!(12.5)), ("currency".to_owned(), json!("NZD"))]);
    client.record(&Record {
        name: "purchase".to_owned(),
        params: params.clone(),
        context: Some(anna::context()),
    })?;
    let recorded = events(scene, "one named event", &usage, "purchase", 1)?;
    let event = recorded.first().cloned().unwrap_or_default();
    let mut texts = all_texts();
    texts.insert("F".to_owned(), "anna's one".into());
    equal("features of the event", event.features.unwrap_or_default(), texts)?;
    equal("parameters of the event", event.params.unwrap_or_default(), params)?;
    equal("user key of the event", event.user_key.as_deref(), Some("anna"))?;
    equal("attributes of the event", event.attributes.unwrap_or_default(), anna::context())?;
    events(scene, "no event of a read", &usage, "feature", 0).map(drop)
}

fn collection_on_ready(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.updating())?;
    let usage = usage_listener(&client, "usage", Vec::new())?;
    scene.edge().signal("go");
    client.until_ready()?;
    let collected = events(scene, "one collection", &usage, "collection", 1)?;
    let features = collected.first().and_then(|event| event.features.clone());
    equal("features of the collection", features.unwrap_or_default(), all_texts())?;
    scene.edge().set_value("S", "two");
    client.until_string("value after the update", "S", "two")?;
    events(scene, "no collection for an update", &usage, "collection", 1).map(drop)
}
