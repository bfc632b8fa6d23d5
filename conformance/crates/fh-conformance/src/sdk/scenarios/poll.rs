//! C-POLL: a client that polls.

use fh_fake_edge::{Behaviour, Route};

use crate::protocol::SdkReadiness;
use crate::sdk::{Group, SCENARIO, Scenario, Scene, Tempo, Verdict, check, equal};

/// The scenarios of polling.
pub(super) const GROUP: Group = Group {
    name: "C-POLL",
    title: "polling client",
    scenarios: &[
        Scenario {
            id: "C-POLL-001",
            name: "first",
            requires: &["transport.poll"],
            when: "a client polls",
            then: "it becomes ready, and the values are readable",
            decision: "sdk-behaviour 2.3",
            run: first,
            ..SCENARIO
        },
        Scenario {
            id: "C-POLL-002",
            name: "interval",
            requires: &["transport.poll"],
            needs: &["poll_ms"],
            when: "a client polls at an interval of N",
            then: "at least N is between two polls, five times",
            decision: "sdk-behaviour 2.9",
            run: interval,
            ..SCENARIO
        },
        Scenario {
            id: "C-POLL-010",
            name: "404",
            requires: &["transport.poll"],
            needs: &["poll_ms"],
            given: "an Edge that answers 404",
            when: "a client polls for the first time",
            then: "it reports FAILED and sends no request for 10 N",
            decision: "D-21, D-68",
            stage: |stage| stage.edge().behave(Behaviour::status(404)),
            run: refused_at_first,
            ..SCENARIO
        },
    ],
    not_executed: &[],
};

fn first(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    equal("value of F", client.string("F")?, "one")
}

fn interval(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("six polls", Route::Poll, 6)?;
    let least = scene.tempo().poll;
    check(
        "the interval between polls",
        seen.gaps(Route::Poll).iter().all(|gap| *gap >= least),
        &format!("at least {least:?}"),
        || format!("{:?}", seen.gaps(Route::Poll)),
    )
}

fn refused_at_first(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_readiness("the client reports FAILED", SdkReadiness::Failed)?;
    let watch = Tempo::watch(scene.tempo().poll, 10);
    scene.no_request("no request for 10 N", Route::Poll, watch)?;
    equal("value of F", client.string("F")?, serde_json::Value::Null)
}
