//! Tests that each behaviour sends exactly the bytes it describes.
use std::time::{Duration, Instant};

use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{
    Behaviour, Closing, Ended, FakeEdge, Feature, Framing, RedirectTo, Request, Route,
};
use serde_json::json;

use crate::client::{Client, End};
use crate::featurehub::event_stream::stream;

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("F", "one"));
    edge
}

fn target(edge: &FakeEdge) -> String {
    format!("/features?apiKey={}", edge.client_key())
}

/// Sends one request, and returns everything received and how the connection ended.
fn raw(edge: &FakeEdge) -> (String, End) {
    let mut client = Client::connect(edge.address());
    client.request("GET", &target(edge), &[], b"");
    let (bytes, end) = client.rest();
    (String::from_utf8(bytes).unwrap(), end)
}

#[test]
fn one_behaviour_for_each_request_and_one_for_the_rest() {
    let edge = edge();
    edge.script(
        Route::Poll,
        [
            Behaviour::status(503).header("Retry-After", "3").body("not ready"),
            Behaviour::healthy(),
            Behaviour::status(236).environments(),
        ],
        Behaviour::status(404),
    );
    let mut client = Client::connect(edge.address());
    let answers: Vec<_> = (0..5).map(|_| client.get(&target(&edge), &[])).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [503, 200, 236, 404, 404]);
    assert_eq!((answers[0].header("Retry-After"), answers[0].text()), (Some("3"), "not ready"));
    assert_eq!(answers[1].body, answers[2].body);
    // Other routes are not affected.
    assert_eq!(stream(&edge, &edge.client_key()).head().unwrap().status, 200);
    let seen: Vec<_> = edge.recording().of(Route::Poll).map(|seen| seen.status).collect();
    assert_eq!(seen, statuses.into_iter().map(Some).collect::<Vec<_>>());
}

#[test]
fn a_fault_is_switched_on_and_off() {
    let edge = edge();
    let mut live = stream(&edge, &edge.client_key());
    live.head().unwrap();
    live.event().unwrap();
    live.event().unwrap();
    edge.script(Route::Poll, [Behaviour::status(500)], Behaviour::status(501));
    edge.behave(Behaviour::status(429));
    let mut client = Client::connect(edge.address());
    assert_eq!(client.get(&target(&edge), &[]).status, 429);
    assert_eq!(stream(&edge, &edge.client_key()).answer().status, 429);
    // Answers in progress are not affected.
    edge.set_value("F", "two");
    assert_eq!(live.event_json().1["value"], json!("two"));
    edge.behave(Behaviour::healthy());
    assert_eq!(client.get(&target(&edge), &[]).status, 200);
    edge.behave_on(Route::Stream, Behaviour::status(501));
    assert_eq!(stream(&edge, &edge.client_key()).answer().status, 501);
    assert_eq!(client.get(&target(&edge), &[]).status, 200);
}

#[test]
fn framings() {
    let edge = edge();
    edge.script(
        Route::Poll,
        [
            Behaviour::status(200).framing(Framing::Chunked).body("ab").body("c"),
            Behaviour::status(200).framing(Framing::UntilClose).body("abc"),
            Behaviour::status(200).framing(Framing::UntilClose).http_1_0().body("abc"),
            Behaviour::status(200).framing(Framing::Declared(10)).body("abc"),
            Behaviour::status(200).framing(Framing::Declared(1)).body("abc"),
            Behaviour::status(200).framing(Framing::Chunked).body("ab").close(Closing::Fin),
            Behaviour::status(200).body("a").fill(b'b', 2),
        ],
        Behaviour::healthy(),
    );
    let mut client = Client::connect(edge.address());
    client.request("GET", &target(&edge), &[], b"");
    assert_eq!(client.head().unwrap().header("transfer-encoding"), Some("chunked"));
    assert_eq!(client.until("0\r\n\r\n").unwrap(), "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    assert_eq!(
        raw(&edge),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc".to_owned(), End::Fin)
    );
    assert!(raw(&edge).0.starts_with("HTTP/1.0 200 OK\r\n"));
    let (text, end) = raw(&edge);
    assert!(text.ends_with("content-length: 10\r\n\r\nabc") && end == End::Fin, "{text}");
    let (text, end) = raw(&edge);
    assert!(text.ends_with("content-length: 1\r\n\r\nabc") && end == End::Fin, "{text}");
    let (text, end) = raw(&edge);
    assert!(text.ends_with("\r\n2\r\nab\r\n") && end == End::Fin, "{text}");
    // The first connection is still usable, and the length was counted.
    assert_eq!(client.get(&target(&edge), &[]).text(), "abb");
    assert_eq!(client.get(&target(&edge), &[]).status, 200);
}

#[test]
fn events_of_a_script() {
    let edge = edge();
    edge.behave_on(
        Route::Stream,
        Behaviour::sse()
            .bom()
            .ack()
            .comment("hello")
            .retry(Duration::from_millis(50))
            .features()
            .event_with_id("wibble", "7", "a\nb")
            .event_without_data("feature")
            .heartbeat()
            .config(&json!({"edge.stale": true}))
            .failure()
            .bye(),
    );
    let mut client = stream(&edge, &edge.client_key());
    assert_eq!(client.head().unwrap().header("content-type"), Some("text/event-stream"));
    let mut text = String::new();
    while let Some(chunk) = client.chunk().unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let (before, after) = text.split_once("event: features\nid: ").unwrap();
    assert_eq!(
        before,
        "\u{feff}event: ack\ndata: {\"status\":\"discover\"}\n\n: hello\nretry: 50\n\n"
    );
    let (list, after) = after.split_once("\n\n").unwrap();
    assert!(list.contains("\ndata: [{") && list.contains("\"value\":\"one\""), "{list}");
    assert_eq!(
        after,
        "event: wibble\nid: 7\ndata: a\ndata: b\n\nevent: feature\n\n\
         event: ack\ndata: \"\u{2764}\u{fe0f}\"\n\nevent: config\ndata: {\"edge.stale\":true}\n\n\
         event: failure\ndata: {\"status\":\"Unrecognized API key. Please stop requesting.\"}\n\n\
         event: bye\ndata: {\"status\":\"closed\"}\n\n"
    );
}

#[test]
fn a_script_goes_live() {
    let edge = edge();
    edge.behave_on(
        Route::Stream,
        Behaviour::sse().features().wait_for_signal("go").event("mark", "0").live(),
    );
    let mut client = stream(&edge, &edge.client_key());
    client.head().unwrap();
    client.event().unwrap();
    // A change between the list and `live` is kept.
    edge.set_value("F", "two");
    edge.signal("go");
    assert_eq!(client.event().unwrap(), "event: mark\ndata: 0");
    assert_eq!(client.event_json().1["value"], json!("two"));
    edge.set_value("F", "three");
    assert_eq!(client.event_json().1["value"], json!("three"));
}

#[test]
fn a_healthy_answer_in_pieces_with_another_status_and_other_headers() {
    let edge = edge();
    let pause = Duration::from_millis(2);
    edge.behave_on(
        Route::Stream,
        Behaviour::new().header("x-mine", "1").split(&[3, 5, 1], pause).then_healthy(),
    );
    let started = Instant::now();
    let mut client = stream(&edge, &edge.client_key());
    assert_eq!(client.head().unwrap().header("x-mine"), Some("1"));
    assert_eq!(client.event_json().0, "ack");
    assert_eq!(client.event_json().0, "features");
    edge.set_value("F", "two");
    assert_eq!(client.event_json().0, "feature");
    let written = edge.recording().requests[0].written;
    // The first two writes sent eight bytes; each later byte had its own pause, which is never shorter than requested.
    assert!(started.elapsed() >= pause * u32::try_from(written - 10).unwrap());

    edge.behave_on(Route::Poll, Behaviour::new().healthy_with_status(236));
    edge.cache_control(Some("max-age=1"));
    let mut client = Client::connect(edge.address());
    let answer = client.get(&target(&edge), &[]);
    assert_eq!(answer.status, 236);
    assert!(answer.header("etag").is_some());
    // With only a header set, the rest of the answer is healthy.
    edge.behave_on(Route::Poll, Behaviour::new().header("Cache-Control", "max-age=9"));
    let answer = client.get(&target(&edge), &[]);
    let is_it = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("cache-control");
    let values: Vec<&str> =
        answer.headers.iter().filter(is_it).map(|(_, value)| value.as_str()).collect();
    assert_eq!((answer.status, values), (200, vec!["max-age=9"]));
}

#[test]
fn no_http_at_all() {
    let edge = edge();
    edge.script(
        Route::Poll,
        [
            Behaviour::garbage("SSH-2.0-OpenSSH\r\n"),
            Behaviour::new().close(Closing::Fin),
            Behaviour::new().close(Closing::Rst),
        ],
        Behaviour::healthy(),
    );
    assert_eq!(raw(&edge), ("SSH-2.0-OpenSSH\r\n".to_owned(), End::Fin));
    assert_eq!(raw(&edge), (String::new(), End::Fin));
    assert_eq!(raw(&edge), (String::new(), End::Rst));
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
    let seen = edge.recording();
    assert_eq!(seen.connections[2].ended.unwrap().1, Ended::ResetByEdge);
    assert_eq!(seen.requests[2].status, None);
}

#[test]
fn silence_and_a_half_head_end_with_the_client_or_the_test() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::silence()], Behaviour::half_head());
    let mut silent = Client::connect(edge.address());
    silent.request("GET", &target(&edge), &[], b"");
    edge.wait_for_requests(Route::Poll, 1, PATIENCE).unwrap();
    let mut half = Client::connect(edge.address());
    half.request("GET", &target(&edge), &[], b"");
    assert!(half.until("content-ty").unwrap().starts_with("HTTP/1.1 200"));
    drop(silent);
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 1).unwrap();
    edge.close_connections(Closing::Rst);
    assert_eq!(half.rest(), (Vec::new(), End::Rst));
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
    let seen = edge.recording();
    assert_eq!(seen.connections[0].ended.unwrap().1, Ended::ByClient);
    assert_eq!(seen.requests[0].written, 0);
    assert_eq!(seen.connections[1].ended.unwrap().1, Ended::ResetByEdge);
}

#[test]
fn redirects() {
    let edge = edge();
    edge.script(
        Route::Poll,
        [
            Behaviour::redirect(307, RedirectTo::Itself),
            Behaviour::redirect(301, RedirectTo::Origin("http://127.0.0.1:9".to_owned())),
            Behaviour::redirect(302, RedirectTo::Prefix("/moved".to_owned())),
            Behaviour::redirect(308, RedirectTo::Exactly("/x".to_owned())),
        ],
        Behaviour::healthy(),
    );
    let mut client = Client::connect(edge.address());
    let target = target(&edge);
    let mut location = || {
        let answer = client.get(&target, &[]);
        (answer.status, answer.header("location").unwrap().to_owned())
    };
    assert_eq!(location(), (307, target.clone()));
    assert_eq!(location(), (301, format!("http://127.0.0.1:9{target}")));
    let (status, moved) = location();
    assert_eq!((status, moved.as_str()), (302, format!("/moved{target}").as_str()));
    assert_eq!(location(), (308, "/x".to_owned()));
    assert_eq!(client.get(&moved, &[]).status, 200);
}

#[test]
fn a_line_that_does_not_end() {
    let edge = edge();
    let count = 3_000_000;
    edge.behave_on(
        Route::Stream,
        Behaviour::sse().body("event: features\ndata: ").fill(b'x', count).body("\n\n"),
    );
    let mut client = stream(&edge, &edge.client_key());
    client.head().unwrap();
    let mut total = 0;
    while let Some(chunk) = client.chunk().unwrap() {
        total += chunk.iter().filter(|byte| **byte == b'x').count() as u64;
    }
    assert_eq!(total, count);
    // If the client disconnects, the rest is not sent.
    edge.behave_on(Route::Stream, Behaviour::sse().fill(b'x', 1 << 40));
    let mut client = stream(&edge, &edge.client_key());
    client.head().unwrap();
    // Unread data makes the client's system send a reset.
    edge.wait_until(PATIENCE, |seen| {
        seen.connections.get(1).is_some_and(|seen| seen.written > 200_000)
    })
    .unwrap();
    drop(client);
    edge.wait_until(PATIENCE, |seen| seen.open_connections() == 1).unwrap();
    let seen = edge.recording();
    assert_eq!(seen.connections[1].ended.unwrap().1, Ended::ResetByClient);
    assert!(seen.connections[1].written < 1 << 30);
}

#[test]
fn choices_and_calls() {
    let edge = edge();
    edge.behave_on(
        Route::Poll,
        Behaviour::choose(|request: &Request| match request.header("if-none-match") {
            Some(etag) => Behaviour::status(304).header("etag", etag),
            None => Behaviour::new().call(|edge| {
                edge.set_value("F", "changed");
            }),
        }),
    );
    let mut client = Client::connect(edge.address());
    assert_eq!(client.get(&target(&edge), &[("if-none-match", "\"a\"")]).status, 304);
    edge.behave_on(
        Route::Poll,
        Behaviour::new()
            .call(|edge| {
                edge.set_value("F", "changed");
            })
            .then_healthy(),
    );
    let answer = client.get(&target(&edge), &[]);
    assert_eq!(answer.json()[0]["features"][0]["value"], json!("changed"));
    // The port closes while the last request is answered.
    edge.behave_on(
        Route::Poll,
        Behaviour::new()
            .call(|edge| {
                edge.kill();
            })
            .then_healthy(),
    );
    client.request("GET", &target(&edge), &[], b"");
    assert_eq!(client.rest(), (Vec::new(), End::Rst));
    assert!(std::net::TcpStream::connect(edge.address()).is_err());
}

#[test]
fn a_behaviour_on_accept_runs_before_the_first_request() {
    let edge = edge();
    edge.on_accept(Some(Behaviour::new().close(Closing::Rst)));
    let mut client = Client::connect(edge.address());
    assert_eq!(client.rest(), (Vec::new(), End::Rst));
    edge.on_accept(Some(Behaviour::garbage("220 mail\r\n")));
    let mut client = Client::connect(edge.address());
    assert_eq!(client.rest(), (b"220 mail\r\n".to_vec(), End::Fin));
    edge.on_accept(Some(Behaviour::new().wait_for_signal("awake")));
    let mut client = Client::connect(edge.address());
    client.request("GET", &target(&edge), &[], b"");
    edge.wait_until(PATIENCE, |seen| seen.connections.get(2).is_some_and(|seen| seen.read > 0))
        .unwrap();
    assert_eq!(edge.recording().requests.len(), 0);
    edge.signal("awake");
    assert_eq!(client.answer().status, 200);
    edge.on_accept(None);
    assert_eq!(Client::connect(edge.address()).get(&target(&edge), &[]).status, 200);
}

#[test]
fn a_closure_that_panics_costs_its_connection_only() {
    let edge = edge();
    edge.behave_on(Route::Poll, Behaviour::choose(|_| panic!("of the test itself")));
    assert_eq!(raw(&edge), (String::new(), End::Rst));
    edge.behave(Behaviour::healthy());
    edge.evaluate_with(|_, _| panic!("of the test itself"));
    let mut client = Client::connect(edge.address());
    client.request("GET", &format!("/features?apiKey={}", edge.server_key()), &[], b"");
    assert_eq!(client.rest(), (Vec::new(), End::Rst));
    assert_eq!(Client::connect(edge.address()).get(&target(&edge), &[]).status, 200);
    edge.wait_until(PATIENCE, |seen| seen.in_flight(Route::Poll) == 0).unwrap();
}
