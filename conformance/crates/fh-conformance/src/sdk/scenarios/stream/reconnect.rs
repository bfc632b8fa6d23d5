//! Streams that end, before and after their first list.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Closing, Feature, Recording, Route};

use super::super::broken_edge;
use super::{
    STREAMING, at_least_first_delay, attempted, ended, held, keeps_values, notified, on_readiness,
    ready, ten_delays,
};
use crate::protocol::{SdkReadiness, State};
use crate::sdk::{ExpectedAnswer, Scenario, Scene, Stage, Verdict, check, equal};

pub(super) const BYE: Scenario = Scenario {
    id: "C-STREAM-009",
    name: "bye",
    needs: &["retry.initial_ms"],
    given: "an Edge that ends each stream with `bye` after the list",
    when: "a client streams",
    then: "it reconnects within the longer of 1 s and N after each end, or half as long again, with at most two connections a second, \
           scaled with N, and keeps its values and READY",
    decision: "D-64",
    bites: &["ByeUnreadies", "ByeWithoutDelay"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave_on(Route::Stream, ended(Behaviour::sse().ack().features().bye()));
    },
    run: bye,
    ..STREAMING
};

fn bye(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let seen = scene.until_requests("the client reconnects after `bye`", Route::Stream, 6)?;
    scene.keeps_pace("at most two connections a second", Route::Stream)?;
    let pauses = pauses(&seen);
    // A busy machine delays the runtime of an SDK by more than it delays a thread of the runner.
    let most =
        scene.tempo().retry.max(Duration::from_secs(1)).mul_f64(1.5) + scene.lateness().slack();
    check(
        "the time until it reconnects",
        pauses.iter().all(|pause| *pause <= most),
        &format!("at most {most:?} each"),
        || format!("{pauses:?}"),
    )?;
    // From now on, no list makes a client ready again that its last stream has made not ready.
    scene.edge().behave_on(Route::Stream, Behaviour::sse().live());
    let is_open = |seen: &Recording| seen.live_streams() > 0;
    scene.until("the client opens a stream without a list", "an open stream", is_open)?;
    keeps_values(scene, &client, "between the streams")
}

/// Returns the times from the end of each stream to the next request for one.
fn pauses(seen: &Recording) -> Vec<Duration> {
    let next = seen.of(Route::Stream).skip(1);
    let pairs = seen.of(Route::Stream).zip(next);
    let pause = pairs.filter_map(|(one, next)| {
        Some(attempted(seen, next).saturating_duration_since(one.finished?))
    });
    pause.collect()
}

pub(super) const FIN_NO_BYE: Scenario = Scenario {
    id: "C-STREAM-010",
    name: "fin-no-bye",
    needs: &["retry.initial_ms"],
    given: "an Edge that ends three streams after the list, without `bye`",
    when: "a client streams",
    then: "it reconnects, from the second time on after at least N, and keeps its values and READY",
    decision: "D-64, sdk-behaviour 2.11",
    bites: &["ProblemSticks"],
    stage: |stage| {
        stage.with_feature_f();
        let list = || Behaviour::sse().ack().features();
        let script = [ended(list()), list().close(Closing::Fin), ended(list())];
        stage.edge().script(Route::Stream, script, held("go"));
    },
    run: fin_no_bye,
    ..STREAMING
};

fn fin_no_bye(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let readiness = on_readiness(scene, &client)?;
    let seen = scene.until_requests("the client reconnects after each end", Route::Stream, 4)?;
    keeps_values(scene, &client, "without a stream")?;
    equal("one stream at a time", seen.most_in_flight(Route::Stream), 1)?;
    let backed_off = seen.gaps(Route::Stream);
    let backed_off = backed_off.get(1..).unwrap_or_default();
    at_least_first_delay(scene, "the delays of the back-off", backed_off)?;
    resumes(scene, &client)?;
    if scene.can("status") {
        let solved = |state: &State| state.problem.is_none();
        client.until_state("the status shows no problem any more", "no problem", solved)?;
    }
    match readiness {
        None => Ok(()),
        Some(listener) => {
            let others = [SdkReadiness::NotReady, SdkReadiness::Failed, SdkReadiness::Closed];
            let told: usize = others.map(|other| notified(&listener, other)).iter().sum();
            equal("no notification of another readiness", told, 0)
        }
    }
}

/// Lets the held stream begin with another value of F.
fn resumes(scene: &Scene<'_>, client: &crate::sdk::SdkClient) -> Verdict {
    scene.edge().set_value("F", "two");
    scene.edge().signal("go");
    client.until_string("the new value arrives after the reconnect", "F", "two")?;
    let expected = ExpectedAnswer::string("two").version(2);
    scene.answers("answer for F after the reconnect", client, "F", &expected)
}

pub(super) const RST: Scenario = Scenario {
    id: "C-STREAM-011",
    name: "rst",
    given: "an Edge that breaks off two streams inside an event, one with a reset and one with an end",
    when: "a client streams",
    then: "it does not apply the partial event, and reconnects",
    decision: "sdk-behaviour 2.10",
    bites: &["CutEventsCount"],
    stage: |stage| {
        stage.with_feature_f();
        let newer = Feature::string("F", "partial").version(9).json();
        let partial = || {
            let list = Behaviour::sse().ack().features();
            // The pause lets the client read the bytes: a reset may discard bytes that were not read.
            list.body(format!("event: feature\ndata: {newer}\n")).sleep(Duration::from_millis(100))
        };
        let script = [partial().close(Closing::Rst), partial().close(Closing::Fin)];
        stage.edge().script(Route::Stream, script, held("go"));
    },
    run: rst,
    ..STREAMING
};

fn rst(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    scene.until_requests("the client reconnects", Route::Stream, 3)?;
    keeps_values(scene, &client, "after the partial events")?;
    resumes(scene, &client)
}

pub(super) const STATUS_5XX_BEFORE_READY: Scenario = Scenario {
    id: "C-STREAM-014",
    name: "5xx-before-ready",
    needs: &["retry.initial_ms"],
    given: "an Edge that answers 503 twice and is healthy afterwards",
    when: "a client streams",
    then: "it retries after at least N, and becomes READY",
    decision: "D-64",
    bites: &["EtagOutlivesStream", "NoFallback", "StreamRetryPostponed", "UnavailableIsFinal"],
    stage: |stage| recovers(stage, [Behaviour::status(503), Behaviour::status(503)]),
    run: |scene| {
        before_ready(scene)?;
        if scene.is_own() {
            polls_instead(scene)?;
            broken_edge::streams_now_and_then(scene)?;
        }
        Ok(())
    },
    ..STREAMING
};

pub(super) const CLOSE_BEFORE_READY: Scenario = Scenario {
    id: "C-STREAM-015",
    name: "close-before-ready",
    needs: &["retry.initial_ms"],
    given: "an Edge that ends two streams before the list and is healthy afterwards",
    when: "a client streams",
    then: "it retries after at least N, and becomes READY",
    decision: "D-64, sdk-behaviour 2.11",
    bites: &["EarlyCloseIsFinal"],
    stage: |stage| {
        recovers(stage, [Behaviour::sse().close(Closing::Fin), ended(Behaviour::sse().ack())]);
    },
    run: before_ready,
    ..STREAMING
};

fn recovers(stage: &Stage, troubles: [Behaviour; 2]) {
    stage.with_feature_f();
    stage.edge().script(Route::Stream, troubles, Behaviour::healthy());
}

/// Checks that a client polls if the Edge says that it cannot stream (D-65).
fn polls_instead(scene: &Scene<'_>) -> Verdict {
    scene.edge().behave_on(Route::Stream, Behaviour::status(501));
    let client = ready(scene)?;
    scene.until_requests("a poll in place of a stream", Route::Poll, 1)?;
    scene.answers("answer of the poll", &client, "F", &ExpectedAnswer::string("one"))
}

fn before_ready(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::string("one"))?;
    let seen = scene.edge().recording();
    equal("three requests for a stream", seen.count(Route::Stream), 3)?;
    at_least_first_delay(scene, "the delays before the retries", &seen.gaps(Route::Stream))
}

pub(super) const RESUME_WITH_NOTHING: Scenario = Scenario {
    id: "C-STREAM-030",
    name: "id-resume-nothing",
    given: "an Edge that sends no list on the second stream, as if nothing had changed",
    when: "a client reconnects",
    then: "it keeps its values and READY, and takes updates",
    decision: "sdk-behaviour 0.4",
    bites: &["ByeUnreadies"],
    stage: |stage| {
        stage.with_feature_f();
        let first = ended(Behaviour::sse().ack().features().bye());
        stage.edge().script(Route::Stream, [first], Behaviour::sse().live());
    },
    run: resume_with_nothing,
    ..STREAMING
};

fn resume_with_nothing(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    scene.until_requests("the client reconnects", Route::Stream, 2)?;
    let at_most = scene.edge().recording().count(Route::Stream);
    scene.at_most("the silent stream is kept", Route::Stream, at_most, ten_delays(scene))?;
    keeps_values(scene, &client, "on the silent stream")?;
    scene.edge().set_value("F", "two");
    client.until_string("an update arrives on the silent stream", "F", "two")?;
    let expected = ExpectedAnswer::string("two").version(2);
    scene.answers("answer for F after the update", &client, "F", &expected)
}
