//! Tools to test programs that use features: an Edge in memory, which needs no sockets, ports or sleeping.
//!
//! ```
//! use fh_client::testing::MemoryEdge;
//! # fn greeting(client: &fh_client::Client) -> &'static str {
//! #     if client.is_enabled("POLITE") { "Good morning" } else { "Hi" }
//! # }
//! # fh_client::block_on(async {
//! let edge = MemoryEdge::new();
//! edge.set("POLITE", false);
//! let client = edge.client().start()?;
//! client.ready().await?;
//! assert_eq!(greeting(&client), "Hi");
//!
//! edge.set("POLITE", true);
//! edge.delivered().await;
//! assert_eq!(greeting(&client), "Good morning");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod answer;
mod features;
mod line;
mod put;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fh_eval::Kind;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::test_updates::NewValue;
use crate::transport::{
    BoxFuture, Method, Response, Transport, TransportError, TransportErrorKind, TransportRequest,
};
use features::Features;
use line::Line;

/// The environment of every feature of a [`MemoryEdge`].
pub const ENVIRONMENT: &str = "memory";
/// A client-evaluated API key of a [`MemoryEdge`].
pub const CLIENT_KEY: &str = "memory/client*evaluated";
/// A server-evaluated API key of a [`MemoryEdge`].
pub const SERVER_KEY: &str = "memory/server-evaluated";

/// A FeatureHub Edge in memory, used as a transport. It streams, answers polls, evaluates for server-evaluated keys, accepts test
/// updates, and fails on request. It is a handle: clones are the same Edge, and any number of clients can use it.
#[derive(Clone, Default)]
pub struct MemoryEdge {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A number that increases whenever a client has read all of its stream, or closed it.
    settled: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    features: Features,
    lines: Vec<Arc<Line>>,
    requests: Vec<SeenRequest>,
    /// The faults of the next fetches, in order.
    next: std::collections::VecDeque<Fault>,
    /// The fault of all other fetches.
    standing: Option<Fault>,
    updates: Option<(u16, String)>,
}

/// A failure of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An answer with this status and no body.
    Status(u16),
    /// An answer with this status and these headers, and no body.
    StatusWith(u16, Vec<(String, String)>),
    /// No connection.
    Connect,
    /// No connection, because TLS fails.
    Tls,
    /// An answer with status 200, after which the connection breaks before any data.
    Break,
    /// No answer, ever.
    Silence,
}

/// A request that the Edge received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// The kind of the request.
    pub kind: SeenKind,
    /// The path and the query.
    pub target: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a test update; empty for other requests.
    pub body: String,
}

impl SeenRequest {
    /// Returns the value of a header. The name is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenKind {
    /// A poll of the features.
    Poll,
    /// The opening of a stream.
    Stream,
    /// A test update.
    Update,
}

impl MemoryEdge {
    /// Makes an Edge without features.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts building a client of this Edge with a client-evaluated API key. It streams unless another mode is chosen.
    pub fn client(&self) -> ClientBuilder {
        self.client_with(CLIENT_KEY)
    }

    /// Starts building a client of this Edge with this API key: [`CLIENT_KEY`] or [`SERVER_KEY`].
    pub fn client_with(&self, api_key: &str) -> ClientBuilder {
        Client::builder("http://memory.invalid", api_key).transport(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes features, and sends the changes to open streams.
    fn change<T>(&self, change: impl FnOnce(&mut Features) -> T) -> T {
        let mut state = self.state();
        let outcome = change(&mut state.features);
        let events = state.features.take_events();
        for line in &state.lines {
            for event in &events {
                line.event(event, &state.features);
            }
        }
        outcome
    }
}

/// The features of the Edge.
impl MemoryEdge {
    /// Sets a value. A feature that does not exist is made with the type of the value: BOOLEAN, NUMBER or STRING.
    pub fn set(&self, key: &str, value: impl Into<NewValue>) {
        let value = value.into();
        self.change(|features| features.set(key, &value, None));
    }

    /// Sets the document of a JSON feature.
    pub fn set_json(&self, key: &str, document: &Value) {
        let text = NewValue::Text(document.to_string());
        self.change(|features| features.set(key, &text, Some(Kind::Json)));
    }

    /// Sets the rollout strategies of a feature, as a list in FeatureHub's JSON form.
    pub fn set_strategies(&self, key: &str, strategies: &Value) {
        self.set_member(key, "strategies", strategies);
    }

    /// Sets any member of a feature's JSON object. A feature that does not exist is made as a BOOLEAN.
    pub fn set_member(&self, key: &str, member: &str, value: &Value) {
        self.change(|features| features.members(key, Kind::Boolean, [(member, value.clone())]));
    }

    /// Adds a feature exactly as given, replacing one with the same key.
    pub fn put(&self, feature: Map<String, Value>) {
        self.change(|features| features.put(feature));
    }

    /// Locks a feature.
    pub fn lock(&self, key: &str) {
        self.set_member(key, "l", &Value::Bool(true));
    }

    /// Unlocks a feature.
    pub fn unlock(&self, key: &str) {
        self.set_member(key, "l", &Value::Bool(false));
    }

    /// Deletes a feature.
    pub fn delete(&self, key: &str) {
        self.change(|features| features.delete(key));
    }

    /// Returns a feature as the Edge holds it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Map<String, Value>> {
        self.state().features.get(key).cloned()
    }
}

/// Faults of the Edge.
impl MemoryEdge {
    /// Makes the next fetch (a poll, or the opening of a stream) fail like this. If it is called several times, each call applies
    /// to one further fetch, in order.
    pub fn fail_next(&self, fault: Fault) {
        self.state().next.push_back(fault);
    }

    /// Makes every fetch fail like this from now on, and breaks open streams.
    pub fn fail(&self, fault: Fault) {
        self.state().standing = Some(fault);
        self.break_streams();
    }

    /// Removes all faults, and accepts test updates again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.standing = None;
        state.next.clear();
        state.updates = None;
    }

    /// Answers test updates with this status and reason, and changes no features.
    pub fn refuse_updates(&self, status: u16, reason: &str) {
        self.state().updates = Some((status, reason.to_string()));
    }

    /// Breaks open streams, as a network failure does.
    pub fn break_streams(&self) {
        for line in self.state().lines.drain(..) {
            line.break_off();
        }
    }

    /// Ends open streams in an orderly way, as a real Edge does from time to time.
    pub fn bye(&self) {
        for line in self.state().lines.drain(..) {
            line.bye();
        }
    }

    /// Sends an event on open streams: `failure`, `config`, or any other.
    pub fn send_event(&self, name: &str, data: &str) {
        for line in &self.state().lines {
            line.send(name, data);
        }
    }
}

/// The requests and streams that the Edge has seen.
impl MemoryEdge {
    /// Returns the requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state().requests.clone()
    }

    /// Returns the number of open streams.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.state().lines.iter().filter(|line| line.is_open()).count()
    }

    /// Waits until the client of every open stream has applied all that was sent. Then reads return the new values. Listeners are
    /// called a little later; wait for them with [`Client::flushed`].
    ///
    /// Polling clients apply changes when they poll; use [`Client::refresh`] there.
    pub async fn delivered(&self) {
        let mut settled = self.shared.settled.subscribe();
        loop {
            settled.mark_unchanged();
            if self.state().lines.iter().all(|line| line.is_settled()) {
                return;
            }
            // The sender exists as long as this Edge, so the wait cannot fail.
            let _ = settled.changed().await;
        }
    }
}

impl Transport for MemoryEdge {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let edge = self.clone();
        // The request is recorded inside the future. A request that is dropped before it was polled never arrived.
        Box::pin(async move {
            match edge.take(&request) {
                Ok(response) => Ok(response),
                Err(Fault::Silence) => std::future::pending().await,
                Err(Fault::Tls) => Err(TransportError::new(
                    TransportErrorKind::Tls,
                    "the Edge in memory shows no certificate",
                )),
                Err(_) => Err(TransportError::new(
                    TransportErrorKind::Connect,
                    "the Edge in memory refuses connections",
                )),
            }
        })
    }
}

impl MemoryEdge {
    fn take(&self, request: &TransportRequest) -> Result<Response, Fault> {
        let url = request.url.expose();
        let target = url.strip_prefix(request.url.origin()).unwrap_or(url);
        let kind = match request.method {
            Method::Put | Method::Post => SeenKind::Update,
            Method::Get if target.starts_with("/features?") => SeenKind::Poll,
            Method::Get => SeenKind::Stream,
        };
        let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let seen = SeenRequest {
            kind,
            target: target.to_string(),
            headers: request.headers.clone(),
            body: body.into_owned(),
        };
        self.state().requests.push(seen.clone());
        match kind {
            SeenKind::Update => Ok(self.update(&seen)),
            SeenKind::Poll | SeenKind::Stream => self.fetch(&seen),
        }
    }
}

impl fmt::Debug for MemoryEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEdge").field("streams", &self.streams()).finish_non_exhaustive()
    }
}
