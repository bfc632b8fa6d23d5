//! The HTTP of a platform that follows the rules, and that breaks them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use fh_binding::http::{Exchange, PlatformHttp, PlatformTransport, Reading};
use fh_client::transport::{TransportErrorKind, TransportRequest};
use fh_client::{Backoff, Client, ClientBuilder, Limits, NotReady, Problem, Readiness};

const PATIENCE: Duration = Duration::from_secs(60);
const SOON: Backoff =
    Backoff { initial: Duration::from_millis(1), cap: Duration::from_millis(1), jitter: 0.0 };
const FEATURES: &str = r#"[{"id": "environment", "features": [{"id": "1", "key": "F", "version": 1, "type": "STRING", "value": "v"}]}]"#;

/// A platform that gives each exchange to the test.
struct Given(Mutex<Sender<(TransportRequest, Exchange)>>);

impl PlatformHttp for Given {
    fn send(&self, request: TransportRequest, exchange: Exchange) {
        self.0.lock().unwrap().send((request, exchange)).unwrap();
    }
}

type Requests = Receiver<(TransportRequest, Exchange)>;

fn builder() -> (ClientBuilder, Requests) {
    let (sender, requests) = channel();
    let builder = Client::builder("https://edge.example", "environment/secret-part*")
        .once()
        .backoff(SOON)
        .pace(Duration::ZERO)
        .transport(PlatformTransport::new(Given(Mutex::new(sender))));
    (builder, requests)
}

fn client() -> (Client, Requests) {
    let (builder, requests) = builder();
    (builder.start().unwrap(), requests)
}

fn next(requests: &Requests) -> Exchange {
    requests.recv_timeout(PATIENCE).unwrap().1
}

fn answer(exchange: &Exchange) {
    exchange.head(200, [("Content-Type", "application/json")]);
    assert_eq!(exchange.piece(FEATURES.as_bytes()), Reading::Continues);
    exchange.end();
}

/// Returns the problem of a client whose only answer this function reports.
fn problem(report: impl FnOnce(Exchange)) -> Problem {
    let (client, requests) = client();
    report(next(&requests));
    let retry = requests.recv_timeout(PATIENCE).unwrap();
    let problem = client.status().problem.unwrap();
    assert_eq!(client.readiness(), Readiness::NotReady);
    // The client goes on: the next answer is complete.
    answer(&retry.1);
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("F").as_deref(), Some("v"));
    problem
}

#[test]
fn a_response_reaches_the_client_piece_by_piece() {
    let (client, requests) = client();
    let (request, exchange) = requests.recv_timeout(PATIENCE).unwrap();
    assert!(request.url.expose().starts_with("https://edge.example/features?"));
    exchange.head(200, [("CONTENT-TYPE", "application/json"), ("ETag", "abc")]);
    for byte in FEATURES.as_bytes() {
        assert_eq!(exchange.piece(&[*byte]), Reading::Continues);
    }
    assert_eq!(client.readiness(), Readiness::NotReady);
    exchange.piece(&[]);
    exchange.end();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("F").as_deref(), Some("v"));
}

#[test]
fn reports_out_of_order_have_no_effect() {
    let (client, requests) = client();
    let exchange = next(&requests);
    exchange.end();
    exchange.piece(b"before the head");
    exchange.head(200, [("content-type", "application/json")]);
    exchange.head(500, []);
    exchange.piece(FEATURES.as_bytes());
    exchange.end();
    exchange.end();
    exchange.piece(b"after the end");
    exchange.fail(TransportErrorKind::Broken, "after the end");
    exchange.head(401, []);
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("F").as_deref(), Some("v"));
    assert_eq!(client.status().problem, None);
}

#[test]
fn failures_are_problems_without_the_url() {
    let unreachable = |text: &str| Problem::Unreachable(text.to_string());
    let failed = problem(|exchange| {
        exchange.fail(TransportErrorKind::Connect, "no route to host");
    });
    assert_eq!(failed, unreachable("no route to host"));
    let (client, requests) = client();
    let (request, exchange) = requests.recv_timeout(PATIENCE).unwrap();
    let url = request.url.expose().to_string();
    let path = url.strip_prefix("https://edge.example").unwrap();
    exchange.fail(TransportErrorKind::Broken, &format!("GET {url} failed; {path} broke"));
    let _retry = next(&requests);
    let text = client.status().problem.unwrap().to_string();
    assert!(text.contains("GET the Edge's URL failed; the Edge's URL broke"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    assert!(matches!(
        problem(|exchange| exchange.fail(TransportErrorKind::Tls, "no trust")),
        Problem::Tls(_)
    ));
    // No later request can succeed.
    let (client, requests) = self::client();
    let (_, exchange) = requests.recv_timeout(PATIENCE).unwrap();
    exchange.fail(TransportErrorKind::Unusable, "NoSuchFieldError: set the version");
    let why = client.wait_ready(PATIENCE).unwrap_err();
    assert_eq!(
        why.to_string(),
        "the HTTP transport cannot work: NoSuchFieldError: set the version"
    );
    let limit = problem(|exchange| exchange.fail(TransportErrorKind::ConnectTimeout, "late"));
    assert!(matches!(limit, Problem::TimedOut(_)), "{limit:?}");
    let dropped = problem(drop);
    assert_eq!(dropped, unreachable("the platform ended the request without a response"));
    let cut = problem(|exchange| {
        exchange.head(200, [("content-type", "application/json")]);
        exchange.piece(b"[{");
    });
    assert_eq!(cut, unreachable("the platform ended the request without a response"));
}

/// A platform that panics has failed the request.
#[test]
fn a_platform_that_panics_is_a_failed_request() {
    struct Panics(AtomicUsize);
    impl PlatformHttp for Panics {
        fn send(&self, _: TransportRequest, exchange: Exchange) {
            if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
                panic!("a panic of a test");
            }
            thread::spawn(move || answer(&exchange));
        }
    }
    let client = Client::builder("https://edge.example", "environment/secret-part*")
        .once()
        .backoff(SOON)
        .transport(PlatformTransport::new(Panics(AtomicUsize::new(0))))
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("F").as_deref(), Some("v"));
}

/// The platform's thread waits while 256 KiB wait for the client. The end of the client lets it go on, and cancels the request once.
#[test]
fn a_body_without_end_waits_for_the_client_and_is_cancelled() {
    let (builder, requests) = builder();
    let limits = Limits { bytes: 1024 * 1024, ..Limits::default() };
    let client = builder.limits(limits).start().unwrap();
    let exchange = next(&requests);
    let (cancel, cancelled) = channel();
    exchange.on_cancel(move || cancel.send(()).unwrap());
    exchange.head(200, [("content-type", "application/json")]);
    let piece = vec![b' '; 100 * 1024 * 1024];
    // The client gives the request up after a megabyte, long before it has read the piece.
    assert_eq!(exchange.piece(&piece), Reading::Ended);
    assert_eq!(exchange.piece(&piece), Reading::Ended);
    cancelled.recv_timeout(PATIENCE).unwrap();
    let _retry = next(&requests);
    assert!(matches!(client.status().problem, Some(Problem::TooLarge(_))), "{}", client.status());
    // A function that is set after the cancellation is called at once.
    let (sender, at_once) = channel();
    exchange.on_cancel(move || sender.send(()).unwrap());
    at_once.try_recv().unwrap();
    drop(exchange);
    assert!(cancelled.try_recv().is_err(), "the request is cancelled once");
}

#[test]
fn the_end_of_a_client_cancels_its_request() {
    let (client, requests) = client();
    let exchange = next(&requests);
    let (sender, cancelled) = channel();
    exchange.on_cancel(move || sender.send(()).unwrap());
    assert_eq!(exchange.reading(), Reading::Continues);
    assert!(matches!(client.wait_ready(Duration::ZERO), Err(NotReady::TimedOut(_))));
    client.close();
    cancelled.recv_timeout(PATIENCE).unwrap();
    assert_eq!(exchange.reading(), Reading::Ended);
    exchange.head(200, []);
    exchange.end();
}
