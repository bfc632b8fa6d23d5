//! Streams that a proxy holds back for ever, while polls pass.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Route};

use crate::sdk::{Scenario, Scene, Stage, Verdict, check, patience};

use super::{FAULT, recovery};

/// The part of a stream that the proxy passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passes {
    /// The head, and nothing of the body.
    Head,
    /// Each piece once the next one arrives, so that the list waits for the first change.
    EachPieceLater,
    /// Blocks of 16 KiB, so that not even the head arrives.
    Blocks,
}

impl Passes {
    fn behaviour(self) -> Behaviour {
        match self {
            Self::Head => Behaviour::sse().hang(),
            Self::EachPieceLater => Behaviour::sse().ack().hang(),
            Self::Blocks => Behaviour::silence(),
        }
    }
}

/// The time within which a client has the features, in use: two streams of 15 s, the delays before and after, and a poll.
const READY: Duration = Duration::from_secs(40);
/// The time within which a client sees a change, in use: the interval between polls.
const CHANGE: Duration = Duration::from_secs(30);

const HELD_BACK: Scenario = Scenario {
    when: "a client streams",
    then: "it has the features within 40 s and sees a change within 30 s, because it polls after the second stream",
    decision: "D-65",
    ..FAULT
};

pub(super) const HEAD_ONLY: Scenario = Scenario {
    id: "F-023",
    name: "head-only",
    bites: &["HeldBackStreamsReopened", "HeldBackStreamsWaited"],
    given: "an Edge behind a proxy that passes the head of a stream and holds its body back for ever",
    stage: |stage| begin(stage, Passes::Head),
    run: polls_instead,
    ..HELD_BACK
};

pub(super) const PIECE_LATER: Scenario = Scenario {
    id: "F-024",
    name: "piece-later",
    bites: &["HeldBackStreamsReopened", "HeldBackStreamsWaited"],
    given: "an Edge behind a proxy that passes each piece of a stream when the next one arrives",
    stage: |stage| begin(stage, Passes::EachPieceLater),
    run: polls_instead,
    ..HELD_BACK
};

pub(super) const BLOCKS: Scenario = Scenario {
    id: "F-025",
    name: "blocks",
    bites: &["HeldBackStreamsReopened"],
    given: "an Edge behind a proxy that passes streams in blocks of 16 KiB",
    stage: |stage| begin(stage, Passes::Blocks),
    run: polls_instead,
    ..HELD_BACK
};

fn begin(stage: &Stage, passes: Passes) {
    stage.with_feature_f();
    stage.edge().behave_on(Route::Stream, passes.behaviour());
    let tempo = stage.tempo();
    if tempo.divisor > 1 {
        // The interval of a client that polls in place of streaming is no setting, so the Edge sets it.
        let interval = format!("max-age={}", tempo.scaled(CHANGE).as_secs());
        let polls = Behaviour::new().header("cache-control", &interval).then_healthy();
        stage.edge().behave_on(Route::Poll, polls);
    }
}

fn polls_instead(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    let created = Instant::now();
    let limit = |in_use: Duration| (scene.tempo().scaled(in_use) * 3 / 2).max(patience());
    let ready = recovery::value_after(&client, "one", created, limit(READY))?;
    match ready {
        Some(after) => scene.measure("back after s", after.as_secs_f64()),
        None => scene.measure("not back within s", limit(READY).as_secs_f64()),
    }
    check("the client has the features", ready.is_some(), "the value \"one\"", || {
        match client.state() {
            Ok(state) => format!("{state:?}"),
            Err(_) => "no answer to state".to_owned(),
        }
    })?;
    scene.edge().set_value("F", "two");
    let changed = Instant::now();
    let seen = recovery::value_after(&client, "two", changed, limit(CHANGE))?;
    if let Some(after) = seen {
        scene.measure("change after s", after.as_secs_f64());
    }
    check("the client sees the change", seen.is_some(), "the value \"two\"", || {
        "\"one\"".to_owned()
    })?;
    let streams = scene.edge().recording().count(Route::Stream);
    check("streams before the poll", !scene.is_own() || streams == 2, "2", || streams.to_string())
}
