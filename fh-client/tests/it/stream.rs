//! Streaming (sdk-behaviour 2.10, 2.11), with one test for each row of its table of transitions.

use std::time::Duration;

use fh_client::{Connection, NotReady, Problem, Readiness, Stage};
use fh_fake_edge::{Behaviour, Closing, FakeEdge, Feature, Route};
use serde_json::json;

use crate::support::{PATIENCE, builder, reads, seen, started, until};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

fn failing_first(edge: &FakeEdge, behaviours: impl IntoIterator<Item = Behaviour>) {
    edge.script(Route::Stream, behaviours, Behaviour::healthy());
}

#[test]
fn updates_arrive() {
    let edge = edge();
    let client = started(builder(&edge));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    edge.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    edge.delete_feature("COLOUR");
    edge.set_value("SHAPE", "round");
    reads(&client, "SHAPE", "round");
    assert!(!client.exists("COLOUR"));
    let recording = edge.recording();
    assert_eq!((recording.count(Route::Stream), recording.count(Route::Poll)), (1, 0));
    let request = &recording.of(Route::Stream).next().unwrap().request;
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.path, format!("/features/{}", edge.client_key()));
    assert_eq!(request.header("x-featurehub"), None);
}

#[test]
fn trouble_before_the_first_list_is_waited_through() {
    let edge = edge();
    failing_first(
        &edge,
        [
            Behaviour::status(500),
            Behaviour::status(503),
            Behaviour::status(429),
            Behaviour::sse(),
            Behaviour::sse().ack().bye(),
            Behaviour::sse().ack().close_mid_chunk(),
            Behaviour::new().close(Closing::Rst),
            Behaviour::garbage("not HTTP\r\n\r\n"),
            Behaviour::sse().event("features", "[{"),
            Behaviour::sse().event("features", "{}"),
        ],
    );
    let client = started(builder(&edge));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(edge.recording().count(Route::Stream), 11);
}

/// Checks that a refusal on first contact is reported at once and retried slowly.
fn refused_at_first(answer: Behaviour) {
    let edge = edge();
    edge.behave_on(Route::Stream, answer);
    let client = builder(&edge).start().unwrap();
    let Err(NotReady::Failed(problem)) = client.wait_ready(PATIENCE) else { panic!() };
    assert!(problem.is_refusal(), "{problem}");
    edge.behave_on(Route::Stream, Behaviour::healthy());
    client.wait_ready_through_refusals(PATIENCE).unwrap();
}

#[test]
fn refused_at_first_400() {
    refused_at_first(Behaviour::status(400));
}

#[test]
fn refused_at_first_by_a_failure_event() {
    refused_at_first(Behaviour::sse().ack().failure());
}

/// Checks that values stay after a later refusal, and that the client streams again.
fn refused_later(status: u16) {
    let edge = edge();
    let client = started(builder(&edge));
    edge.behave_on(Route::Stream, Behaviour::status(status));
    edge.bye();
    let status = until(&client, |status| status.problem.as_ref().is_some_and(Problem::is_refusal));
    assert_eq!(status.readiness, Readiness::Ready);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    edge.behave_on(Route::Stream, Behaviour::healthy());
    let status = until(&client, |status| status.problem.is_none());
    assert_eq!(status.readiness, Readiness::Ready);
}

#[test]
fn refused_later_400() {
    refused_later(400);
}

#[test]
fn refused_later_401() {
    refused_later(401);
}

#[test]
fn an_edge_that_cannot_stream_is_polled() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::status(501));
    let client = started(builder(&edge));
    let status = until(&client, |status| status.connection == Connection::Resting);
    assert_eq!(status.source.map(|source| source.to_string()).as_deref(), Some("polling"));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

#[test]
fn a_page_in_place_of_a_stream_is_not_an_edge() {
    let edge = edge();
    edge.behave(Behaviour::status(200).header("content-type", "text/html").body("<html>"));
    let client = builder(&edge).start().unwrap();
    let status = until(&client, |status| status.problem.is_some());
    assert!(matches!(status.problem, Some(Problem::ContentType(_))), "{status}");
    edge.behave(Behaviour::healthy());
    client.wait_ready(PATIENCE).unwrap();
}

#[test]
fn silence_is_noticed() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::silence());
    edge.heartbeat(Some(Duration::from_millis(20)));
    let client = builder(&edge)
        .configure(|config| {
            config.limits.head = Duration::from_millis(600);
            config.limits.idle = Duration::from_millis(600);
        })
        .start()
        .unwrap();
    let late = |stage: Stage| {
        until(&client, |status| status.problem == Some(Problem::TimedOut(stage)));
    };
    late(Stage::Head);
    edge.behave_on(Route::Stream, Behaviour::sse().hang());
    late(Stage::FirstEvent);
    edge.behave_on(Route::Stream, Behaviour::sse().ack().features().hang());
    late(Stage::Silence);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    // With heartbeats the stream stays open.
    edge.behave_on(Route::Stream, Behaviour::healthy());
    seen(&edge, |seen| seen.live_streams() == 1);
    let streams = edge.recording().count(Route::Stream);
    let written = |seen: &fh_fake_edge::Recording| seen.of(Route::Stream).last().unwrap().written;
    // Wait for the heartbeats of twice the limit. Each has about thirty bytes.
    let before = written(&edge.recording());
    seen(&edge, |seen| written(seen) > before + 60 * 30);
    assert_eq!(edge.recording().count(Route::Stream), streams);
}

#[test]
fn a_pause_that_the_edge_asks_for_is_kept() {
    let edge = edge();
    let client = started(builder(&edge));
    edge.push_event("config", &json!({"edge.stale": 3600}).to_string());
    let status = until(&client, |status| status.connection == Connection::Paused);
    assert!(status.next_attempt.unwrap() > Duration::from_secs(3000));
    seen(&edge, |seen| seen.open_connections() == 0);
}

#[test]
fn unknown_events_are_ignored() {
    let edge = edge();
    let client = started(builder(&edge));
    edge.push_event("wibble", "not json");
    edge.push_event("config", &json!({"edge.other": 1}).to_string());
    edge.push_event("ack", "\"❤\u{fe0f}\"");
    edge.push_text(": a comment\n\nretry: soon\n\n");
    edge.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    assert_eq!(edge.recording().count(Route::Stream), 1);
}

#[test]
fn a_line_without_end_is_cut() {
    let edge = edge();
    let endless = Behaviour::sse().ack().body("data: ").fill(b'x', 256 * 1024 * 1024);
    failing_first(&edge, [endless]);
    let client =
        builder(&edge).configure(|config| config.limits.bytes = 1024 * 1024).start().unwrap();
    let status = until(&client, |status| status.problem.is_some());
    assert_eq!(status.problem, Some(Problem::TooLarge(1024 * 1024)));
    edge.behave_on(Route::Stream, Behaviour::healthy());
    client.wait_ready(PATIENCE).unwrap();
    seen(&edge, |seen| seen.of(Route::Stream).next().is_some_and(|one| one.finished.is_some()));
    let written = edge.recording().of(Route::Stream).next().unwrap().written;
    assert!(written < 32 * 1024 * 1024, "{written}");
}

#[test]
fn listeners_are_notified_once_per_change_on_their_own_thread() {
    let edge = edge();
    let client = started(builder(&edge));
    let (told, news) = std::sync::mpsc::channel();
    let _guard = client.on_change("COLOUR", move |change| {
        let thread = std::thread::current().name().map(str::to_string);
        told.send((change.old.clone(), change.new.clone(), thread)).unwrap();
    });
    edge.set_value("COLOUR", "blue");
    let (old, new, thread) = news.recv_timeout(PATIENCE).unwrap();
    assert_eq!(old.unwrap().to_string(), "red");
    assert_eq!(new.unwrap().to_string(), "blue");
    assert_eq!(thread.as_deref(), Some("fh-listeners"));
    // The same value with another version, and then another feature: neither is a change of this feature.
    edge.set_value("COLOUR", "blue");
    edge.set_value("SHAPE", "round");
    reads(&client, "SHAPE", "round");
    client.flush(PATIENCE).unwrap();
    assert!(news.try_recv().is_err());
}
