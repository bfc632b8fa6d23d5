//! C-POLL: a client that polls.
//!
//! The Edge's answers are numbered: a script that is set before the client starts says which poll gets which answer. Where the state
//! between two answers is checked, the Edge holds the later one back, so that no check depends on the speed of the machine.

mod fleet;
mod intervals;
mod lists;
mod modes;
mod refusals;
mod transfers;
mod trouble;

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, Feature};
use serde_json::{Value, json};

use crate::protocol::{ListenOn, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, SdkListener, Stop, TEMPO, Tempo,
    Verdict, equal,
};

/// The scenarios of polling.
pub(super) const GROUP: Group = Group {
    name: "C-POLL",
    title: "polling client",
    scenarios: &[
        intervals::FIRST,
        intervals::INTERVAL,
        intervals::NO_OVERLAP,
        intervals::UNCHANGED_SILENT,
        intervals::UNCHANGED_CLEARS_NOTHING,
        intervals::MAX_AGE,
        intervals::MAX_AGE_ZERO,
        intervals::SHARED_MAX_AGE,
        intervals::MAX_AGE_HUGE,
        refusals::NOT_FOUND,
        refusals::BAD_REQUEST,
        refusals::UNAUTHORISED,
        refusals::AFTER_READY,
        trouble::SERVER_ERRORS,
        trouble::RETRY_AFTER,
        modes::LAST_FEATURES,
        trouble::MALFORMED,
        trouble::MALFORMED_KEEPS_STATE,
        lists::WITHOUT_FEATURES,
        lists::EMPTY_ARRAY,
        lists::TWO_ENVIRONMENTS,
        lists::REMOVED,
        lists::OLDER_VERSION,
        lists::SAME_VERSION,
        transfers::SLOW_HEADERS,
        transfers::SLOW_BODY,
        transfers::REFUSED_THEN_UP,
        transfers::OVERSIZE,
        transfers::WRONG_LENGTH,
        modes::PASSIVE,
        fleet::JITTER,
        modes::FRESH_BOOT,
    ],
    not_executed: &[],
};

/// The defaults of the group's scenarios.
const POLLING: Scenario = Scenario { requires: &["transport.poll"], tempo: PATIENT, ..SCENARIO };

/// Delays of a client that nothing refuses. The limits of requests are long, because the Edge holds answers back.
const PATIENT: Tempo = Tempo {
    refused_max: TEMPO.refused,
    head: Duration::from_secs(30),
    whole_poll: Duration::from_secs(30),
    ..TEMPO
};

/// The same with an interval of which ten are one second.
const QUICK: Tempo = Tempo { poll: Duration::from_millis(100), ..PATIENT };

/// The signal that releases the first answer that the Edge holds back.
const GO: &str = "go";

/// The signal that releases the second answer that the Edge holds back.
const AGAIN: &str = "again";

/// Returns a healthy answer that the Edge holds back until it gets the signal.
fn held(signal: &str) -> Behaviour {
    Behaviour::new().wait_for_signal(signal).then_healthy()
}

/// Returns a complete answer with this text as JSON.
fn json_text(text: impl Into<Vec<u8>>) -> Behaviour {
    Behaviour::status(200).header("content-type", "application/json").body(text)
}

/// Returns the body of a poll with these features.
fn list_of(features: &[Feature]) -> String {
    let features: Vec<Value> = features.iter().map(Feature::json).collect();
    json!([{ "id": ENVIRONMENT, "features": features }]).to_string()
}

/// Returns the feature `F` with a value that a client must not take, because its answer is unusable.
fn unusable() -> Feature {
    Feature::string("F", "unusable").version(9)
}

/// Returns the shortest delay after a failed poll of a client that was never ready. An SDK without a delay of its own waits for the
/// interval.
fn retry_delay(scene: &Scene<'_>) -> Duration {
    scene.tempo().least_retry().min(scene.tempo().poll)
}

/// Checks that a client has this readiness now.
fn readiness_is(client: &SdkClient, label: &str, readiness: SdkReadiness) -> Verdict {
    equal(label, client.state()?.readiness, readiness)
}

/// Adds a listener of the readiness, if the SDK has such listeners.
fn readiness_listener(scene: &Scene<'_>, client: &SdkClient) -> Result<Option<SdkListener>, Stop> {
    let can = scene.can("ready.listener");
    can.then(|| client.on("readiness", ListenOn::Readiness)).transpose()
}

/// Checks that a listener was called exactly once with this readiness.
fn reported_once(listener: Option<&SdkListener>, label: &str, readiness: SdkReadiness) -> Verdict {
    let Some(listener) = listener else { return Ok(()) };
    listener.until_call(label, readiness.name(), |call| call.readiness == Some(readiness))?;
    let all: Vec<_> = listener.calls().into_iter().filter_map(|call| call.readiness).collect();
    let count = all.iter().filter(|given| **given == readiness).count();
    equal(label, (count, &all), (1, &all))
}

/// Waits until the status shows a problem, if the SDK has a status.
fn problem_is_shown(scene: &Scene<'_>, client: &SdkClient, label: &str) -> Verdict {
    if scene.can("status") {
        client.until_state(label, "a problem", |state| state.problem.is_some())?;
    }
    Ok(())
}

/// Waits until the status shows no problem, if the SDK has a status.
fn problem_is_over(scene: &Scene<'_>, client: &SdkClient, label: &str) -> Verdict {
    if scene.can("status") {
        client.until_state(label, "no problem", |state| state.problem.is_none())?;
    }
    Ok(())
}

/// Checks that a client that has been READY goes on with its last value of `F`.
fn keeps_one(scene: &Scene<'_>, client: &SdkClient, label: &str) -> Verdict {
    readiness_is(client, "READY is kept", SdkReadiness::Ready)?;
    scene.answers(label, client, "F", &ExpectedAnswer::string("one"))
}

/// Checks that a client has no features yet, and that nothing refused it.
fn waits_for_features(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    readiness_is(client, "NOT_READY before the first list", SdkReadiness::NotReady)?;
    scene.answers("value before the first list", client, "F", &ExpectedAnswer::not_ready())
}

/// Releases the first list, waits until the client is ready, and checks the value of `F`.
fn releases_one(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    scene.edge().signal(GO);
    client.until_ready()?;
    scene.answers("value of F", client, "F", &ExpectedAnswer::string("one"))
}

/// Changes `F`, releases the second answer that the Edge holds back, and waits until the client has the change.
fn recovers_with_two(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    scene.edge().set_value("F", "two");
    scene.edge().signal(AGAIN);
    client.until_string("value after the recovery", "F", "two")?;
    scene.answers(
        "answer after the recovery",
        client,
        "F",
        &ExpectedAnswer::string("two").version(2),
    )?;
    client.until_readiness("READY after the recovery", SdkReadiness::Ready)?;
    problem_is_over(scene, client, "no problem after the recovery")
}
