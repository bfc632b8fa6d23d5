//! An Edge in memory, for tests of programs that use features. Such tests need no sockets, no ports and no sleeping.
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

/// The id of the environment to which all features of a [`MemoryEdge`] belong.
pub const ENVIRONMENT: &str = "memory";
/// A client-evaluated API key of a [`MemoryEdge`].
pub const CLIENT_KEY: &str = "memory/client*evaluated";
/// A server-evaluated API key of a [`MemoryEdge`].
pub const SERVER_KEY: &str = "memory/server-evaluated";

/// A FeatureHub Edge in memory, used as a transport. It serves streams and polls, evaluates rules for server-evaluated keys,
/// accepts test updates, and simulates failures. Clones are handles of the same Edge, and any number of clients can use it.
#[derive(Clone, Default)]
pub struct MemoryEdge {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A number that increases whenever a client has processed all events that were sent on its stream, or has closed the
    /// stream.
    settled: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    features: Features,
    lines: Vec<Arc<Line>>,
    requests: Vec<SeenRequest>,
    /// The faults of the next polls and stream requests, in order. Each fault applies to one request.
    next: std::collections::VecDeque<Fault>,
    /// The fault of all other polls and stream requests; `None` if they succeed.
    standing: Option<Fault>,
    updates: Option<(u16, String)>,
}

/// A failure that a [`MemoryEdge`] simulates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The Edge answers with this status and no body.
    Status(u16),
    /// The Edge answers with this status, these headers and no body.
    StatusWith(u16, Vec<(String, String)>),
    /// The connection cannot be opened.
    Connect,
    /// The connection cannot be opened, because the TLS handshake fails.
    Tls,
    /// The Edge answers with status 200, and then the connection breaks before any data has arrived.
    Break,
    /// The Edge never answers.
    Silence,
}

/// A request that a [`MemoryEdge`] has received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// The kind of the request.
    pub kind: SeenKind,
    /// The path and the query of the request's URL.
    pub target: String,
    /// The headers of the request, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a test update or another PUT or POST request; empty for GET requests.
    pub body: String,
}

impl SeenRequest {
    /// Returns the value of the header with this name, or `None` if the request has no such header. The name must be in lower
    /// case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The kind of a request that a [`MemoryEdge`] has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenKind {
    /// A poll, which fetches the features.
    Poll,
    /// A request that opens a stream. Every GET request that is not a poll counts as such a request.
    Stream,
    /// A test update, which changes a feature. Every PUT or POST request counts as a test update.
    Update,
}

impl MemoryEdge {
    /// Returns a new Edge without features.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a builder for a client of this Edge with a client-evaluated API key. The client streams unless the program
    /// selects another mode.
    pub fn client(&self) -> ClientBuilder {
        self.client_with(CLIENT_KEY)
    }

    /// Returns a builder for a client of this Edge with this API key, such as [`CLIENT_KEY`] or [`SERVER_KEY`].
    pub fn client_with(&self, api_key: &str) -> ClientBuilder {
        Client::builder("http://memory.invalid", api_key).transport(self.clone()).of_test()
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

/// Functions that change and return the features of the Edge.
impl MemoryEdge {
    /// Sets the default value of a feature. A feature that does not exist is created with the type of the value: BOOLEAN,
    /// NUMBER or STRING. Null creates a STRING.
    pub fn set(&self, key: &str, value: impl Into<NewValue>) {
        let value = value.into();
        self.change(|features| features.set(key, &value, None));
    }

    /// Sets the document of a JSON feature. A feature that does not exist is created with the type JSON.
    pub fn set_json(&self, key: &str, document: &Value) {
        let text = NewValue::Text(document.to_string());
        self.change(|features| features.set(key, &text, Some(Kind::Json)));
    }

    /// Sets the rollout strategies of a feature, given as a list in FeatureHub's JSON form. A feature that does not exist is
    /// created as a BOOLEAN.
    pub fn set_strategies(&self, key: &str, strategies: &Value) {
        self.set_member(key, "strategies", strategies);
    }

    /// Sets the member with the name `member` in the JSON object of a feature. A feature that does not exist is created as a
    /// BOOLEAN.
    pub fn set_member(&self, key: &str, member: &str, value: &Value) {
        self.change(|features| features.members(key, Kind::Boolean, [(member, value.clone())]));
    }

    /// Adds a feature with exactly this JSON object. A feature with the same key is replaced.
    pub fn put(&self, feature: Map<String, Value>) {
        self.change(|features| features.put(feature));
    }

    /// Locks a feature. A feature that does not exist is created as a BOOLEAN.
    pub fn lock(&self, key: &str) {
        self.set_member(key, "l", &Value::Bool(true));
    }

    /// Unlocks a feature. A feature that does not exist is created as a BOOLEAN.
    pub fn unlock(&self, key: &str) {
        self.set_member(key, "l", &Value::Bool(false));
    }

    /// Deletes a feature. Has no effect if the feature does not exist.
    pub fn delete(&self, key: &str) {
        self.change(|features| features.delete(key));
    }

    /// Returns the JSON object of a feature as the Edge stores it, or `None` if the feature does not exist.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Map<String, Value>> {
        self.state().features.get(key).cloned()
    }
}

/// Functions that simulate failures of the Edge.
impl MemoryEdge {
    /// Makes the next poll or stream request fail with this fault. If this function is called several times, each fault applies
    /// to one further request, in the order of the calls.
    pub fn fail_next(&self, fault: Fault) {
        self.state().next.push_back(fault);
    }

    /// Makes all later polls and stream requests fail with this fault, and breaks open streams. Faults of [`Self::fail_next`]
    /// come first. [`Self::heal`] ends the failures.
    pub fn fail(&self, fault: Fault) {
        self.state().standing = Some(fault);
        self.break_streams();
    }

    /// Removes all faults, so that the Edge answers all requests and accepts test updates again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.standing = None;
        state.next.clear();
        state.updates = None;
    }

    /// Makes the Edge reject all later test updates with this status and reason, until [`Self::heal`] is called.
    pub fn refuse_updates(&self, status: u16, reason: &str) {
        self.state().updates = Some((status, reason.to_string()));
    }

    /// Breaks the connections of all open streams, as a network failure does.
    pub fn break_streams(&self) {
        for line in self.state().lines.drain(..) {
            line.break_off();
        }
    }

    /// Ends all open streams with the event `bye`, as FeatureHub's Edge does from time to time.
    pub fn bye(&self) {
        for line in self.state().lines.drain(..) {
            line.bye();
        }
    }

    /// Sends an event with this name and data on all open streams, such as `failure` or `config`.
    pub fn send_event(&self, name: &str, data: &str) {
        for line in &self.state().lines {
            line.send(name, data);
        }
    }
}

/// Functions that return the requests and streams of the Edge.
impl MemoryEdge {
    /// Returns all requests that the Edge has received so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state().requests.clone()
    }

    /// Returns the number of streams that are open between clients and this Edge.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.state().lines.iter().filter(|line| line.is_open()).count()
    }

    /// Waits until the client of every open stream has applied all events that were sent. After that, reads return the new
    /// values, unless catch & release holds them back. Listeners are called a little later; wait for them with
    /// [`Client::flushed`].
    ///
    /// A polling client applies changes when it polls. Use [`Client::refresh`] for such a client.
    pub async fn delivered(&self) {
        let mut settled = self.shared.settled.subscribe();
        loop {
            settled.mark_unchanged();
            if self.state().lines.iter().all(|line| line.is_settled()) {
                return;
            }
            // This Edge keeps the sender alive, so the wait cannot fail.
            let _ = settled.changed().await;
        }
    }
}

impl Transport for MemoryEdge {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let edge = self.clone();
        // The request is recorded inside the future, because a request whose future is dropped before the first poll never
        // reaches an Edge.
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
