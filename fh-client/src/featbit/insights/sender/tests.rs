//! Tests of the sender with a transport in memory and a clock that does not wait.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use fh_eval::{Attributes, Timestamp};
use fh_repository::system::System;
use fh_session::featbit::Endpoints;
use fh_session::{KeyKind, ResponseHead};
use futures_core::Stream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::super::payload::metric;
use super::*;
use crate::server::{Credentials, Server};
use crate::transport::{BoxFuture, Response, TransportError};

/// The pieces of the body of an answer. Without the last one, `end`, the body never ends.
struct Pieces(std::slice::Iter<'static, &'static str>);

impl Stream for Pieces {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.next() {
            Some(&"end") => Poll::Ready(None),
            Some(piece) => Poll::Ready(Some(Ok(Bytes::from_static(piece.as_bytes())))),
            None => Poll::Pending,
        }
    }
}

/// A server that answers as the test scripts it, and takes each request that has no answer in the script.
#[derive(Default)]
struct Events {
    answers: Mutex<VecDeque<ResponseHead>>,
    /// The time of an answer.
    delay: Duration,
    /// The size of a body that is too large, if there is a limit.
    limit: Option<usize>,
    /// The pieces of the body of each answer; empty for an answer without a body.
    pieces: &'static [&'static str],
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The time of each request, the names of its events, and the size of its body.
    requests: Vec<(Instant, Vec<String>, usize)>,
    headers: Vec<(String, String)>,
    in_flight: usize,
    most_in_flight: usize,
}

impl Transport for Arc<Events> {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let events = Arc::clone(self);
        Box::pin(async move {
            let body = request.body.unwrap_or_default();
            let sent: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
            let name = |event: &serde_json::Value| event["metrics"][0]["eventName"].to_string();
            {
                let mut seen = events.seen.lock().unwrap();
                seen.requests.push((Instant::now(), sent.iter().map(name).collect(), body.len()));
                seen.headers = request.headers;
                seen.in_flight += 1;
                seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
            }
            sleep(events.delay).await;
            events.seen.lock().unwrap().in_flight -= 1;
            let head = match events.limit.is_some_and(|limit| body.len() > limit) {
                true => ResponseHead::new(413),
                false => {
                    events.answers.lock().unwrap().pop_front().unwrap_or(ResponseHead::new(200))
                }
            };
            let pieces: &[&str] = if events.pieces.is_empty() { &["end"] } else { events.pieces };
            Ok(Response::new(head, Box::pin(Pieces(pieces.iter()))))
        })
    }
}

struct Sending {
    events: Arc<Events>,
    queue: Arc<Queue>,
    commands: mpsc::UnboundedReceiver<Command>,
    _sender: mpsc::UnboundedSender<Command>,
    start: Instant,
    task: JoinHandle<()>,
}

impl Sending {
    fn start(events: Events) -> Self {
        let (events, queue) = (Arc::new(events), Arc::new(Queue::default()));
        let endpoints = Endpoints::parse(Some("ws://flags.example"), None, None).unwrap();
        let secret = Secret::parse("a-secret-of-the-environment").unwrap();
        let url = endpoints.track();
        let server = Server {
            system: System::FeatBit,
            url: endpoints.streaming().clone(),
            requests: Vec::new(),
            credentials: Credentials::Secret(Some(secret.expose().into())),
            environment: secret.environment(),
            key_kind: KeyKind::ClientEvaluated,
        };
        let (commands, received) = mpsc::unbounded_channel();
        let sender = Sender {
            queue: Arc::clone(&queue),
            transport: Arc::new(Arc::clone(&events)),
            url,
            secret,
            user_agent: Some("Program/1.0".to_string()),
            headers: vec![("x-team".to_string(), "cash".to_string())],
            current: Arc::new(CurrentSettings::new(server)),
            connect_timeout: Duration::from_secs(5),
            commands: commands.downgrade(),
        };
        let (start, task) = (Instant::now(), tokio::spawn(sender.run()));
        Self { events, queue, commands: received, _sender: commands, start, task }
    }

    fn push(&self, name: &str) {
        let bob = Attributes::builder().attribute("keyId", "bob").build();
        self.queue.push(metric(&bob, name, 1.0, Timestamp::from_millis(0)).unwrap());
    }

    /// Returns the seconds after the start at which requests were sent.
    fn times(&self) -> Vec<u64> {
        let seen = self.events.seen.lock().unwrap();
        seen.requests.iter().map(|(at, ..)| (*at - self.start).as_secs()).collect()
    }

    /// Returns the events sent, dropped and refused.
    fn counts(&self) -> (u64, u64, u64) {
        let counters = self.queue.counters();
        (counters.sent, counters.dropped, counters.refused)
    }
}

fn heads(status: u16, count: usize) -> Mutex<VecDeque<ResponseHead>> {
    Mutex::new(std::iter::repeat_n(ResponseHead::new(status), count).collect())
}

#[tokio::test(start_paused = true)]
async fn no_answer_ends_the_delivery() {
    for status in [101, 301, 302, 401, 403, 404, 405, 410, 418, 451] {
        let mut sending = Sending::start(Events { answers: heads(status, 6), ..Events::default() });
        for number in 0..8 {
            sending.push(&format!("event {number}"));
            sleep(Duration::from_secs(610)).await;
        }
        // Each pause is twice as long as the one before it, up to 10 minutes.
        assert_eq!(sending.counts(), (2, 0, 6), "{status}");
        let is_notice = |command: &Command| matches!(command, Command::Notice(Notice::InsightsRefused { status: of }) if *of == status);
        assert!(sending.commands.try_recv().is_ok_and(|command| is_notice(&command)), "{status}");
        assert!(sending.commands.try_recv().is_err(), "one notice until the server takes events");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_takes_no_events() {
    for (pieces, is_page) in [
        (&["<!doctype html><p>Sign in"] as &[_], true),
        (&["\u{feff}", "\r\n", "<", "html>", "end"], true),
        (&["end"], false),
        (&["<?xml version=\"1.0\"?>", "<ok/>", "end"], false),
        (&["{\"accepted\":1}", "end"], false),
        (&["ok <b>", "end"], false),
        (&[" "], false),
    ] {
        let mut sending = Sending::start(Events { pieces, ..Events::default() });
        for _ in 0..2 {
            sending.push("event");
            sleep(Duration::from_secs(20)).await;
        }
        assert_eq!(sending.counts(), if is_page { (0, 0, 1) } else { (2, 0, 0) }, "{pieces:?}");
        assert_eq!(sending.queue.counters().waiting, u64::from(is_page), "a refusal pauses");
        let notice = sending.commands.try_recv().ok().map(|command| match command {
            Command::Notice(notice) => notice.to_string(),
            _ => String::new(),
        });
        let names_page = |text: String| text.contains("answers with a page of HTML to insights");
        assert_eq!(notice.map(names_page), is_page.then_some(true), "{pieces:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_pause_for_1_to_10_minutes() {
    let sending = Sending::start(Events { answers: heads(403, 6), ..Events::default() });
    let feeding = async {
        loop {
            sending.push("event");
            sleep(Duration::from_secs(1)).await;
        }
    };
    let _ = timeout(Duration::from_secs(3000), feeding).await;
    let times = sending.times();
    let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).take(6).collect();
    assert_eq!(pauses, [60, 120, 240, 480, 600, 600]);
    assert_eq!(sending.counts().1, 0, "events wait during a pause");
    sending.queue.close();
    sending.task.await.unwrap();
    assert_eq!(sending.queue.counters().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_closed_during_a_refusal_sends_nothing_more() {
    let sending = Sending::start(Events { answers: heads(403, 1), ..Events::default() });
    sending.push("first");
    sleep(Duration::from_secs(6)).await;
    sending.push("second");
    sending.queue.close();
    sending.task.await.unwrap();
    assert_eq!(sending.events.seen.lock().unwrap().requests.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn events_wait_while_the_server_is_away() {
    for status in [408, 429, 500, 502, 503, 504] {
        let sending = Sending::start(Events { answers: heads(status, 6), ..Events::default() });
        for number in 0..434 {
            sending.push(&format!("event {number}"));
            sleep(Duration::from_millis(28)).await;
        }
        sleep(Duration::from_secs(30)).await;
        assert_eq!(sending.counts(), (434, 0, 0), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_sets_the_delay() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (status, retry_after, delay) in [
        (429, "30", 30),
        (503, "Sun, 06 Nov 1994 08:51:37 GMT", 120),
        (403, "300", 300),
        (403, "1", 60),
    ] {
        let head =
            ResponseHead::new(status).header("date", date).header("retry-after", retry_after);
        let events = Events { answers: Mutex::new([head].into()), ..Events::default() };
        let sending = Sending::start(events);
        sending.push("first");
        sleep(Duration::from_secs(6)).await;
        sending.push("second");
        sleep(Duration::from_secs(400)).await;
        let times = sending.times();
        // An event may wait 5 s for further ones.
        assert!((delay..=delay + 5).contains(&(times[1] - times[0])), "{status} {retry_after}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_request_is_too_large_splits_it() {
    let sending = Sending::start(Events { limit: Some(2_000), ..Events::default() });
    let large = "x".repeat(3_000);
    for number in 0..60 {
        sending.push(&if number == 17 { large.clone() } else { format!("event {number}") });
    }
    sleep(Duration::from_secs(6)).await;
    assert_eq!(sending.counts(), (59, 1, 0));
    let seen = sending.events.seen.lock().unwrap();
    let taken = seen.requests.iter().filter(|(.., size)| *size <= 2_000);
    let names: Vec<_> = taken.flat_map(|(_, names, _)| names.clone()).collect();
    let expected =
        (0..60).filter(|number| *number != 17).map(|number| format!("\"event {number}\""));
    assert_eq!(names, expected.collect::<Vec<_>>(), "the events keep their order");
}

#[tokio::test(start_paused = true)]
async fn what_the_server_cannot_read_is_sent_twice() {
    let sending = Sending::start(Events { answers: heads(400, 3), ..Events::default() });
    for number in 0..2 {
        sending.push(&format!("event {number}"));
        sleep(Duration::from_secs(6)).await;
    }
    assert_eq!(sending.counts(), (1, 1, 0));
}

/// 2,000 events a second, while each answer takes 100 ms, and requests of half a megabyte while it takes 3 s.
#[tokio::test(start_paused = true)]
async fn a_slow_server_loses_no_event() {
    for (delay, padding, most) in [(100, 0, 1), (3_000, 1_200, 4)] {
        let delay = Duration::from_millis(delay);
        let sending = Sending::start(Events { delay, ..Events::default() });
        let name = "x".repeat(padding);
        for _ in 0..200 {
            for _ in 0..if padding == 0 { 200 } else { 50 } {
                sending.push(&name);
            }
            sleep(Duration::from_millis(100)).await;
        }
        sleep(Duration::from_secs(12)).await;
        let (sent, dropped, refused) = sending.counts();
        assert_eq!((sent, dropped, refused), (if padding == 0 { 40_000 } else { 10_000 }, 0, 0));
        let seen = sending.events.seen.lock().unwrap();
        assert!(seen.requests.iter().all(|(.., size)| *size <= MAX_BODY));
        assert_eq!(seen.most_in_flight, most);
        let header = |name: &str| {
            let found = seen.headers.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(header("user-agent"), Some("Program/1.0"));
        assert_eq!((header("x-team"), header("authorization").is_some()), (Some("cash"), true));
    }
}
