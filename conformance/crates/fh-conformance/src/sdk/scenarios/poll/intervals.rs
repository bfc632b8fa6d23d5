//! C-POLL-001 to 009: the first poll, the interval between polls, and what the Edge says about it.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Route};
use serde_json::{Value, json};

use super::{
    GO, PATIENT, POLLING, held, readiness_is, readiness_listener, releases_one, reported_once,
    waits_for_features,
};
use crate::protocol::SdkReadiness;
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, Stage, Tempo, Verdict, at_least, check, equal,
};

pub(super) const FIRST: Scenario = Scenario {
    id: "C-POLL-001",
    name: "first",
    given: "an Edge with a feature of each type, which holds the first answer back",
    when: "a client polls",
    then: "it is NOT_READY and reads no value before the answer, and READY once afterwards, with all values and later changes",
    decision: "sdk-behaviour 2.3",
    bites: &["ReadyAtOnce"],
    stage: each_type,
    run: first,
    ..POLLING
};

pub(super) const INTERVAL: Scenario = Scenario {
    id: "C-POLL-002",
    name: "interval",
    needs: &["poll_ms"],
    when: "a client polls at an interval of N",
    then: "at least N is between two polls, five times",
    decision: "sdk-behaviour 2.9",
    // Longer than a busy machine delays a poll, so that an interval that is too short shows.
    tempo: Tempo { poll: Duration::from_millis(500), ..PATIENT },
    bites: &["IntervalsAreHalved"],
    run: interval,
    ..POLLING
};

pub(super) const NO_OVERLAP: Scenario = Scenario {
    id: "C-POLL-003",
    name: "no-overlap",
    needs: &["poll_ms"],
    given: "an Edge that takes 3 N for each answer",
    when: "a client polls at an interval of N",
    then: "no poll begins before the answer to the one before it is complete",
    decision: "sdk-behaviour 2.9.4",
    bites: &["RefreshDoubles", "RequestsAreSentTwice"],
    stage: |stage| {
        stage.with_feature_f();
        let slow = Behaviour::new().sleep(long_answer(stage.tempo())).then_healthy();
        stage.edge().behave_on(Route::Poll, slow);
    },
    run: no_overlap,
    ..POLLING
};

pub(super) const UNCHANGED_SILENT: Scenario = Scenario {
    id: "C-POLL-004",
    name: "304-silent",
    requires: &["transport.poll", "http.etag"],
    given: "an Edge whose features do not change",
    when: "three polls get status 304",
    then: "no listener is called, the readiness is not reported again, and the values stay",
    decision: "sdk-behaviour 2.9.2",
    bites: &["UnchangedIsRefused", "EtagsAreNeverSent"],
    run: unchanged_is_silent,
    ..POLLING
};

pub(super) const UNCHANGED_CLEARS_NOTHING: Scenario = Scenario {
    id: "C-POLL-005",
    name: "304-clears-nothing",
    needs: &["poll_ms"],
    given: "an Edge with a feature of each type, which answers 200 once and then 304 without a body",
    when: "a client polls five times",
    then: "all values and READY stay, and polling goes on at the interval",
    decision: "sdk-behaviour 2.9.2",
    bites: &["UnchangedIsRefused"],
    stage: |stage| {
        each_type(stage);
        stage.edge().script(Route::Poll, [Behaviour::healthy()], Behaviour::status(304));
    },
    run: unchanged_clears_nothing,
    ..POLLING
};

pub(super) const MAX_AGE: Scenario = Scenario {
    id: "C-POLL-006",
    name: "max-age",
    requires: &["transport.poll", "http.cache_control"],
    given: "an Edge whose answers have the header cache-control: public, max-age=2",
    when: "a client polls at a shorter interval",
    then: "at least 2 s are between two polls",
    decision: "sdk-behaviour 2.9.3",
    bites: &["MaxAgeIgnored"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().cache_control(Some("public, max-age=2"));
    },
    run: max_age,
    ..POLLING
};

pub(super) const MAX_AGE_ZERO: Scenario = Scenario {
    id: "C-POLL-007",
    name: "max-age-zero",
    needs: &["poll_ms"],
    given: "an Edge whose answers have max-age=0, no-store, or a max-age that is no number",
    when: "a client polls at an interval of N",
    then: "at least N is between two polls",
    decision: "sdk-behaviour 2.9.3",
    bites: &["ZeroMaxAgeCounts"],
    stage: |stage| {
        stage.with_feature_f();
        let with = |value| Behaviour::new().header("cache-control", value);
        let afterwards = with("no-store, max-age=0");
        stage.edge().script(Route::Poll, NO_AGE.map(with), afterwards);
    },
    run: max_age_zero,
    ..POLLING
};

pub(super) const SHARED_MAX_AGE: Scenario = Scenario {
    id: "C-POLL-008",
    name: "s-maxage",
    requires: &["transport.poll", "http.cache_control"],
    given: "an Edge whose answers have the header cache-control: s-maxage=9, max-age=1",
    when: "a client polls at a shorter interval",
    then: "at least 1 s and less than 9 s are between two polls",
    decision: "sdk-behaviour 2.9.3",
    bites: &["SharedMaxAgeCounts"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().cache_control(Some("s-maxage=9, max-age=1"));
    },
    run: shared_max_age,
    ..POLLING
};

pub(super) const MAX_AGE_HUGE: Scenario = Scenario {
    id: "C-POLL-009",
    name: "max-age-huge",
    requires: &["transport.poll", "http.cache_control"],
    needs: &["poll_ms"],
    given: "an Edge whose answers have the header cache-control: public, max-age=99999999999999",
    when: "a client polls at an interval of N",
    then: "it sends no further request for 10 N, and none after a refresh whose answer has a max-age beyond 64 bits",
    decision: "D-75",
    bites: &["MaxAgeIgnored"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().cache_control(Some("public, max-age=99999999999999"));
    },
    run: max_age_huge,
    ..POLLING
};

/// Values of `cache-control` that leave the interval as it is.
const NO_AGE: [&str; 5] =
    ["max-age=0", "no-store", "no-store, max-age=0", "max-age=-1", "max-age=soon"];

/// Returns the time of an answer that takes three intervals. It is shorter than the limits of requests.
fn long_answer(tempo: Tempo) -> Duration {
    (tempo.poll * 3).min(Duration::from_secs(8))
}

/// Serves a feature of each type.
fn each_type(stage: &Stage) {
    stage.with_feature_f();
    let edge = stage.edge();
    edge.set_feature(Feature::boolean("B", true).version(2));
    edge.set_feature(Feature::number("N", 7.5).version(3).locked());
    edge.set_feature(Feature::json_text("J", r#"{"a":[1]}"#));
    edge.set_feature(Feature::without_value("U", "STRING"));
}

/// Checks all answers to reads of [`each_type`].
fn expect_each_type(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    let of = ExpectedAnswer::of;
    for (label, feature, expected) in [
        ("value of F", "F", ExpectedAnswer::string("one")),
        ("value of B", "B", of("BOOLEAN", json!(true)).version(2)),
        ("value of N", "N", of("NUMBER", json!(7.5)).version(3).locked()),
        ("value of J", "J", of("JSON", json!(r#"{"a":[1]}"#))),
        ("value of U", "U", of("STRING", Value::Null).version(0).reason("NOT_SET")),
        ("a feature that does not exist", "X", ExpectedAnswer::missing()),
    ] {
        scene.answers(label, client, feature, &expected)?;
    }
    Ok(())
}

fn first(scene: &Scene<'_>) -> Verdict {
    scene.edge().script(Route::Poll, [held(GO)], Behaviour::healthy());
    let client = scene.create(scene.polling())?;
    let readiness = readiness_listener(scene, &client)?;
    scene.until_requests("a poll at the start", Route::Poll, 1)?;
    waits_for_features(scene, &client)?;
    releases_one(scene, &client)?;
    expect_each_type(scene, &client)?;
    scene.until_requests("polling goes on", Route::Poll, 3)?;
    expect_each_type(scene, &client)?;
    scene.edge().set_value("F", "two");
    client.until_string("a later change", "F", "two")?;
    scene.answers("the changed answer", &client, "F", &ExpectedAnswer::string("two").version(2))?;
    reported_once(readiness.as_ref(), "READY is reported once", SdkReadiness::Ready)
}

fn interval(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("six polls", Route::Poll, 6)?;
    at_least("the interval between polls", &seen.gaps(Route::Poll), scene.tempo().poll)?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))
}

fn no_overlap(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    if scene.is_own() {
        // A refresh must wait for the poll that is under way, and send none of its own.
        scene.until_requests("a poll at the start", Route::Poll, 1)?;
        let _ = client.refresh()?;
    }
    client.until_ready()?;
    let seen = scene.until_requests("four polls", Route::Poll, 4)?;
    equal("polls at the same time", seen.most_in_flight(Route::Poll), 1)?;
    let answer = long_answer(scene.tempo());
    at_least("the time of an answer between polls", &seen.gaps(Route::Poll), answer)?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))
}

fn unchanged_is_silent(scene: &Scene<'_>) -> Verdict {
    scene.edge().script(Route::Poll, [held(GO)], Behaviour::healthy());
    let client = scene.create(scene.polling())?;
    let readiness = readiness_listener(scene, &client)?;
    scene.until_requests("a poll at the start", Route::Poll, 1)?;
    releases_one(scene, &client)?;
    let can_listen = scene.can("listen.feature");
    let changes = can_listen.then(|| client.on_change("changes", "F")).transpose()?;
    scene.until("three answers 304", "three polls with status 304", |seen| {
        seen.of(Route::Poll).filter(|poll| poll.status == Some(304)).count() >= 3
    })?;
    let watch = Tempo::watch(scene.tempo().poll, 3);
    if let Some(changes) = changes {
        changes.no_more_than("no call of a feature listener", 0, watch)?;
    }
    readiness_is(&client, "READY is kept", SdkReadiness::Ready)?;
    unchanged_is_no_problem(scene, &client)?;
    scene.answers("value after status 304", &client, "F", &ExpectedAnswer::string("one"))?;
    reported_once(readiness.as_ref(), "READY is reported once", SdkReadiness::Ready)
}

fn unchanged_clears_nothing(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("polling goes on", Route::Poll, 5)?;
    expect_each_type(scene, &client)?;
    readiness_is(&client, "READY is kept", SdkReadiness::Ready)?;
    unchanged_is_no_problem(scene, &client)?;
    at_least("the interval between polls", &seen.gaps(Route::Poll), scene.tempo().poll)
}

/// Checks the problem that the status shows, because a client that handles 304 as a refusal still sends polls, but rarely.
fn unchanged_is_no_problem(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    if scene.can("status") {
        equal("status 304 is no problem", client.state()?.problem, None)?;
    }
    Ok(())
}

fn max_age(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("a second poll", Route::Poll, 2)?;
    at_least("the interval of the Edge", &seen.gaps(Route::Poll), Duration::from_secs(2))?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))
}

fn max_age_zero(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("polling goes on", Route::Poll, NO_AGE.len() + 2)?;
    at_least("the interval between polls", &seen.gaps(Route::Poll), scene.tempo().poll)?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))
}

fn shared_max_age(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("a second poll", Route::Poll, 2)?;
    let gaps = seen.gaps(Route::Poll);
    at_least("the interval of max-age", &gaps, Duration::from_secs(1))?;
    let shared = Duration::from_secs(9);
    let is_shorter = gaps.first().is_some_and(|gap| *gap < shared);
    check("not the interval of s-maxage", is_shorter, "less than 9 s", || format!("{gaps:?}"))
}

fn max_age_huge(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let watch = Tempo::watch(scene.tempo().poll, 10);
    scene.no_request("no request for 10 N", Route::Poll, watch)?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))?;
    if !scene.can("refresh") {
        return Ok(());
    }
    scene.edge().cache_control(Some("max-age=99999999999999999999999999"));
    scene.edge().set_value("F", "two");
    let refreshed = client.refresh()?;
    equal("readiness after a refresh", refreshed, Ok(SdkReadiness::Ready))?;
    scene.no_request("no request for 10 N after a refresh", Route::Poll, watch)?;
    scene.answers("value after a refresh", &client, "F", &ExpectedAnswer::string("two").version(2))
}
