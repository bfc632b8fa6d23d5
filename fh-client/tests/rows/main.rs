//! Tests of the tables of polling and of the retry machine (sdk-behaviour 2.9 and 2.11), row by row. `docs/retry-rows.md` names the test
//! of each row.
//!
//! Delays are short. Timeouts have their real values, unless a row is about a timeout. The Edge holds answers back while a test checks the
//! state of the client, so no test depends on the speed of the machine. The tests measure times between requests, which must not be too
//! short.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod fleet;
mod headers;
mod kinds;
mod machine;
mod modes;
mod named;
mod pace;
mod pacing;
mod refusals;
mod responses;
mod scheduling;
mod trouble;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use fh_client::transport::ReqwestTransport;
use fh_client::{
    Backoff, Client, ClientBuilder, Problem, Readiness, Status, Subscription, block_on,
};
use fh_fake_edge::{Behaviour, FakeEdge, Feature, Framing, Route};

pub(crate) use fh_test_wait::PATIENCE;
/// A delay that is longer than any test.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

/// The first delay after a failure. The client draws the real delay from its upper half.
pub(crate) const INITIAL: Duration = Duration::from_millis(24);
/// The first delay after a refusal. The client draws the real delay from its upper half.
pub(crate) const REFUSED: Duration = Duration::from_millis(120);

/// The feature whose value shows which update has arrived.
pub(crate) const FEATURE: &str = "STATE";

/// Starts a healthy Edge, whose feature has the value `one`.
pub(crate) fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string(FEATURE, "one"));
    edge
}

/// Returns a client of this Edge with short delays and a client-evaluated key.
pub(crate) fn quick(edge: &FakeEdge) -> ClientBuilder {
    with_key(edge, &edge.client_key())
}

/// Returns a client of this Edge with short delays and a server-evaluated key.
pub(crate) fn server_evaluated(edge: &FakeEdge) -> ClientBuilder {
    with_key(edge, &edge.server_key())
}

fn with_key(edge: &FakeEdge, key: &str) -> ClientBuilder {
    let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
    Client::builder(edge.url(), key).transport(transport).configure(|config| {
        config.backoff = Backoff { initial: INITIAL, cap: INITIAL * 8, jitter: 0.5 };
        config.refused = Backoff { initial: REFUSED, cap: REFUSED * 8, jitter: 0.5 };
        config.return_within = Duration::from_millis(5)..=Duration::from_millis(50);
        config.pace = Duration::from_millis(10);
    })
}

/// Starts a client and waits until it is ready.
pub(crate) fn ready(builder: ClientBuilder) -> Client {
    let client = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client
}

/// Waits until the client's status satisfies the condition.
#[track_caller]
pub(crate) fn until(client: &Client, what: &str, holds: impl Fn(&Status) -> bool) -> Status {
    let end = Instant::now() + PATIENCE;
    loop {
        let status = client.status();
        if holds(&status) {
            return status;
        }
        assert!(Instant::now() < end, "not {what}: {status}; {status:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until the feature has this value.
#[track_caller]
pub(crate) fn arrives(client: &Client, value: &str) {
    until(client, value, |_| client.string(FEATURE).as_deref() == Some(value));
}

/// Returns the value of the feature.
pub(crate) fn served(client: &Client) -> Option<String> {
    client.string(FEATURE).map(|value| value.to_string())
}

/// Waits until a route has received this number of requests.
#[track_caller]
pub(crate) fn seen(edge: &FakeEdge, route: Route, requests: usize) {
    edge.wait_for_requests(route, requests, PATIENCE).unwrap();
}

/// Returns a healthy answer that sends its head at once, and the rest after the signal of this name.
pub(crate) fn held(route: Route, signal: &str) -> Behaviour {
    match route {
        Route::Stream => Behaviour::sse().wait_for_signal(signal).ack().features().live(),
        _ => Behaviour::status(200)
            .header("content-type", "application/json")
            .framing(Framing::Chunked)
            .wait_for_signal(signal)
            .environments(),
    }
}

pub(crate) fn refresh(client: &Client) -> Result<Readiness, Problem> {
    block_on(client.refresh())
}

/// Every readiness that a listener was notified of.
#[derive(Clone, Default)]
pub(crate) struct History(Arc<Mutex<Vec<Readiness>>>);

impl History {
    pub(crate) fn of(client: &Client) -> (Self, Subscription) {
        let history = Self::default();
        let told = history.clone();
        let subscription = client.on_readiness(move |change| {
            told.0.lock().unwrap().push(change.readiness);
        });
        (history, subscription)
    }

    /// Returns the notifications so far.
    pub(crate) fn reported(&self, client: &Client) -> Vec<Readiness> {
        client.flush(PATIENCE).unwrap();
        self.0.lock().unwrap().clone()
    }
}

/// Checks that each time between two requests is at least this long.
#[track_caller]
pub(crate) fn not_earlier(gaps: &[Duration], at_least: &[Duration]) {
    // A session counts whole milliseconds.
    let tick = Duration::from_millis(1);
    assert!(gaps.len() >= at_least.len(), "{gaps:?}");
    for (gap, at_least) in gaps.iter().zip(at_least) {
        assert!(*gap + tick >= *at_least, "{gaps:?}, and not at least {at_least:?}");
    }
}
