//! The states of a stream's connection, row by row (sdk-behaviour 2.11).

use std::time::Duration;

use fh_client::{Attributes, Connection, NotReady, Problem, Readiness, Status, block_on};
use fh_fake_edge::{Behaviour, Closing, FakeEdge, Feature, Route};
use serde_json::json;

use super::kinds::Kind;
use super::{
    FEATURE, History, INITIAL, NEVER, PATIENCE, arrives, edge, held, not_earlier, quick, ready,
    refresh, seen, served, server_evaluated, until,
};

/// Opening an idle client sends a request with the headers of a stream.
#[test]
fn opening_asks_for_a_stream() {
    let edge = edge();
    edge.behave(Behaviour::silence());
    let client = quick(&edge).streaming().start().unwrap();
    seen(&edge, Route::Stream, 1);
    assert_eq!(client.status().connection, Connection::Connecting);
    let recording = edge.recording();
    let request = &recording.requests[0].request;
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("last-event-id"), None);
    assert!(request.header("x-sdk").is_some());
}

/// A 200 opens the stream but keeps the number of failed attempts. A stream that ends without data is another failed attempt.
#[test]
fn opening_alone_is_no_success() {
    let edge = edge();
    let early = || Behaviour::sse().ack();
    let script = [Behaviour::status(503), early(), early()];
    edge.script(Route::Stream, script, held(Route::Stream, "go"));
    let client = quick(&edge).streaming().start().unwrap();
    seen(&edge, Route::Stream, 4);
    let status = until(&client, "open", |status| status.connection == Connection::Streaming);
    assert_eq!((status.attempts, status.readiness), (3, Readiness::NotReady));
    edge.signal("go");
    client.wait_ready(PATIENCE).unwrap();
    until(&client, "well", |status| status.attempts == 0);
    not_earlier(&edge.recording().gaps(Route::Stream), &[INITIAL / 2, INITIAL, INITIAL * 2]);
}

/// After a connect error the client waits and retries.
#[test]
fn connection_refused() {
    for streaming in [true, false] {
        let edge = FakeEdge::start_refusing().unwrap();
        edge.set_feature(Feature::string(FEATURE, "one"));
        let builder = quick(&edge);
        let builder = if streaming { builder.streaming() } else { builder.polling(NEVER) };
        let client = builder.start().unwrap();
        let tried =
            |status: &Status| status.attempts >= 3 && status.connection == Connection::Waiting;
        let status = until(&client, "tried", tried);
        assert!(matches!(status.problem, Some(Problem::Unreachable(_))), "{status}");
        assert_eq!(status.readiness, Readiness::NotReady);
        assert!(status.next_attempt.is_some_and(|next| next <= INITIAL * 8), "{status}");
        edge.listen_again().unwrap();
        client.wait_ready(PATIENCE).unwrap();
    }
}

/// No delay is longer than the cap, and there is always a next attempt.
#[test]
fn delays_end_at_the_cap() {
    let edge = edge();
    edge.behave(Behaviour::status(500));
    let cap = INITIAL;
    let client = quick(&edge).streaming().configure(move |config| config.backoff.cap = cap);
    let client = client.start().unwrap();
    let waits = |status: &Status| status.connection == Connection::Waiting;
    while edge.recording().count(Route::Stream) < 12 {
        let status = until(&client, "waiting", waits);
        assert!(status.next_attempt.is_some_and(|next| next <= cap), "{status}");
    }
    not_earlier(&edge.recording().gaps(Route::Stream), &[cap / 2; 11]);
}

/// After a 501 the client polls at once, and streams again later.
#[test]
fn status_501_falls_back_to_polling() {
    let edge = edge();
    edge.script(Route::Stream, [Behaviour::status(501)], Behaviour::healthy());
    let again = Duration::from_millis(300);
    let client =
        quick(&edge).streaming().configure(move |config| config.stream_again_after = again);
    let (client, notices) = with_notices(client);
    client.wait_ready(PATIENCE).unwrap();
    let status = client.status();
    assert_eq!(
        (status.problem, served(&client).as_deref()),
        (Some(Problem::NoStreaming), Some("one"))
    );
    assert_eq!(edge.recording().count(Route::Poll), 1);
    let status = until(&client, "streaming", |status| status.connection == Connection::Streaming);
    assert_eq!(status.readiness, Readiness::Ready);
    until(&client, "well", |status| status.problem.is_none());
    not_earlier(&edge.recording().gaps(Route::Stream), &[again]);
    client.flush(PATIENCE).unwrap();
    assert_eq!(notices(), [fh_client::Notice::FellBackToPolling]);
}

/// After three wrong content types in a row the client polls (D-65).
#[test]
fn three_wrong_content_types_fall_back_to_polling() {
    let edge = edge();
    edge.behave_on(Route::Stream, Kind::wrong_content_type().behaviour);
    let client = ready(quick(&edge).streaming());
    let recording = edge.recording();
    assert_eq!((recording.count(Route::Stream), recording.count(Route::Poll)), (3, 1));
    assert_eq!(client.status().problem, Some(Problem::NoStreaming));
    not_earlier(&recording.gaps(Route::Stream), &[INITIAL / 2, INITIAL]);
}

/// A correct content type between wrong ones interrupts the row.
#[test]
fn wrong_content_types_have_to_be_in_a_row() {
    let edge = edge();
    let page = || Kind::wrong_content_type().behaviour;
    let ended = Behaviour::sse().ack();
    edge.script(Route::Stream, [page(), page(), ended, page(), page()], Behaviour::healthy());
    let client = ready(quick(&edge).streaming());
    assert_eq!(client.status().connection, Connection::Streaming);
    assert_eq!(edge.recording().count(Route::Poll), 0);
}

/// A stream that was open for long enough resets the number of failed attempts. Features alone do not reset it (D-64).
#[test]
fn a_healthy_time_resets_the_delays() {
    for (healthy_after, at_least) in [(Duration::ZERO, Duration::ZERO), (NEVER, INITIAL * 4)] {
        let edge = edge();
        let busy = || Behaviour::status(503);
        let brief = Behaviour::sse().ack().features().close(Closing::Rst);
        edge.script(Route::Stream, [busy(), busy(), busy(), brief], held(Route::Stream, "go"));
        edge.signal("go");
        let client = quick(&edge).streaming().configure(move |config| {
            config.healthy_after = healthy_after;
            config.backoff.cap = NEVER;
            config.return_within = Duration::ZERO..=Duration::ZERO;
        });
        let _client = ready(client);
        seen(&edge, Route::Stream, 5);
        let gaps = edge.recording().gaps(Route::Stream);
        not_earlier(&gaps, &[INITIAL / 2, INITIAL, INITIAL * 2, at_least]);
    }
}

/// After an end without `bye` after data, the first delay is short. The later ones are those after any failure.
#[test]
fn the_end_without_bye_after_data() {
    let ends: [fn() -> Behaviour; 3] = [
        || Behaviour::sse().ack().features(),
        || Behaviour::sse().ack().features().close(Closing::Rst),
        || Behaviour::sse().ack().features().close_mid_chunk(),
    ];
    for end in ends {
        let edge = edge();
        let script = [end(), end(), end()];
        edge.script(Route::Stream, script, held(Route::Stream, "go"));
        let client = quick(&edge).streaming().configure(|config| {
            config.return_within = INITIAL / 8..=INITIAL / 4;
        });
        let client = ready(client);
        let (history, _subscription) = History::of(&client);
        seen(&edge, Route::Stream, 4);
        let status = until(&client, "told", |status| status.problem.is_some());
        assert!(matches!(status.problem, Some(Problem::Disconnected | Problem::Unreachable(_))));
        assert_eq!((status.readiness, served(&client).as_deref()), (Readiness::Ready, Some("one")));
        edge.set_value(FEATURE, "two");
        edge.signal("go");
        arrives(&client, "two");
        assert_eq!(history.reported(&client), [Readiness::Ready]);
        let gaps = edge.recording().gaps(Route::Stream);
        not_earlier(&gaps, &[INITIAL / 8, INITIAL / 2, INITIAL]);
    }
}

/// `retry:` of a stream sets the shortest delay from then on, at most 30 s (D-75).
#[test]
fn the_stream_may_ask_for_a_longer_delay() {
    let edge = edge();
    let asked = Duration::from_millis(300);
    let slower = Behaviour::sse().retry(asked).ack().features();
    edge.script(Route::Stream, [slower, Behaviour::status(503)], held(Route::Stream, "go"));
    let _client = ready(quick(&edge).streaming());
    seen(&edge, Route::Stream, 3);
    not_earlier(&edge.recording().gaps(Route::Stream), &[asked; 2]);

    let edge = self::edge();
    let for_ever = Behaviour::sse().retry(NEVER).ack().features();
    edge.behave_on(Route::Stream, for_ever);
    let client = ready(quick(&edge).streaming());
    let status = until(&client, "waiting", |status| status.connection == Connection::Waiting);
    assert!(status.next_attempt.is_some_and(|next| next <= Duration::from_secs(30)), "{status}");
}

/// Heartbeats and comments keep a stream open.
#[test]
fn heartbeats_keep_a_stream() {
    let beat = Duration::from_millis(80);
    let edge = edge();
    let mut stream = Behaviour::sse().ack().features();
    for _ in 0..8 {
        stream = stream.sleep(beat).heartbeat().sleep(beat).comment("still here");
    }
    edge.behave_on(Route::Stream, stream.live());
    let client = quick(&edge).streaming();
    let client = ready(client.configure(move |config| config.limits.idle = beat * 8));
    edge.set_value(FEATURE, "two");
    arrives(&client, "two");
    assert_eq!((edge.recording().count(Route::Stream), client.status().problem), (1, None));
}

/// `edge.stale` true stops the client, which keeps its features and Ready. It refuses another context, and a refresh resumes it (D-22,
/// D-67).
#[test]
fn stale_true_stops() {
    let edge = edge();
    let client = ready(server_evaluated(&edge).streaming());
    edge.push_event("config", r#"{"edge.stale": true}"#);
    let status = until(&client, "stopped", |status| status.connection == Connection::Halted);
    assert_eq!((status.readiness, status.is_stale), (Readiness::Ready, true));
    assert_eq!((status.next_attempt, status.problem), (None, Some(Problem::Stale)));
    assert_eq!(served(&client).as_deref(), Some("one"));
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
    let fred = Attributes::builder().user_key("fred").build();
    assert!(matches!(block_on(client.set_context(fred)), Err(Problem::Stale)));
    assert_eq!(edge.recording().count(Route::Stream), 1);

    edge.set_value(FEATURE, "two");
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    arrives(&client, "two");
    assert_eq!((client.status().is_stale, edge.recording().count(Route::Stream)), (false, 2));
}

/// `edge.stale` before the first list ends the wait of all callers.
#[test]
fn stale_true_before_features() {
    let edge = edge();
    let stale = Behaviour::sse().ack().config(&json!({"edge.stale": true})).hang();
    edge.behave_on(Route::Stream, stale);
    let client = quick(&edge).streaming().start().unwrap();
    assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::Stopped));
    assert!(client.status().is_stale);
}

/// A pause takes at most a day (D-75).
#[test]
fn a_pause_is_bounded() {
    let edge = edge();
    let client = ready(quick(&edge).streaming());
    edge.push_event("config", r#"{"edge.stale": 99999999999}"#);
    let status = until(&client, "paused", |status| status.connection == Connection::Paused);
    let day = Duration::from_secs(24 * 3600);
    assert!(status.next_attempt.is_some_and(|next| next <= day && next > day / 2), "{status}");
}

/// Other values of `edge.stale`, and other configuration, are ignored.
#[test]
fn other_configuration_is_nothing() {
    let edge = edge();
    let client = ready(quick(&edge).streaming());
    for config in [
        r#"{"edge.stale": false}"#,
        r#"{"edge.stale": null}"#,
        r#"{"edge.stale": 0}"#,
        r#"{"edge.stale": -1}"#,
        r#"{"edge.stale": "true"}"#,
        r#"{"edge.other": true}"#,
        "{}",
        "nonsense",
    ] {
        edge.push_event("config", config);
    }
    alive(&edge, &client);
}

/// `ack` with any JSON, unknown events and events without data are ignored.
#[test]
fn unknown_events_are_nothing() {
    let edge = edge();
    let client = ready(quick(&edge).streaming());
    for data in [r#"{"status":"discover"}"#, "\"\u{2764}\"", "17", "", "{"] {
        edge.push_event("ack", data);
    }
    edge.push_event("tomorrow", "{}");
    edge.push_event("error", "{}");
    edge.push_text("event: features\n\n: a comment\n\nid: 7\nnonsense\n\n");
    alive(&edge, &client);
}

/// Checks that the first stream is still open and brings updates.
fn alive(edge: &FakeEdge, client: &fh_client::Client) {
    edge.set_value(FEATURE, "two");
    arrives(client, "two");
    let status = client.status();
    assert_eq!((status.problem, status.readiness), (None, Readiness::Ready));
    assert_eq!(edge.recording().count(Route::Stream), 1);
}

/// Another context opens a new connection with its header, and closes the old one.
#[test]
fn another_context_opens_another_stream() {
    let edge = edge();
    let client = ready(server_evaluated(&edge).streaming());
    let fred = Attributes::builder().user_key("fred").build();
    let fred = block_on(client.set_context(fred)).unwrap();
    assert_eq!(fred.string(FEATURE).as_deref(), Some("one"));
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 1).unwrap();
    let recording = edge.recording();
    let headers: Vec<_> =
        recording.requests.iter().map(|seen| seen.request.header("x-featurehub")).collect();
    assert_eq!(headers, [None, Some("userkey=fred")]);
    edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1).unwrap();
}

/// Another context is sent at once, even if the client waits for its next attempt.
#[test]
fn another_context_does_not_wait_for_the_delay() {
    let edge = edge();
    edge.behave(Behaviour::status(503));
    let client = server_evaluated(&edge).streaming().configure(|config| {
        config.backoff.initial = NEVER;
        config.backoff.cap = NEVER;
    });
    let client = client.start().unwrap();
    until(&client, "waiting", |status| status.connection == Connection::Waiting);
    edge.behave(Behaviour::healthy());
    let fred = Attributes::builder().user_key("fred").build();
    block_on(client.set_context(fred)).unwrap();
    assert_eq!(edge.recording().count(Route::Stream), 2);
}

/// Closing in any state ends the connection and the wait of all callers.
#[test]
fn closing_in_each_state() {
    let states: [(Behaviour, Connection); 4] = [
        (Behaviour::silence(), Connection::Connecting),
        (Behaviour::healthy(), Connection::Streaming),
        (Behaviour::status(503), Connection::Waiting),
        (Behaviour::status(400), Connection::Waiting),
    ];
    for (behaviour, state) in states {
        let edge = edge();
        edge.behave(behaviour);
        let client = quick(&edge).streaming().configure(|config| {
            for backoff in [&mut config.backoff, &mut config.refused] {
                (backoff.initial, backoff.cap) = (NEVER, NEVER);
            }
        });
        let client = client.start().unwrap();
        seen(&edge, Route::Stream, 1);
        let has_data = |status: &Status| state != Connection::Streaming || status.features == 1;
        until(&client, state.as_str(), |status| status.connection == state && has_data(status));
        let waiter = client.clone();
        let waiter = std::thread::spawn(move || waiter.wait_ready_through_refusals(PATIENCE));
        client.close();
        block_on(client.closed());
        let answer = waiter.join().unwrap();
        // The wait for a streaming client may have ended before, because the client is ready.
        assert!(answer == Err(NotReady::Closed) || state == Connection::Streaming, "{answer:?}");
        edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
        assert_eq!(
            (client.status().connection, client.readiness()),
            (Connection::Closed, Readiness::Closed)
        );
        assert_eq!(edge.recording().count(Route::Stream), 1);
        let kept = (state == Connection::Streaming).then_some("one");
        assert_eq!(served(&client).as_deref(), kept);
    }
}

/// Starts a client. Returns it and a function that returns its notices so far.
fn with_notices(
    builder: fh_client::ClientBuilder,
) -> (fh_client::Client, impl Fn() -> Vec<fh_client::Notice>) {
    let client = builder.start().unwrap();
    let notices = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = std::sync::Arc::clone(&notices);
    client.on_notice(move |notice| told.lock().unwrap().push(notice.clone())).detach();
    (client, move || notices.lock().unwrap().clone())
}
