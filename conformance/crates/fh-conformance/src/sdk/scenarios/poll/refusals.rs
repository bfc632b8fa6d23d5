//! C-POLL-010 to 013: an Edge that refuses the client (D-21, D-68, D-69, D-114).
//!
//! A later retry by itself conforms, and so does none. So nothing here waits for one, and the delay before one is far longer than the
//! scenario.

use std::time::Duration;

use fh_test_servers::featurehub::{
    Behaviour, ENVIRONMENT, Feature, Framing, Recording, Request, Route,
};
use serde_json::Value;

use super::{
    POLLING, QUICK, problem_is_over, problem_is_shown, readiness_is, readiness_listener,
    reported_once, waits_for_features,
};
use crate::protocol::{Context, Create, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, SdkListener, Stop, Tempo, Verdict, check, equal,
};

/// A refused client that tries again by itself does so after at least half of this time.
const REFUSED: Duration = Duration::from_secs(20);

const REFUSING: Scenario = Scenario {
    needs: &["poll_ms"],
    when: "a client polls for the first time at an interval of N",
    then: "it reports FAILED once and sends no request for 10 N; a refresh or another context sends one at once, and the client recovers",
    decision: "D-21, D-68",
    tempo: Tempo { refused: REFUSED, refused_max: REFUSED, ..QUICK },
    ..POLLING
};

pub(super) const NOT_FOUND: Scenario = Scenario {
    id: "C-POLL-010",
    name: "404",
    given: "an Edge that answers 404 with a sentence",
    bites: &["RefusalsRetryFast"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave(refusal(404));
    },
    run: |scene| refused_at_first(scene, &[404]),
    ..REFUSING
};

pub(super) const BAD_REQUEST: Scenario = Scenario {
    id: "C-POLL-011",
    name: "400",
    given: "an Edge that answers 400 with a sentence",
    decision: "D-69, D-114",
    bites: &["BadRequestIsFinal"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave(refusal(400));
    },
    run: |scene| refused_at_first(scene, &[400]),
    ..REFUSING
};

pub(super) const UNAUTHORISED: Scenario = Scenario {
    id: "C-POLL-012",
    name: "401-403",
    given: "an Edge that answers 401 to one key and 403 to another",
    bites: &["RefusalsRetryFast"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave(refusal(401));
    },
    run: |scene| refused_at_first(scene, &[401, 403]),
    ..REFUSING
};

pub(super) const AFTER_READY: Scenario = Scenario {
    id: "C-POLL-013",
    name: "404-after-ready",
    given: "an Edge that answers 200 once, and then 404, 400, 401 or 403, which depends on the key",
    when: "a client polls at an interval of N",
    then: "it stays READY with its values, shows the problem, and sends no request for 10 N; after the next 200 all is as before",
    decision: "D-21, D-69",
    bites: &["LateRefusalFails"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().script(Route::Poll, [Behaviour::healthy()], refusal(404));
    },
    run: refused_later,
    ..REFUSING
};

/// Returns the key to which [`refusal`] answers with a status.
fn key_of(status: u16) -> String {
    format!("{ENVIRONMENT}/answer{status}*secret")
}

/// Returns the status that a key of [`key_of`] stands for, or `default` for any other key.
fn status_of(request: &Request, default: u16) -> u16 {
    let keys = request.api_keys();
    let digits = keys.first().and_then(|key| key.split_once("/answer")?.1.get(..3)?.parse().ok());
    digits.unwrap_or(default)
}

/// Answers with the status that the key stands for, and with a sentence that SDKs ignore, as this project's Edge does.
fn refusal(default: u16) -> Behaviour {
    Behaviour::choose(move |request| {
        let refused = Behaviour::status(status_of(request, default));
        refused.header("content-type", "text/plain").body("unknown API key")
    })
}

/// Returns the signal that releases the refusals with a status.
fn signal_of(status: u16) -> String {
    format!("refuse {status}")
}

/// As [`refusal`], but the Edge holds each answer back until it gets the signal of the status.
fn held_refusal() -> Behaviour {
    Behaviour::choose(|request| {
        let status = status_of(request, 404);
        Behaviour::new().wait_for_signal(&signal_of(status)).head(status, Framing::Length)
    })
}

/// Returns the groups of statuses that are tried at once: all, if the SDK runs several clients.
fn batches<'a>(scene: &Scene<'_>, statuses: &'a [u16]) -> std::slice::Chunks<'a, u16> {
    statuses.chunks(if scene.can("multi_client") { statuses.len().max(1) } else { 1 })
}

/// Creates a client for each status.
fn clients(scene: &Scene<'_>, statuses: &[u16]) -> Result<Vec<SdkClient>, Stop> {
    let create = |status: &u16| Create { keys: vec![key_of(*status)], ..scene.polling() };
    statuses.iter().map(|status| scene.create(create(status))).collect()
}

/// Waits until the Edge has answered a poll of each key with its status.
fn until_refused(scene: &Scene<'_>, statuses: &[u16]) -> Verdict {
    scene.until("a refused poll", "an answer with each status", |seen| {
        statuses.iter().all(|status| {
            seen.of(Route::Poll).any(|poll| {
                status_of(&poll.request, 0) == *status
                    && poll.status == Some(*status)
                    && poll.finished.is_some()
            })
        })
    })?;
    Ok(())
}

/// Checks that no poll of a key follows its first refused one for 10 N. The label names the first status for which one does.
fn no_poll_after_refusal(scene: &Scene<'_>, statuses: &[u16]) -> Verdict {
    let follows = |seen: &Recording, status: u16| {
        let polls = || seen.of(Route::Poll).filter(|poll| status_of(&poll.request, 0) == status);
        let refused = polls().find(|poll| poll.status == Some(status));
        refused.is_some_and(|refused| polls().any(|poll| poll.request.at > refused.request.at))
    };
    let watch = Tempo::watch(scene.tempo().poll, 10);
    let all = |seen: &Recording| statuses.iter().all(|status| follows(seen, *status));
    let _ = scene.edge().wait_until(watch, all);
    let seen = scene.edge().recording();
    for status in statuses {
        check(
            &format!("no request for 10 N after {status}"),
            !follows(&seen, *status),
            &format!("no request for {watch:?}"),
            || "another poll of the same key".to_owned(),
        )?;
    }
    Ok(())
}

fn refused_at_first(scene: &Scene<'_>, statuses: &[u16]) -> Verdict {
    for batch in batches(scene, statuses) {
        scene.edge().behave(held_refusal());
        let clients = clients(scene, batch)?;
        let listeners: Vec<_> = clients
            .iter()
            .map(|client| readiness_listener(scene, client))
            .collect::<Result<_, Stop>>()?;
        for client in &clients {
            waits_for_features(scene, client)?;
        }
        for status in batch {
            scene.edge().signal(&signal_of(*status));
        }
        for client in &clients {
            client.until_readiness("FAILED is reported", SdkReadiness::Failed)?;
        }
        until_refused(scene, batch)?;
        no_poll_after_refusal(scene, batch)?;
        for (client, listener) in clients.iter().zip(&listeners) {
            readiness_is(client, "FAILED stays", SdkReadiness::Failed)?;
            scene.answers(
                "value of a refused client",
                client,
                "F",
                &ExpectedAnswer::not_ready(),
            )?;
            reported_once(listener.as_ref(), "FAILED is reported once", SdkReadiness::Failed)?;
            let calls = listener.as_ref().map(SdkListener::calls).unwrap_or_default();
            let ready = calls.iter().any(|call| call.readiness == Some(SdkReadiness::Ready));
            equal("READY is reported", ready, false)?;
            problem_is_shown(scene, client, "the status shows the refusal")?;
        }
        scene.edge().behave(Behaviour::healthy());
        for client in &clients {
            recovers_by_refresh(scene, client, &ExpectedAnswer::string("one"))?;
            client.close()?;
        }
    }
    if scene.is_own() {
        retries_slowly(scene, statuses)?;
    }
    recovers_by_context(scene)
}

/// Checks that refused clients send a further request by themselves.
fn retries_slowly(scene: &Scene<'_>, statuses: &[u16]) -> Verdict {
    scene.edge().behave(refusal(404));
    let before = scene.edge().recording().count(Route::Poll);
    let clients = clients(scene, statuses)?;
    let requests = before + 2 * clients.len();
    // The delay belongs to the wait, also if waits are short.
    let wait = scene.tempo().refused_max + scene.patience();
    let expected = format!("{requests} requests");
    scene.until_within(wait, "a slow retry of each client", &expected, |seen| {
        seen.count(Route::Poll) >= requests
    })?;
    clients.iter().try_for_each(|client| client.close().map(drop))
}

/// Checks that an explicit refresh does not wait for a retry, if the SDK can refresh.
fn recovers_by_refresh(
    scene: &Scene<'_>,
    client: &SdkClient,
    expected: &ExpectedAnswer,
) -> Verdict {
    if !scene.can("refresh") {
        return Ok(());
    }
    equal("readiness after a refresh", client.refresh()?, Ok(SdkReadiness::Ready))?;
    scene.answers("value after a refresh", client, "F", expected)?;
    problem_is_over(scene, client, "no problem after a refresh")
}

/// Checks that another context of a server-evaluated key does not wait for a retry, if the SDK has such keys.
fn recovers_by_context(scene: &Scene<'_>) -> Verdict {
    if !scene.can("key.server_eval") {
        return Ok(());
    }
    let user = |name: &str| Context::from([("userkey".to_owned(), vec![name.to_owned()])]);
    scene.edge().behave(refusal(404));
    let client = scene.create(Create {
        keys: vec![scene.edge().server_key()],
        context: Some(user("ann")),
        ..scene.polling()
    })?;
    client.until_readiness("FAILED with a server-evaluated key", SdkReadiness::Failed)?;
    scene.edge().behave(Behaviour::healthy());
    let changed = client.context(&user("bob"), REFUSED / 4)?;
    equal("readiness after another context", changed, Ok(SdkReadiness::Ready))?;
    equal("value after another context", client.string("F")?, Value::from("one"))
}

fn refused_later(scene: &Scene<'_>) -> Verdict {
    for batch in batches(scene, &[404, 400, 401, 403]) {
        scene.edge().behave(Behaviour::healthy());
        scene.edge().replace_all([Feature::string("F", "one")]);
        let clients = clients(scene, batch)?;
        for client in &clients {
            client.until_ready()?;
        }
        scene.edge().behave(refusal(404));
        until_refused(scene, batch)?;
        no_poll_after_refusal(scene, batch)?;
        for client in &clients {
            problem_is_shown(scene, client, "the status shows the refusal")?;
            readiness_is(client, "READY is kept", SdkReadiness::Ready)?;
            scene.answers(
                "value of a refused client",
                client,
                "F",
                &ExpectedAnswer::string("one"),
            )?;
        }
        scene.edge().behave(Behaviour::healthy());
        scene.edge().set_value("F", "two");
        for client in &clients {
            recovers_by_refresh(scene, client, &ExpectedAnswer::string("two").version(2))?;
        }
        scene.edge().set_value("F", "three");
        for client in &clients {
            if scene.can("refresh") {
                client.until_string("polling goes on", "F", "three")?;
            }
            client.close()?;
        }
    }
    Ok(())
}
