//! Checks that only the SDK of this project must pass: what its client does with an Edge that is broken in ways of which FeatureHub does
//! not say what a client must do. Each one is the end of a scenario that every SDK runs.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, Feature, Framing, RedirectTo, Route};
use serde_json::{Value, json};

use crate::protocol::{Context, Create, Retry};
use crate::sdk::{ExpectedAnswer, Scene, Tempo, Verdict, breach, check, equal, patience};

/// The time in which the client of a redirect loop sends two requests: its first delay before a retry.
const LONG_PACE: Duration = Duration::from_secs(1);

/// An interval for which no scenario waits, in milliseconds.
const NEVER_MS: u64 = 600_000;

/// Starts the program again, so that no request of the scenario's former clients is left, and serves `F` as at first.
fn begin_anew(scene: &Scene<'_>) -> Verdict {
    scene.restart_adapter()?;
    scene.until("the former clients are gone", "no connection", |seen| {
        seen.open_connections() == 0
    })?;
    scene.edge().replace_all([Feature::string("F", "one")]);
    scene.edge().behave(Behaviour::healthy());
    Ok(())
}

/// Checks that single bytes do not keep a stream open whose line never ends.
pub(super) fn bytes_without_a_line(scene: &Scene<'_>) -> Verdict {
    begin_anew(scene)?;
    let mut stream = Behaviour::sse().ack().features();
    // They last far longer than the wait below.
    for _ in 0..2_000 {
        stream = stream.sleep(scene.tempo().idle / 6).body("x");
    }
    scene.edge().behave_on(Route::Stream, stream);
    let before = scene.edge().recording().count(Route::Stream);
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    let label = "the client ends a stream of single bytes without a line end";
    scene.until_requests(label, Route::Stream, before + 2).map(drop)
}

/// Checks that status 304 in response to a request without an etag is a failed attempt, so that a retry follows before the next poll is due.
pub(super) fn unasked_304(scene: &Scene<'_>) -> Verdict {
    begin_anew(scene)?;
    scene.edge().script(Route::Poll, [Behaviour::status(304)], Behaviour::healthy());
    let client = scene.create(Create { poll_ms: Some(NEVER_MS), ..scene.polling() })?;
    client.until_string("value after a 304 without an etag", "F", "one")
}

/// Checks that a client follows a redirect in each of many requests, but not any number of redirects in one request.
pub(super) fn redirects_are_counted(scene: &Scene<'_>) -> Verdict {
    const POLLS: usize = 8;
    begin_anew(scene)?;
    scene.edge().behave(Behaviour::choose(|request| {
        if request.path.starts_with("/moved/") {
            Behaviour::healthy()
        } else {
            Behaviour::redirect(302, RedirectTo::Prefix("/moved".to_owned()))
        }
    }));
    let before = scene.edge().recording().count(Route::Poll);
    let client = scene.create(scene.polling())?;
    let label = "the client follows one redirect in each poll";
    scene.until(label, "eight answers under /moved", |seen| {
        let polls = seen.of(Route::Poll).skip(before);
        polls.filter(|poll| poll.request.path.starts_with("/moved/")).count() >= POLLS
    })?;
    client.close()?;

    begin_anew(scene)?;
    scene.edge().behave(Behaviour::redirect(302, RedirectTo::Itself));
    let before = scene.edge().recording().count(Route::Poll);
    // The client scales its pace by this delay. It is longer than a busy machine delays a request.
    let retry = Retry { initial_ms: 1000, max_ms: NEVER_MS, jitter: 0.0 };
    let client = scene.create(Create { retry: Some(retry), ..scene.polling() })?;
    let label = "the client gives up a redirect loop";
    client.until_state(label, "a problem", |state| state.problem.is_some())?;
    let seen = scene.edge().recording();
    let times: Vec<Instant> =
        seen.of(Route::Poll).skip(before).map(|poll| poll.request.at).collect();
    let found = breach(&times, LONG_PACE, scene.lateness().slack());
    check("redirects keep the pace", found.is_none(), "two requests a second", || {
        found.map(|breach| breach.to_string()).unwrap_or_default()
    })
}

/// Checks what a streaming client does while the Edge streams now and then only: the list of a stream makes the etag of an earlier poll
/// invalid, and a failed poll does not postpone the next attempt to stream.
pub(super) fn streams_now_and_then(scene: &Scene<'_>) -> Verdict {
    begin_anew(scene)?;
    let newer = Feature::string("F", "of the stream").version(5).json();
    let stream = Behaviour::sse().ack().event("features", &json!([newer]).to_string());
    let script = [Behaviour::status(501), super::stream::ended(stream)];
    scene.edge().script(Route::Stream, script, Behaviour::status(501));
    let polls = [Behaviour::healthy(), Behaviour::healthy()];
    scene.edge().script(Route::Poll, polls, Behaviour::status(503));
    let (before, streams) = {
        let seen = scene.edge().recording();
        (seen.count(Route::Poll), seen.count(Route::Stream))
    };
    // The other delays are scaled by the first one: the client tries to stream again after 0.6 s.
    let retry = Retry { initial_ms: 1, max_ms: 100, jitter: 0.0 };
    let client = scene.create(Create { retry: Some(retry), ..scene.streaming() })?;
    client.until_string("value of the stream between two polls", "F", "of the stream")?;
    let seen = scene.until_requests("a poll after the stream", Route::Poll, before + 2)?;
    let poll = seen.of(Route::Poll).nth(before + 1);
    let etag = poll.and_then(|poll| poll.request.header("if-none-match"));
    equal("If-None-Match after a stream with another list", etag, None)?;
    let label = "attempts to stream go on after failed polls";
    scene.until_requests(label, Route::Stream, streams + 6).map(drop)
}

/// Checks that the etag of an answer without a list is not sent, because it does not describe the features that the client holds.
pub(super) fn etag_without_a_list(scene: &Scene<'_>) -> Verdict {
    const ODD: &str = "\"of no list\"";
    begin_anew(scene)?;
    let head = Behaviour::status(200).header("content-type", "application/json");
    let odd = head.header("etag", ODD).body(json!([{ "id": ENVIRONMENT }]).to_string());
    let script = [Behaviour::healthy(), odd];
    scene.edge().script(Route::Poll, script, Behaviour::healthy());
    let before = scene.edge().recording().count(Route::Poll);
    scene.create(scene.polling())?;
    let seen = scene.until_requests("a poll after the odd answer", Route::Poll, before + 3)?;
    let poll = seen.of(Route::Poll).nth(before + 2);
    let etag = poll.and_then(|poll| poll.request.header("if-none-match"));
    check("the etag of an answer without a list is not sent", etag != Some(ODD), "another", || {
        format!("{etag:?}")
    })
}

/// Checks that an empty list for a server-evaluated key, which a failing Edge may send, removes no features.
pub(super) fn empty_list(scene: &Scene<'_>) -> Verdict {
    begin_anew(scene)?;
    let head = Behaviour::status(200).header("content-type", "application/json");
    let empty = head.body(json!([{ "id": ENVIRONMENT, "features": [] }]).to_string());
    scene.edge().script(Route::Poll, [Behaviour::healthy()], empty);
    let before = scene.edge().recording().count(Route::Poll);
    let keys = vec![scene.edge().server_key()];
    let client = scene.create(Create { keys, ..scene.polling() })?;
    // The client has processed the third answer when it sends the fourth request.
    let seen =
        scene.until_requests("polling goes on after an empty list", Route::Poll, before + 4)?;
    scene.answers("value after an empty list", &client, "F", &ExpectedAnswer::string("one"))?;
    // The list of the first answer was there before the second request.
    let second = seen.of(Route::Poll).nth(before + 1).map(|poll| poll.request.at);
    let least = second.map(|at| at.elapsed()).unwrap_or_default();
    let age = client.state()?.age_ms.map(Duration::from_millis);
    let is_old = age.is_some_and(|age| age + Duration::from_millis(1) >= least);
    check("an empty list does not renew the features", is_old, "their age", || {
        format!("{age:?}, but the last list is at least {least:?} old")
    })
}

/// Checks that a stream with status 236, which must be the last request, is not given up for another context.
pub(super) fn last_stream_and_a_context(scene: &Scene<'_>) -> Verdict {
    begin_anew(scene)?;
    let last = Behaviour::new().head(236, Framing::Chunked);
    let last = last.header("content-type", "text/event-stream").ack().features().hang();
    scene.edge().behave_on(Route::Stream, last);
    let keys = vec![scene.edge().server_key()];
    let client = scene.create(Create { keys, ..scene.streaming() })?;
    client.until_ready()?;
    let user: Context = [("userkey".to_owned(), vec!["fred".to_owned()])].into();
    let answer = client.context(&user, patience())?;
    check("another context is refused after 236", answer.is_err(), "an error", || {
        format!("{answer:?}")
    })?;
    let watch = Tempo::watch(scene.tempo().retry, 10);
    scene.no_request("no request for another context after 236", Route::Stream, watch)?;
    equal("one stream is open", scene.edge().recording().in_flight(Route::Stream), 1)
}

/// Checks that a malformed event ends its stream, so that the client gets a whole list again.
pub(super) fn another_stream_after(scene: &Scene<'_>, event: &str, before: usize) -> Verdict {
    let label = format!("another stream after a malformed `{event}`");
    scene.until_requests(&label, Route::Stream, before + 1).map(drop)
}

/// Checks that the features of a store do not count as contact with the Edge: a poll that fails first is retried soon, as without a store,
/// and not when the next poll is due. The store at this path holds the features.
pub(super) fn store_is_no_contact(scene: &Scene<'_>, store: &str) -> Verdict {
    begin_anew(scene)?;
    scene.edge().replace_all([Feature::string("F", "three").version(3)]);
    scene.edge().script(Route::Poll, [Behaviour::status(503)], Behaviour::healthy());
    let client = scene.create(Create {
        poll_ms: Some(NEVER_MS),
        store: Some(store.to_owned()),
        ..scene.polling()
    })?;
    client.until_ready()?;
    check("value of the store", client.string("F")? != Value::Null, "a value", || {
        "none".to_owned()
    })?;
    client.until_string("value after the first poll failed", "F", "three")
}
