//! Polling (sdk-behaviour 2.9), with one test for each row of its table of answers.

use std::time::Duration;

use fh_client::{Connection, Problem, Readiness, Stage};
use fh_fake_edge::{Behaviour, Closing, FakeEdge, Feature, Framing, Route};

use crate::support::{PATIENCE, builder, builder_with, reads, seen, soon, started, until};

/// Short enough to wait for, and long enough to be distinguished from a retry.
const INTERVAL: Duration = Duration::from_millis(40);

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

#[test]
fn polls_again_and_again_with_the_etag() {
    let edge = edge();
    let client = started(builder(&edge).polling(INTERVAL));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    edge.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    edge.wait_for_requests(Route::Poll, 4, PATIENCE).unwrap();
    let recording = edge.recording();
    let polls: Vec<_> = recording.of(Route::Poll).collect();
    assert_eq!(polls[0].request.header("if-none-match"), None);
    assert!(polls[1].request.header("if-none-match").is_some());
    assert!(polls.iter().any(|poll| poll.status == Some(304)));
    assert_eq!(polls[0].request.query_value("contextSha"), Some("0"));
    assert_eq!(polls[0].request.query_value("apiKey"), Some(edge.client_key().as_str()));
    assert!(polls[0].request.header("x-sdk").unwrap().starts_with("Rust,"));
    assert_eq!(recording.most_in_flight(Route::Poll), 1);
}

#[test]
fn an_unchanged_answer_keeps_the_generation() {
    let edge = edge();
    let client = started(builder(&edge).polling(INTERVAL));
    let generation = client.snapshot().generation();
    edge.wait_for_requests(Route::Poll, 4, PATIENCE).unwrap();
    assert_eq!(client.snapshot().generation(), generation);
}

#[test]
fn status_236_brings_features_and_ends_the_polling() {
    let edge = edge();
    edge.behave_on(Route::Poll, Behaviour::new().healthy_with_status(236));
    let client = started(builder(&edge).polling(INTERVAL));
    let status = until(&client, |status| status.connection == Connection::Halted);
    assert!(status.is_stale);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(edge.recording().count(Route::Poll), 1);
    edge.behave_on(Route::Poll, Behaviour::healthy());
    edge.set_value("COLOUR", "blue");
    soon(client.refresh()).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
    assert!(!client.status().is_stale);
}

/// Checks a temporary failure before and after the first list.
fn passes(trouble: Behaviour, is: impl Fn(&Problem) -> bool) {
    let edge = edge();
    edge.behave_on(Route::Poll, trouble.clone());
    let client = builder(&edge).polling(INTERVAL).start().unwrap();
    let first = until(&client, |status| status.attempts > 1 && status.problem.is_some());
    assert!(is(first.problem.as_ref().unwrap()), "{first}");
    assert_eq!(first.readiness, Readiness::NotReady);
    edge.behave_on(Route::Poll, Behaviour::healthy());
    client.wait_ready(PATIENCE).unwrap();
    edge.behave_on(Route::Poll, trouble);
    let later = until(&client, |status| status.problem.is_some());
    assert!(is(later.problem.as_ref().unwrap()), "{later}");
    assert_eq!(later.readiness, Readiness::Ready);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    edge.behave_on(Route::Poll, Behaviour::healthy());
    until(&client, |status| status.problem.is_none());
}

#[test]
fn status_500_passes() {
    passes(Behaviour::status(500), |problem| *problem == Problem::ServerError(500));
}

#[test]
fn status_503_passes() {
    passes(Behaviour::status(503), |problem| *problem == Problem::ServerError(503));
}

#[test]
fn unexpected_statuses_are_temporary_failures() {
    passes(Behaviour::status(418), |problem| *problem == Problem::UnexpectedStatus(418));
}

#[test]
fn resets_pass() {
    passes(Behaviour::new().close(Closing::Rst), |problem| {
        matches!(problem, Problem::Unreachable(_))
    });
}

#[test]
fn garbage_passes() {
    passes(Behaviour::garbage("SSH-2.0-OpenSSH_9.6\r\n"), |problem| {
        matches!(problem, Problem::Unreachable(_))
    });
}

#[test]
fn truncated_json_passes() {
    let truncated = Behaviour::status(200)
        .header("content-type", "application/json")
        .body(r#"[{"id":"x","features":[{"key":"COLOUR","ty"#);
    passes(truncated, |problem| matches!(problem, Problem::Malformed(_)));
}

#[test]
fn a_login_page_passes() {
    let page =
        Behaviour::status(200).header("content-type", "text/html").body("<html>Sign in</html>");
    passes(page, |problem| matches!(problem, Problem::ContentType(_)));
}

#[test]
fn a_body_shorter_than_it_said_passes() {
    let short = Behaviour::status(200)
        .header("content-type", "application/json")
        .framing(Framing::Declared(1000))
        .body("[]")
        .close(Closing::Fin);
    passes(short, |problem| matches!(problem, Problem::Unreachable(_)));
}

#[test]
fn too_many_requests_are_not_made() {
    let edge = edge();
    let client = started(builder(&edge).polling(INTERVAL));
    edge.behave_on(Route::Poll, Behaviour::status(429).header("retry-after", "3600"));
    let status = until(&client, |status| status.problem.is_some());
    assert_eq!(status.problem, Some(Problem::TooManyRequests));
    assert!(status.next_attempt.unwrap() > Duration::from_secs(3000));
    assert!(status.to_string().contains("next request in "), "{status}");
}

#[test]
fn the_edge_chooses_the_interval() {
    let edge = edge();
    edge.cache_control(Some("public, max-age=3600"));
    let client = started(builder(&edge).polling(INTERVAL));
    let status = until(&client, |status| status.connection == Connection::Resting);
    assert!(status.next_attempt.unwrap() > Duration::from_secs(3000));
    assert_eq!(edge.recording().count(Route::Poll), 1);
}

#[test]
fn a_silent_answer_ends_at_the_limit() {
    let edge = edge();
    let client = builder(&edge)
        .polling(INTERVAL)
        .configure(|config| config.limits.head = Duration::from_millis(150))
        .start();
    let client = client.unwrap();
    for silence in [Behaviour::silence(), Behaviour::half_head()] {
        edge.behave_on(Route::Poll, silence);
        let status = until(&client, |status| status.problem.is_some());
        assert_eq!(status.problem, Some(Problem::TimedOut(Stage::Head)));
        edge.behave_on(Route::Poll, Behaviour::healthy());
        until(&client, |status| status.problem.is_none() && status.readiness == Readiness::Ready);
    }
}

#[test]
fn a_slow_body_ends_at_the_poll_limit() {
    let edge = edge();
    let drip = Behaviour::status(200)
        .header("content-type", "application/json")
        .drip(1, Duration::from_millis(30))
        .fill(b' ', 100_000);
    edge.behave_on(Route::Poll, drip);
    let limited = builder(&edge).polling(INTERVAL).configure(|config| {
        config.limits.head = Duration::from_secs(10);
        config.limits.poll = Duration::from_millis(600);
    });
    let client = limited.start().unwrap();
    let status = until(&client, |status| status.problem.is_some());
    assert_eq!(status.problem, Some(Problem::TimedOut(Stage::Body)));
    edge.behave_on(Route::Poll, Behaviour::healthy());
    client.wait_ready(PATIENCE).unwrap();
}

#[test]
fn size_has_its_limit_before_and_after_decompression() {
    let edge = edge();
    let big = Behaviour::status(200)
        .header("content-type", "application/json")
        .framing(Framing::Chunked)
        .fill(b'[', 64 * 1024 * 1024);
    // 1,000,000 spaces in 1,003 bytes of gzip.
    let bomb = Behaviour::status(200)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(include_bytes!("blanks.json.gz").as_slice());
    edge.script(Route::Poll, [big, bomb], Behaviour::healthy());
    let limited =
        builder(&edge).polling(INTERVAL).configure(|config| config.limits.bytes = 100_000);
    let client = limited.start().unwrap();
    edge.wait_for_requests(Route::Poll, 1, PATIENCE).unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let recording = edge.recording();
    let polls: Vec<_> = recording.of(Route::Poll).collect();
    assert_eq!(polls.len(), 3);
    seen(&edge, |seen| seen.of(Route::Poll).next().is_some_and(|poll| poll.finished.is_some()));
    let written = edge.recording().of(Route::Poll).next().unwrap().written;
    assert!(written < 32 * 1024 * 1024, "{written}");
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

#[test]
fn refused_connections_are_tried_again() {
    let edge = FakeEdge::start_refusing().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let client = builder(&edge).polling(INTERVAL).start().unwrap();
    let status = until(&client, |status| status.attempts >= 3);
    assert!(matches!(status.problem, Some(Problem::Unreachable(_))), "{status}");
    assert_eq!(status.readiness, Readiness::NotReady);
    edge.listen_again().unwrap();
    client.wait_ready(PATIENCE).unwrap();
}

#[test]
fn one_request_and_no_more() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::status(503)], Behaviour::healthy());
    let client = started(builder(&edge).polling(Duration::ZERO));
    let status = until(&client, |status| status.connection == Connection::Done);
    assert_eq!((status.next_attempt, status.requests), (None, 2));
}

#[test]
fn several_keys_are_one_request() {
    let edge = edge();
    let other = edge.environment("11111111-2222-3333-4444-555555555555");
    other.set_feature(Feature::string("SHAPE", "round"));
    other.set_feature(Feature::string("COLOUR", "green"));
    let keys = [edge.client_key(), format!("{}/other*Secret", other.id())];
    // With several keys polling is the default. The interval is long, so that only `refresh` polls.
    let client = started(builder_with(&edge, &keys[0]).api_key(keys[1].clone()));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(client.string("SHAPE").as_deref(), Some("round"));
    assert_eq!(client.peek("SHAPE").environment.as_deref(), Some(other.id()));
    assert_eq!(client.environments().len(), 2);
    soon(client.refresh()).unwrap();
    let recording = edge.recording();
    let polls: Vec<_> = recording.of(Route::Poll).collect();
    assert_eq!(polls[0].request.api_keys(), keys);
    assert_eq!(polls[1].request.header("if-none-match"), None);
    assert_eq!(recording.count(Route::Stream), 0);
}
