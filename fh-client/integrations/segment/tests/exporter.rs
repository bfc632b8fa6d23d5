//! Tests of the exporter with a server on a real socket, whose answers are scripted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::transport::{
    BoxFuture, Response, Transport, TransportError, TransportErrorKind, TransportRequest,
};
use fh_client::{Client, Params, UsageOptions};
use fh_segment::{SegmentBuilder, SegmentExporter, StartError};
use fh_test::wait::PATIENCE;
use serde_json::{Value, json};

const KEY: &str = "the-write-key";

struct Seen {
    head: String,
    body: Value,
}

impl Seen {
    fn messages(&self) -> &Vec<Value> {
        self.body["batch"].as_array().unwrap()
    }
}

/// A server that takes the place of Segment.
struct Segment {
    url: String,
    seen: Receiver<Seen>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Segment {
    fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, seen) = channel();
        let statuses = Arc::new(Mutex::new(VecDeque::from(statuses.to_vec())));
        let script = Arc::clone(&statuses);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (sender, script) = (sender.clone(), Arc::clone(&script));
                thread::spawn(move || serve(stream.unwrap(), &sender, &script));
            }
        });
        Self { url, seen, statuses }
    }

    fn next(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).expect("a request")
    }

    fn builder(&self) -> SegmentBuilder {
        SegmentExporter::builder(KEY)
            .base_url(&self.url)
            .retries(3, Duration::from_millis(1))
            .interval(Duration::from_secs(3600))
    }
}

fn serve(mut stream: TcpStream, sender: &Sender<Seen>, script: &Mutex<VecDeque<u16>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1).unwrap();
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let status = script.lock().unwrap().pop_front().unwrap_or(200);
        let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}");
        let _ = sender.send(Seen { head, body: serde_json::from_slice(&body).unwrap() });
    }
}

fn client(exporter: &SegmentExporter) -> Client {
    let edge = MemoryEdge::new();
    edge.set("FLAG", false);
    edge.set("LIMIT", 0);
    edge.set("TEXT", "");
    edge.set_json("THEME", &json!({"a": 1}));
    let client = edge.client().observer(exporter.clone(), UsageOptions::default()).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client
}

/// Delivers recorded events to the exporter, and waits until it has sent them.
fn flush(client: &Client, exporter: &SegmentExporter) -> bool {
    client.flush(PATIENCE).is_ok() && exporter.flush(PATIENCE)
}

#[test]
fn a_named_event_is_a_track_call() {
    let segment = Segment::answering(&[]);
    let defaults = Params::from([("app".into(), "shop".into()), ("amount".into(), 1.into())]);
    let exporter = segment.builder().default_properties(defaults).start().unwrap();
    let client = client(&exporter);
    let mara = client.context().user_key("mara").country("fiji").build();
    // These events have no name.
    assert!(!mara.is_enabled("FLAG"));
    mara.record("", Params::from([("amount".into(), 1.into())]));
    mara.record("paid", Params::from([("amount".into(), 99.into())]));
    assert!(flush(&client, &exporter));

    let seen = segment.next();
    assert!(seen.head.starts_with("POST /v1/batch HTTP/1.1\r\n"), "{}", seen.head);
    // base64 of "the-write-key:"
    assert!(seen.head.contains("authorization: Basic dGhlLXdyaXRlLWtleTo="), "{}", seen.head);
    assert!(seen.head.contains("content-type: application/json"));
    assert!(seen.body["sentAt"].as_str().unwrap().ends_with('Z'));
    let [message] = seen.messages().as_slice() else { panic!("{:?}", seen.body) };
    assert_eq!(message["type"], "track");
    assert_eq!(message["event"], "paid");
    assert_eq!(message["userId"], "mara");
    assert!(message["timestamp"].as_str().unwrap().ends_with('Z'));
    // Off, zero and empty are values too. JSON is not sent.
    let expected = json!({"amount": 99, "app": "shop", "FLAG": "off", "LIMIT": "0", "TEXT": "",
        "country": "fiji", "userkey": "mara"});
    assert_eq!(message["properties"], expected);
    assert_eq!(exporter.counters().sent, 1);
}

#[test]
fn events_without_a_user_are_anonymous_and_defaults_do_not_leak() {
    let segment = Segment::answering(&[]);
    let exporter = segment.builder().start().unwrap();
    let client = client(&exporter);
    client.record("first", Params::from([("only".into(), "here".into())]));
    client.context().session("s-1").build().record("second", Params::new());
    assert!(flush(&client, &exporter));
    let seen = segment.next();
    let [first, second] = seen.messages().as_slice() else { panic!("{:?}", seen.body) };
    assert_eq!(first["userId"], "anonymous");
    assert_eq!(second["userId"], "s-1");
    assert_eq!(second["properties"].get("only"), None);
    assert_ne!(first["messageId"], second["messageId"]);
}

#[test]
fn temporary_failures_are_retried() {
    let segment = Segment::answering(&[429, 500, 503]);
    let exporter = segment.builder().start().unwrap();
    let client = client(&exporter);
    client.record("stubborn", Params::new());
    assert!(flush(&client, &exporter));
    let ids: Vec<Value> =
        (0..4).map(|_| segment.next().messages()[0]["messageId"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let counters = exporter.counters();
    assert_eq!((counters.sent, counters.lost, counters.failures), (1, 0, 3));
}

#[test]
fn permanent_failures_are_not_retried() {
    let segment = Segment::answering(&[401]);
    let exporter = segment.builder().start().unwrap();
    let client = client(&exporter);
    client.record("unwanted", Params::new());
    assert!(flush(&client, &exporter));
    client.record("wanted", Params::new());
    assert!(flush(&client, &exporter));
    assert_eq!(segment.next().messages()[0]["event"], "unwanted");
    assert_eq!(segment.next().messages()[0]["event"], "wanted");
    let counters = exporter.counters();
    assert_eq!((counters.sent, counters.lost, counters.failures), (1, 1, 1));
}

#[test]
fn a_batch_is_dropped_after_the_last_retry() {
    let segment = Segment::answering(&[500; 4]);
    let exporter = segment.builder().start().unwrap();
    let client = client(&exporter);
    client.record("hopeless", Params::new());
    assert!(flush(&client, &exporter));
    let counters = exporter.counters();
    assert_eq!((counters.sent, counters.lost, counters.failures), (0, 1, 4));
    assert!(segment.statuses.lock().unwrap().is_empty());
}

/// A transport that panics once in `send` and once in its future, and then refuses connections.
struct Spiteful(Mutex<u32>);

impl Transport for Spiteful {
    fn send(&self, _: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let number = {
            let mut requests = self.0.lock().unwrap();
            *requests += 1;
            *requests
        };
        assert!(number > 1, "of spite, at once");
        Box::pin(async move {
            assert!(number > 2, "of spite, later");
            Err(TransportError::new(TransportErrorKind::Connect, "no"))
        })
    }
}

#[test]
fn a_transport_that_panics_ends_nothing() {
    let exporter = SegmentExporter::builder(KEY)
        .retries(3, Duration::from_millis(1))
        .transport(Spiteful(Mutex::new(0)))
        .start()
        .unwrap();
    let client = client(&exporter);
    client.record("spited", Params::new());
    assert!(flush(&client, &exporter));
    let counters = exporter.counters();
    assert_eq!((counters.sent, counters.lost, counters.failures), (0, 1, 4));
}

#[test]
fn batches_are_cut() {
    let segment = Segment::answering(&[]);
    let exporter = segment.builder().batch(2).start().unwrap();
    let client = client(&exporter);
    for number in 0..5 {
        client.record(&format!("event {number}"), Params::new());
    }
    assert!(flush(&client, &exporter));
    let mut events = Vec::new();
    while events.len() < 5 {
        let seen = segment.next();
        assert!(seen.messages().len() <= 2);
        events.extend(seen.messages().iter().map(|message| message["event"].clone()));
    }
    assert_eq!(events, ["event 0", "event 1", "event 2", "event 3", "event 4"]);
}

#[test]
fn requests_stay_within_the_size_that_segment_takes() {
    let segment = Segment::answering(&[]);
    let exporter = segment.builder().batch(1_000).start().unwrap();
    let client = client(&exporter);
    for number in 0..40 {
        let text = format!("{number:02}{}", "x".repeat(20_000));
        client.record("large", Params::from([("text".into(), text.into())]));
    }
    assert!(flush(&client, &exporter));
    let mut events = 0;
    while events < 40 {
        let seen = segment.next();
        assert!(seen.body.to_string().len() <= 500 * 1024);
        events += seen.messages().len();
    }
}

/// The interval of an hour does not end in this test.
#[test]
fn a_full_request_is_sent_before_the_interval_ends() {
    let segment = Segment::answering(&[]);
    let exporter = segment.builder().batch(1_000).start().unwrap();
    let client = client(&exporter);
    let large = || Params::from([("text".into(), "x".repeat(20_000).into())]);
    for _ in 0..30 {
        client.record("large", large());
    }
    let first = segment.next().messages().len();
    assert!((20..30).contains(&first), "{first}");
    // The remaining messages wait until they fill a request too.
    assert!(segment.seen.recv_timeout(Duration::from_millis(200)).is_err());
    for _ in 0..20 {
        client.record("large", large());
    }
    assert!((20..30).contains(&segment.next().messages().len()));
}

#[test]
fn features_are_merged_into_messages() {
    let edge = MemoryEdge::new();
    edge.set("FLAG", true);
    edge.set("LIMIT", json!(17.5));
    edge.set_json("THEME", &json!({"a": 1}));
    let client = edge.client().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let mara = client.context().user_key("mara").build();
    let environment = client.environments()[0].to_string();
    let features =
        json!({"FLAG": true, "LIMIT": 17.5, "THEME": "{\"a\":1}", "featurehub_env": environment});
    let with = |mut context: Value| {
        for (name, value) in features.as_object().unwrap() {
            context[name] = value.clone();
        }
        context
    };
    for (message, expected) in [
        (json!({"type": "track"}), json!({"type": "track", "context": features})),
        (
            json!({"context": {"ip": "203.0.113.9", "FLAG": "stale"}}),
            json!({"context": with(json!({"ip": "203.0.113.9"}))}),
        ),
        (json!({"context": null}), json!({"context": features})),
        (json!({"context": "odd"}), json!({"context": features})),
        (json!([1]), json!([1])),
    ] {
        let mut enriched = message.clone();
        fh_segment::enrich(&mut enriched, &mara);
        assert_eq!(enriched, expected, "{message}");
    }
}

#[test]
fn events_beyond_the_queue_are_dropped_and_counted() {
    let segment = Segment::answering(&[]);
    let exporter = segment.builder().queue(3).start().unwrap();
    let client = client(&exporter);
    client.record("huge", Params::from([("text".into(), "x".repeat(40_000).into())]));
    for number in 0..5 {
        client.record(&format!("event {number}"), Params::new());
    }
    assert!(flush(&client, &exporter));
    let counters = exporter.counters();
    assert_eq!(counters.sent + counters.lost, 6);
    assert!(counters.lost >= 1 && counters.sent >= 3, "{counters:?}");
}

#[test]
fn closing_sends_what_waits() {
    let segment = Segment::answering(&[]);
    let exporter = segment.builder().start().unwrap();
    let client = client(&exporter);
    client.record("last words", Params::new());
    client.close();
    assert_eq!(segment.next().messages()[0]["event"], "last words");
    // Dropping the last handle does the same.
    let exporter = segment.builder().start().unwrap();
    let client = self::client(&exporter);
    client.record("dropped", Params::new());
    client.flush(PATIENCE).unwrap();
    drop(client);
    drop(exporter);
    assert_eq!(segment.next().messages()[0]["event"], "dropped");
}

#[test]
fn the_write_key_is_not_shown() {
    assert!(matches!(SegmentExporter::builder(" ").start(), Err(StartError::NoWriteKey)));
    let segment = Segment::answering(&[]);
    let builder = segment.builder();
    let shown = format!("{builder:?}");
    let shown = format!("{shown} {:?}", builder.start().unwrap());
    assert!(!shown.contains(KEY) && !shown.contains("dGhl"), "{shown}");
}
