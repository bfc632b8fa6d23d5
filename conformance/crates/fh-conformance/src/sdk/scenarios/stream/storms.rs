//! The delays before retries while an Edge fails for long.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Closing, Recording, Route};

use super::{STREAMING, at_least_first_delay, attempted, ready};
use crate::protocol::SdkReadiness;
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, TEMPO, Tempo, Verdict, at_least, check,
};

pub(super) const IMMEDIATE_CLOSE: Scenario = Scenario {
    id: "C-STREAM-012",
    name: "immediate-close-storm",
    needs: &["retry.initial_ms"],
    given: "an Edge that answers 200 and ends each stream at once",
    when: "a client streams",
    then: "it sends at most 12 requests within 20 N, with growing delays of at least N, and becomes READY once the Edge is healthy",
    decision: "D-64",
    bites: &["BackoffResetByOpening", "EarlyCloseIsFinal"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave_on(Route::Stream, Behaviour::sse().close(Closing::Fin));
    },
    run: immediate_close,
    ..STREAMING
};

fn immediate_close(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    let seen = scene.until_requests("the client connects", Route::Stream, 1)?;
    let begin = seen.of(Route::Stream).next().map(|seen| seen.request.at);
    let over = begin.map(|begin| begin.elapsed()).unwrap_or_default();
    let watch = (scene.tempo().retry * 20).saturating_sub(over);
    scene.at_most("at most 12 requests within 20 N", Route::Stream, 12, watch)?;
    let seen = scene.until_requests("the client goes on", Route::Stream, 4)?;
    let gaps = seen.gaps(Route::Stream);
    at_least_first_delay(scene, "the delays between requests", &gaps)?;
    let (shortest, longest) = (gaps.iter().min(), gaps.iter().max());
    check(
        "the delays grow",
        shortest.zip(longest).is_some_and(|(shortest, longest)| *longest >= *shortest * 2),
        "the longest at least twice the shortest",
        || format!("{gaps:?}"),
    )?;
    recovers(scene, &client)
}

fn recovers(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    scene.edge().behave(Behaviour::healthy());
    client.until_readiness("READY once the Edge is healthy", SdkReadiness::Ready)?;
    scene.answers("answer for F", client, "F", &ExpectedAnswer::string("one"))
}

pub(super) const STATUS_5XX: Scenario = Scenario {
    id: "C-STREAM-013",
    name: "5xx-storm",
    needs: &["retry.initial_ms", "retry.max_ms"],
    given: "an Edge that answers 500 to each request",
    when: "a client streams",
    then: "the delays are at least N, reach the longest delay and exceed it by at most half of it, and it becomes READY once the Edge is \
           healthy",
    decision: "D-64",
    tempo: Tempo { retry_max: Duration::from_millis(400), ..TEMPO },
    bites: &["NoBackoff"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave_on(Route::Stream, Behaviour::status(500));
    },
    run: status_5xx,
    ..STREAMING
};

fn status_5xx(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    // The longest delay is four first ones, so the third delay is the longest.
    for count in 1..=6 {
        scene.until_requests("the client goes on", Route::Stream, count)?;
    }
    scene.keeps_pace("at most two requests a second", Route::Stream)?;
    let seen = scene.edge().recording();
    let gaps = seen.gaps(Route::Stream);
    at_least_first_delay(scene, "the delays between requests", &gaps)?;
    let tempo = scene.tempo();
    let longest = gaps.get(2..).unwrap_or_default();
    if scene.sets("retry.jitter") && tempo.retry_max <= tempo.retry * 4 {
        let least = tempo.retry_max.mul_f64(1.0 - tempo.jitter);
        at_least("the delays reach the longest delay", longest, least)?;
    }
    // An SDK may add its jitter to the longest delay.
    let most = tempo.retry_max.mul_f64(1.5) + scene.lateness().slack();
    check(
        "no delay is much longer than the longest delay",
        gaps.iter().all(|gap| *gap <= most),
        &format!("at most {most:?} each"),
        || format!("{gaps:?}"),
    )?;
    recovers(scene, &client)
}

pub(super) const BACKOFF_RESET: Scenario = Scenario {
    id: "C-STREAM-016",
    name: "backoff-reset",
    needs: &["retry.initial_ms", "retry.max_ms", "healthy_after_ms"],
    given: "an Edge that answers 503 several times, then sends a stream that lasts longer than the time after which it is healthy",
    when: "this stream is reset; or becomes silent, so that the client aborts it",
    then: "the next delay is the first delay N again, which shows by a request within 2 N",
    decision: "D-64",
    tempo: Tempo {
        retry: Duration::from_millis(200),
        retry_max: Duration::from_millis(6400),
        healthy_after: Duration::from_millis(250),
        idle: Duration::from_millis(500),
        ..TEMPO
    },
    bites: &["DelaysOutliveHealth"],
    stage: |stage| {
        stage.with_feature_f();
        let list = || Behaviour::sse().ack().features();
        let reset = list().sleep(stage.tempo().healthy_after.mul_f64(1.5)).close(Closing::Rst);
        let script = [busy(), busy(), busy(), reset, busy(), busy(), list().hang()];
        stage.edge().script(Route::Stream, script, Behaviour::healthy());
    },
    run: backoff_reset,
    ..STREAMING
};

fn busy() -> Behaviour {
    Behaviour::status(503)
}

fn backoff_reset(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let seen = scene.until_requests("the client reconnects after the reset", Route::Stream, 5)?;
    let gaps = seen.gaps(Route::Stream);
    let before = gaps.get(..3).unwrap_or_default();
    at_least_first_delay(scene, "the delays before the healthy stream", before)?;
    first_delay(scene, "the delay after the reset", &seen, 3)?;
    // The limit for silence must be longer than the time after which a stream is healthy.
    if scene.sets("timeouts.idle_ms") {
        let label = "the client reconnects after the silence";
        let seen = scene.until_requests(label, Route::Stream, 8)?;
        first_delay(scene, "the delay after the silence", &seen, 6)?;
    }
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::string("one"))
}

/// Checks that the request after the stream at this place comes within two first delays after the end of that stream. Without a reset, at
/// least four first delays would pass.
fn first_delay(scene: &Scene<'_>, label: &str, seen: &Recording, place: usize) -> Verdict {
    let end = seen.of(Route::Stream).nth(place).and_then(|healthy| healthy.finished);
    let next = seen.of(Route::Stream).nth(place + 1).map(|next| attempted(seen, next));
    let pause = end.zip(next).map(|(end, next)| next.saturating_duration_since(end));
    let most = scene.tempo().retry * 2 + scene.lateness().slack();
    let holds = pause.is_some_and(|pause| pause <= most);
    check(label, holds, &format!("at most {most:?}"), || format!("{pause:?}"))
}
