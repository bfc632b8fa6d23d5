//! C-POLL-016, 030 and 032: when a client polls at all.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Route};
use serde_json::Value;

use super::{GO, PATIENT, POLLING, QUICK, held, problem_is_over, readiness_is};
use crate::deadline::Deadline;
use crate::protocol::{Create, Mode, Read, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, Tempo, Verdict, at_least, check, equal,
};

pub(super) const LAST_FEATURES: Scenario = Scenario {
    id: "C-POLL-016",
    name: "236",
    needs: &["poll_ms"],
    given: "an Edge that answers 236 with its features",
    when: "a client polls at an interval of N",
    then: "it has the features and is READY, and sends no request for 10 N; a refresh that gets 200 starts polling again",
    decision: "D-23, D-67",
    bites: &["StaleStatusIgnored", "HaltsForGood"],
    tempo: QUICK,
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave_on(Route::Poll, Behaviour::new().healthy_with_status(236));
    },
    run: last_features,
    ..POLLING
};

pub(super) const PASSIVE: Scenario = Scenario {
    id: "C-POLL-030",
    name: "passive",
    requires: &["poll.passive"],
    needs: &["poll_ms"],
    when: "a client polls when a feature is read, at most once in N",
    then: "it sends no request without a read, and one after N for many reads, which return the former value until the answer",
    decision: "D-71",
    bites: &["PassiveIsActive"],
    tempo: Tempo { poll: Duration::from_millis(500), ..PATIENT },
    run: passive,
    ..POLLING
};

pub(super) const FRESH_BOOT: Scenario = Scenario {
    id: "C-POLL-032",
    name: "cache-fresh-boot",
    requires: &["transport.poll", "store"],
    needs: &["poll_ms"],
    given: "a store that a client has just written, and an Edge that holds its answers back",
    when: "another client starts from the store within the interval",
    then: "it is READY with the stored values, and polls for later ones at the interval",
    decision: "D-68, D-79",
    bites: &["StoresAreNeverWritten"],
    tempo: Tempo { poll: Duration::from_secs(1), ..PATIENT },
    run: fresh_boot,
    ..POLLING
};

/// The time between two reads while requests are awaited.
const BETWEEN_READS: Duration = Duration::from_millis(20);

fn last_features(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    scene.answers("value of F", &client, "F", &ExpectedAnswer::string("one"))?;
    let watch = Tempo::watch(scene.tempo().poll, 10);
    scene.no_request("no request for 10 N", Route::Poll, watch)?;
    readiness_is(&client, "READY is kept", SdkReadiness::Ready)?;
    scene.answers("value after 10 N", &client, "F", &ExpectedAnswer::string("one"))?;
    equal("polls after the reads", scene.edge().recording().count(Route::Poll), 1)?;
    if !scene.can("refresh") {
        return Ok(());
    }
    scene.edge().behave_on(Route::Poll, Behaviour::healthy());
    scene.edge().set_value("F", "two");
    equal("readiness after a refresh", client.refresh()?, Ok(SdkReadiness::Ready))?;
    scene.answers(
        "value after a refresh",
        &client,
        "F",
        &ExpectedAnswer::string("two").version(2),
    )?;
    problem_is_over(scene, &client, "no problem after a refresh")?;
    scene.until_requests("polling goes on after a refresh", Route::Poll, 4)?;
    Ok(())
}

fn passive(scene: &Scene<'_>) -> Verdict {
    let expiry = scene.tempo().poll;
    let client = scene.create(Create { mode: Mode::Passive, ..scene.polling() })?;
    // Some SDKs send the first request when they are created, others with the first read.
    client.until_string("the first value", "F", "one")?;
    client.until_readiness("READY with the first list", SdkReadiness::Ready)?;
    scene.no_poll_without_a_read(Tempo::watch(expiry, 2))?;
    let before = scene.edge().recording().count(Route::Poll);

    scene.edge().set_value("F", "two");
    scene.edge().script(Route::Poll, [held(GO)], Behaviour::healthy());
    let many: Vec<Read> = (0..50).map(|_| SdkClient::getter("F", "STRING")).collect();
    client.read_all(&many)?;
    scene.until_requests("a request on a read", Route::Poll, before + 1)?;
    let values: Vec<Value> = client.read_all(&many)?.into_iter().map(|read| read.value).collect();
    equal("reads do not wait for the answer", values, vec![Value::from("one"); many.len()])?;
    let watch = Tempo::watch(expiry, 2);
    scene.at_most("reads share the request", Route::Poll, before + 1, watch)?;
    scene.edge().signal(GO);
    client.until_string("the value of the answer", "F", "two")?;
    scene.answers(
        "answer after the request",
        &client,
        "F",
        &ExpectedAnswer::string("two").version(2),
    )?;

    let deadline = Deadline::after(scene.patience());
    while scene.edge().recording().count(Route::Poll) < before + 3 {
        client.string("F")?;
        check("later reads send requests", !deadline.is_over(), "two more requests", || {
            "fewer requests".to_owned()
        })?;
        // A timeout of this short wait is the time for the next read.
        let _ = scene.edge().wait_for_requests(Route::Poll, before + 3, BETWEEN_READS);
    }
    let gaps = scene.edge().recording().gaps(Route::Poll).split_off(before);
    at_least("at most one request in N", &gaps, expiry)
}

fn fresh_boot(scene: &Scene<'_>) -> Verdict {
    let store = Some(scene.folder()?.to_string_lossy().into_owned());
    let first = scene.create(Create { store: store.clone(), ..scene.polling() })?;
    first.until_ready()?;
    scene.answers("value of the first client", &first, "F", &ExpectedAnswer::string("one"))?;
    first.close()?;

    scene.edge().set_value("F", "two");
    let deadline = Deadline::after(scene.patience());
    let (client, before) = loop {
        let before = scene.edge().recording().count(Route::Poll);
        scene.edge().script(Route::Poll, [held(GO)], Behaviour::healthy());
        // A close waits only a limited time for a slow disk, so this client may start before the store is written.
        let client = scene.create(Create { store: store.clone(), ..scene.polling() })?;
        scene.until_requests("a poll of the second client", Route::Poll, before + 1)?;
        if deadline.is_over() || client.state()?.readiness == SdkReadiness::Ready {
            break (client, before);
        }
        client.close()?;
    };
    client.until_readiness("READY from the store", SdkReadiness::Ready)?;
    scene.answers("value from the store", &client, "F", &ExpectedAnswer::string("one"))?;
    scene.edge().signal(GO);
    client.until_string("the value of the Edge", "F", "two")?;
    scene.answers("answer of the Edge", &client, "F", &ExpectedAnswer::string("two").version(2))?;
    let seen = scene.until_requests("polling goes on", Route::Poll, before + 3)?;
    let gaps = seen.gaps(Route::Poll).split_off(before);
    at_least("the interval between polls", &gaps, scene.tempo().poll)
}
