//! C-INT: interceptors.

use std::collections::BTreeMap;

use fh_test_servers::featurehub::Feature;
use serde_json::{Value, json};

use super::anna;
use crate::adapter::Observed;
use crate::protocol::{Called, Event, Intercept, ListenOn};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, Stage, Tempo, Verdict, check,
    equal,
};

/// The scenarios of interceptors.
pub(super) const GROUP: Group = Group {
    name: "C-INT",
    title: "interceptors",
    scenarios: &[
        Scenario {
            id: "C-INT-001",
            name: "override",
            given: "F with a strategy, and an interceptor that answers for F",
            when: "F is read without a context and with one for which the strategy matches, and G is read",
            then: "both reads of F give the interceptor's value with the reason INTERCEPTED, and G has its own value",
            bites: &["ContextsAreIgnored"],
            stage: with_a_strategy,
            run: overrides,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-002",
            name: "locked",
            given: "a locked feature, and an interceptor that must not override locked features",
            when: "the feature is read, and read again after it was unlocked",
            then: "the locked feature has its own value, and the unlocked one that of the interceptor",
            bites: &["InterceptorsIgnoreLocks"],
            stage: with_locked_f,
            run: locked,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-003",
            name: "locked-allowed",
            requires: &["interceptors", "interceptors.locked"],
            given: "a locked feature, and an interceptor that may override locked features",
            when: "the feature is read",
            then: "it has the interceptor's value, and is locked",
            bites: &["LocksAlwaysWin"],
            stage: with_locked_f,
            run: locked_allowed,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-004",
            name: "order",
            given: "an interceptor for G and two for F",
            when: "F and G are read",
            then: "F has the value of the one of its interceptors that was added first",
            bites: &["LastInterceptorWins"],
            run: order,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-005",
            name: "missing-feature",
            given: "an interceptor that answers for a feature that does not exist",
            when: "the feature is read, and then F",
            then: "the read gives the interceptor's value, the feature does not exist, and a usage listener is called for F only",
            bites: &["UnknownKeysAreNotIntercepted", "UsageCountsTwice"],
            run: missing_feature,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-006",
            name: "types",
            given: "interceptors with values of other types than their features",
            when: "the features are read",
            then: "values that can be converted are converted, the others are left out, and no read raises an error",
            bites: &["OverridesAreNotConverted", "UnknownKeysAreNotIntercepted"],
            stage: with_types,
            run: types,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-007",
            name: "throws",
            given: "an interceptor for F that throws",
            when: "F is read, and read again after another interceptor was added",
            then: "the first read gives F's own value, the second that of the other interceptor, and no read raises an error",
            bites: &["FailingInterceptorsGiveNull"],
            run: throws,
            ..INTERCEPTOR
        },
        Scenario {
            id: "C-INT-008",
            name: "closed",
            given: "a client with two interceptors",
            when: "the client is closed",
            then: "each interceptor is closed once",
            decision: "sdk-behaviour 2.8",
            bites: &["CloseDoesNothing", "InterceptorsStayOpen"],
            run: closed,
            ..INTERCEPTOR
        },
    ],
    not_executed: &[],
};

/// The default of the scenarios of this group.
const INTERCEPTOR: Scenario = Scenario {
    tier: 3,
    requires: &["interceptors"],
    decision: "D-78, sdk-behaviour 2.8",
    stage: Stage::with_features_f_and_g,
    ..SCENARIO
};

/// Returns the members of an interceptor that gives a value for one feature.
fn gives(interceptor: &str, feature: &str, value: impl Into<Value>) -> Intercept {
    Intercept {
        interceptor: interceptor.to_owned(),
        feature: Some(feature.to_owned()),
        value: Some(value.into()),
        ..Intercept::default()
    }
}

fn with_a_strategy(stage: &Stage) {
    stage.with_features_f_and_g();
    let feature = Feature::string("F", "one").strategies(anna::strategies("anna's one"));
    stage.edge().set_feature(feature);
}

fn overrides(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let mut hers = SdkClient::getter("F", "STRING");
    hers.context = Some(anna::context());
    let own = ExpectedAnswer::string("anna's one").matched(anna::STRATEGY, "STRATEGY_MATCH");
    scene.answers_to("read before the interceptor", &client, hers.clone(), &own)?;
    client.intercept(&gives("over", "F", "over"))?;
    let over = ExpectedAnswer::string("one").intercepted("over");
    scene.answers("read without a context", &client, "F", &over)?;
    scene.answers_to("read with a context", &client, hers, &over)?;
    scene.answers("read of another feature", &client, "G", &ExpectedAnswer::string("one"))
}

fn with_locked_f(stage: &Stage) {
    stage.edge().set_feature(Feature::string("F", "one").locked());
}

fn locked(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    client.intercept(&gives("over", "F", "over"))?;
    scene.answers("read while locked", &client, "F", &ExpectedAnswer::string("one").locked())?;
    scene.edge().unlock("F");
    client.until_string("value after the unlock", "F", "over")?;
    let over = ExpectedAnswer::string("one").version(2).intercepted("over");
    scene.answers("read after the unlock", &client, "F", &over)
}

fn locked_allowed(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    client.intercept(&Intercept { even_locked: true, ..gives("over", "F", "over") })?;
    let over = ExpectedAnswer::string("one").locked().intercepted("over");
    scene.answers("read while locked", &client, "F", &over)
}

fn order(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    client.intercept(&gives("for G", "G", "over G"))?;
    client.intercept(&gives("first", "F", "first"))?;
    client.intercept(&gives("second", "F", "second"))?;
    let first = ExpectedAnswer::string("one").intercepted("first");
    scene.answers("read of F", &client, "F", &first)?;
    let of_g = ExpectedAnswer::string("one").intercepted("over G");
    scene.answers("read of G", &client, "G", &of_g)
}

fn missing_feature(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    client.intercept(&gives("over", "MISSING", "over"))?;
    let can = scene.can("usage");
    let usage = can.then(|| client.on("usage", ListenOn::Usage)).transpose()?;
    let over = ExpectedAnswer::missing().intercepted("over");
    scene.answers("read of the missing feature", &client, "MISSING", &over)?;
    scene.answers("read of F", &client, "F", &ExpectedAnswer::string("one"))?;
    let Some(usage) = usage else { return Ok(()) };
    let is_read = |call: &Called| call.kind.as_deref() == Some("feature");
    let used = usage.until_calls_where("usage of F", 1, is_read)?;
    let watch = Tempo::watch(scene.tempo().poll, 5);
    usage.no_more_where("one usage event", 1, watch, is_read)?;
    let used: Vec<_> = used.iter().map(|call| call.feature.as_deref()).collect();
    equal("features of usage events", used, [Some("F")])
}

fn with_types(stage: &Stage) {
    let edge = stage.edge();
    for key in ["NUMBER", "NUMBER_UNREADABLE"] {
        edge.set_feature(Feature::number(key, 5.5));
    }
    for key in ["BOOLEAN", "BOOLEAN_UNREADABLE"] {
        edge.set_feature(Feature::boolean(key, false));
    }
    edge.set_feature(Feature::string("STRING", "one"));
}

fn types(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    for (feature, value) in [
        ("NUMBER", json!("17.65")),
        ("BOOLEAN", json!("true")),
        ("STRING", json!(7.5)),
        ("NUMBER_UNREADABLE", json!("many")),
        ("BOOLEAN_UNREADABLE", json!("perhaps")),
        ("MISSING", json!("17.65")),
        ("MISSING_UNREADABLE", json!("many")),
    ] {
        client.intercept(&gives(feature, feature, value))?;
    }
    let of = |kind, value: Value| ExpectedAnswer::of(kind, value);
    for (feature, kind, expected) in [
        ("NUMBER", "NUMBER", of("NUMBER", json!(5.5)).intercepted(17.65)),
        ("BOOLEAN", "BOOLEAN", of("BOOLEAN", json!(false)).intercepted(true)),
        ("STRING", "STRING", of("STRING", json!("one")).intercepted("7.5")),
        ("NUMBER_UNREADABLE", "NUMBER", of("NUMBER", json!(5.5))),
        ("BOOLEAN_UNREADABLE", "BOOLEAN", of("BOOLEAN", json!(false))),
        ("MISSING", "NUMBER", ExpectedAnswer::missing().intercepted(17.65)),
    ] {
        let label = format!("read of {feature}");
        scene.answers_to(&label, &client, SdkClient::getter(feature, kind), &expected)?;
    }
    // The feature has an override, but not one that this getter can give.
    let mut unreadable = SdkClient::getter("MISSING_UNREADABLE", "NUMBER");
    if scene.can("eval.defaults") {
        unreadable.default = Some(json!(3.5));
    }
    let expected = unreadable.default.clone().unwrap_or_default();
    let answer = client.read(unreadable)?;
    equal("value of MISSING_UNREADABLE", answer.value, expected)?;
    equal("error of MISSING_UNREADABLE", answer.error, None)
}

fn throws(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    client.intercept(&Intercept {
        interceptor: "throws".to_owned(),
        feature: Some("F".to_owned()),
        throw: true,
        ..Intercept::default()
    })?;
    scene.answers("read of F", &client, "F", &ExpectedAnswer::string("one"))?;
    scene.answers("read of G", &client, "G", &ExpectedAnswer::string("one"))?;
    client.intercept(&gives("over", "F", "over"))?;
    let over = ExpectedAnswer::string("one").intercepted("over");
    scene.answers("read with another interceptor", &client, "F", &over)?;
    scene.edge().set_value("G", "two");
    client.until_string("value of a later update", "G", "two")
}

fn closed(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let names = ["first", "second"];
    for name in names {
        client.intercept(&gives(name, "F", name))?;
    }
    let closed = |events: &[Observed]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for observed in events {
            if let Event::Closed { client: of, interceptor } = &observed.event
                && of == client.name()
            {
                *counts.entry(interceptor.clone()).or_default() += 1;
            }
        }
        counts
    };
    let before = closed(scene.adapter().borrow_mut().events());
    equal("closed before the end of the client", before, BTreeMap::new())?;
    client.close()?;
    for name in names {
        client.until_interceptor_closed(&format!("the {name} interceptor is closed"), name)?;
    }
    let watch = Tempo::watch(scene.tempo().poll, 5);
    let twice = |events: &[Observed]| {
        let counts = closed(events);
        counts.values().any(|count| *count > 1).then_some(counts)
    };
    let twice = scene.adapter().borrow_mut().watch_events(watch, twice);
    check("closed once", twice.is_none(), "one event for each", || format!("{twice:?}"))
}
