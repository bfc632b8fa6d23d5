//! C-POLL-014, 015, 017 and 018: answers that the client cannot use, and that probably pass.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Route};

use super::{
    AGAIN, GO, POLLING, QUICK, held, json_text, keeps_one, list_of, problem_is_shown, readiness_is,
    recovers_with_two, releases_one, retry_delay, unusable, waits_for_features,
};
use crate::protocol::SdkReadiness;
use crate::sdk::{ExpectedAnswer, Scenario, Scene, Tempo, Verdict, at_least};

pub(super) const SERVER_ERRORS: Scenario = Scenario {
    id: "C-POLL-014",
    name: "5xx",
    needs: &["poll_ms"],
    given: "an Edge that answers 500, 503 and 200, twice in a row",
    when: "a client polls",
    then: "it retries after at least the delay before retries, later after at least the interval; it is never FAILED, and keeps its values",
    decision: "sdk-behaviour 2.9.2",
    bites: &["UnavailableIsFinal"],
    stage: |stage| {
        stage.with_feature_f();
        let [fault, busy] = ERRORS.map(Behaviour::status);
        let script = [fault.clone(), busy.clone(), Behaviour::healthy(), fault, busy];
        stage.edge().script(Route::Poll, script, Behaviour::healthy());
    },
    run: server_errors,
    ..POLLING
};

pub(super) const RETRY_AFTER: Scenario = Scenario {
    id: "C-POLL-015",
    name: "429-retry-after",
    requires: &["transport.poll", "http.retry_after"],
    needs: &["poll_ms"],
    given: "an Edge that answers 429 with Retry-After: 2, then 200, then 503 with a Retry-After of three million years",
    when: "a client polls at an interval of N",
    then: "at least 2 s are between the first two polls; after the third it keeps its values and sends no request for 10 N",
    decision: "D-75",
    bites: &["RetryAfterIgnored"],
    tempo: QUICK,
    stage: |stage| {
        stage.with_feature_f();
        let script = [limited(), Behaviour::healthy()];
        stage.edge().script(Route::Poll, script, unavailable());
    },
    run: retry_after,
    ..POLLING
};

pub(super) const MALFORMED: Scenario = Scenario {
    id: "C-POLL-017",
    name: "malformed",
    needs: &["poll_ms"],
    given: "an Edge whose first answer is JSON that breaks off",
    when: "a client polls",
    then: "it takes nothing from that answer, retries after at least the delay before retries, and becomes ready",
    decision: "sdk-behaviour 2.9.2",
    bites: &["MalformedIsFinal"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().script(Route::Poll, [truncated()], Behaviour::healthy());
    },
    run: malformed,
    ..POLLING
};

pub(super) const MALFORMED_KEEPS_STATE: Scenario = Scenario {
    id: "C-POLL-018",
    name: "malformed-keeps-state",
    needs: &["poll_ms"],
    given: "an Edge that answers 200, then with JSON that breaks off, no body, and an object in place of a list, then 200",
    when: "a client polls",
    then: "it keeps READY and its values, polls at the interval, and takes the next good answer",
    decision: "sdk-behaviour 2.9.2",
    bites: &["MalformedIsFinal", "ProblemSticks"],
    stage: |stage| {
        stage.with_feature_f();
        let [truncated, empty, object] = malformed_answers();
        let script = [Behaviour::healthy(), truncated, empty, object];
        stage.edge().script(Route::Poll, script, Behaviour::healthy());
    },
    run: malformed_keeps_state,
    ..POLLING
};

const ERRORS: [u16; 2] = [500, 503];

fn limited() -> Behaviour {
    Behaviour::status(429).header("retry-after", "2")
}

fn unavailable() -> Behaviour {
    Behaviour::status(503).header("retry-after", "99999999999999")
}

/// Returns a list that breaks off after a complete feature.
fn truncated() -> Behaviour {
    let mut list = list_of(&[unusable(), Feature::string("G", "g")]);
    list.truncate(list.len().saturating_sub(20));
    json_text(list)
}

fn malformed_answers() -> [Behaviour; 3] {
    let list = list_of(&[unusable()]);
    let object = list.trim_start_matches('[').trim_end_matches(']');
    [truncated(), json_text(""), json_text(object)]
}

fn server_errors(scene: &Scene<'_>) -> Verdict {
    let [fault, busy] = ERRORS.map(Behaviour::status);
    let script = [fault.clone(), busy.clone(), held(GO), fault, busy, held(AGAIN)];
    scene.edge().script(Route::Poll, script, Behaviour::healthy());
    let client = scene.create(scene.polling())?;
    let seen = scene.until_requests("retries before the first list", Route::Poll, 3)?;
    at_least("delay before the first list", &seen.gaps(Route::Poll), retry_delay(scene))?;
    waits_for_features(scene, &client)?;
    problem_is_shown(scene, &client, "the status shows the problem")?;
    releases_one(scene, &client)?;
    let seen = scene.until_requests("retries of a ready client", Route::Poll, 6)?;
    let gaps = seen.gaps(Route::Poll).split_off(2);
    at_least("delay of a ready client", &gaps, scene.tempo().poll)?;
    keeps_one(scene, &client, "value during server errors")?;
    problem_is_shown(scene, &client, "the status shows the later problem")?;
    recovers_with_two(scene, &client)
}

fn retry_after(scene: &Scene<'_>) -> Verdict {
    scene.edge().script(Route::Poll, [limited(), held(GO)], unavailable());
    let client = scene.create(scene.polling())?;
    let seen = scene.until_requests("a retry", Route::Poll, 2)?;
    at_least("the time of Retry-After", &seen.gaps(Route::Poll), Duration::from_secs(2))?;
    waits_for_features(scene, &client)?;
    releases_one(scene, &client)?;
    scene.until("a third poll", "an answer 503", |seen| {
        seen.of(Route::Poll).any(|poll| poll.status == Some(503) && poll.finished.is_some())
    })?;
    let watch = Tempo::watch(scene.tempo().poll, 10);
    scene.no_request("no request for 10 N", Route::Poll, watch)?;
    readiness_is(&client, "READY is kept", SdkReadiness::Ready)?;
    scene.answers("value after status 503", &client, "F", &ExpectedAnswer::string("one"))
}

fn malformed(scene: &Scene<'_>) -> Verdict {
    scene.edge().script(Route::Poll, [truncated(), held(GO)], Behaviour::healthy());
    let client = scene.create(scene.polling())?;
    let seen = scene.until_requests("a retry", Route::Poll, 2)?;
    at_least("delay before the retry", &seen.gaps(Route::Poll), retry_delay(scene))?;
    waits_for_features(scene, &client)?;
    releases_one(scene, &client)
}

fn malformed_keeps_state(scene: &Scene<'_>) -> Verdict {
    let [truncated, empty, object] = malformed_answers();
    let script = [Behaviour::healthy(), truncated, empty, object, held(AGAIN)];
    scene.edge().script(Route::Poll, script, Behaviour::healthy());
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("polling goes on", Route::Poll, 5)?;
    at_least("the interval between polls", &seen.gaps(Route::Poll), scene.tempo().poll)?;
    keeps_one(scene, &client, "value after malformed answers")?;
    problem_is_shown(scene, &client, "the status shows the problem")?;
    recovers_with_two(scene, &client)
}
