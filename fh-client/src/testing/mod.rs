//! Testing programs that use flags: an Edge in memory, without sockets, ports or sleeping.
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
/// A client-evaluated API key of it.
pub const CLIENT_KEY: &str = "memory/client*evaluated";
/// A server-evaluated API key of it.
pub const SERVER_KEY: &str = "memory/server-evaluated";

/// A FeatureHub Edge in memory, as a transport: it streams, answers polls, evaluates for server-evaluated keys, takes test updates, and fails when it
/// is told to. A handle: clones are the same Edge, and any number of clients can use it.
#[derive(Clone, Default)]
pub struct MemoryEdge {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Counts up whenever a stream has taken everything, or is gone.
    settled: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    features: Features,
    lines: Vec<Arc<Line>>,
    requests: Vec<SeenRequest>,
    /// What happens to the next fetches.
    next: std::collections::VecDeque<Fault>,
    /// What happens to all others.
    standing: Option<Fault>,
    updates: Option<(u16, String)>,
}

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Answered with this status.
    Status(u16),
    /// Answered with this status and these headers.
    StatusWith(u16, Vec<(String, String)>),
    /// No connection.
    Connect,
    /// No connection that TLS accepts.
    Tls,
    /// Answered well, but the connection breaks before anything useful.
    Break,
    /// Never answered.
    Silence,
}

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// What it was.
    pub kind: SeenKind,
    /// Path and query.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a test update.
    pub body: String,
}

impl SeenRequest {
    /// The value of a header, given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What a request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenKind {
    /// A poll.
    Poll,
    /// A stream.
    Stream,
    /// A test update.
    Update,
}

impl MemoryEdge {
    /// An Edge without features.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a client of it, with a client-evaluated API key. It streams unless another way is chosen.
    pub fn client(&self) -> ClientBuilder {
        self.client_with(CLIENT_KEY)
    }

    /// Begins a client of it with this API key: [`CLIENT_KEY`] or [`SERVER_KEY`].
    pub fn client_with(&self, api_key: &str) -> ClientBuilder {
        Client::builder("http://memory.invalid", api_key).transport(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes features, and tells open streams what has changed.
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

/// Its features.
impl MemoryEdge {
    /// Sets a value. A new feature is made of the type that the value has: BOOLEAN, NUMBER or STRING.
    pub fn set(&self, key: &str, value: impl Into<NewValue>) {
        let value = value.into();
        self.change(|features| features.set(key, &value, None));
    }

    /// Sets the document of a JSON feature.
    pub fn set_json(&self, key: &str, document: &Value) {
        let text = NewValue::Text(document.to_string());
        self.change(|features| features.set(key, &text, Some(Kind::Json)));
    }

    /// Gives a feature rollout strategies: a list in the form of the wire.
    pub fn set_strategies(&self, key: &str, strategies: &Value) {
        self.set_member(key, "strategies", strategies);
    }

    /// Gives a feature any member. A new feature is BOOLEAN.
    pub fn set_member(&self, key: &str, member: &str, value: &Value) {
        self.change(|features| features.members(key, Kind::Boolean, [(member, value.clone())]));
    }

    /// Puts a feature in, exactly as given; one with its key goes.
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

    /// A feature as it is kept.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Map<String, Value>> {
        self.state().features.get(key).cloned()
    }
}

/// Its moods.
impl MemoryEdge {
    /// The next fetch (a poll, or a stream to be opened) fails like this; called again, the one after it.
    pub fn fail_next(&self, fault: Fault) {
        self.state().next.push_back(fault);
    }

    /// Every fetch fails like this from now on, and open streams break.
    pub fn fail(&self, fault: Fault) {
        self.state().standing = Some(fault);
        self.break_streams();
    }

    /// All is well again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.standing = None;
        state.next.clear();
        state.updates = None;
    }

    /// Test updates are refused with this status and reason.
    pub fn refuse_updates(&self, status: u16, reason: &str) {
        self.state().updates = Some((status, reason.to_string()));
    }

    /// Breaks open streams, as a network does.
    pub fn break_streams(&self) {
        for line in self.state().lines.drain(..) {
            line.break_off();
        }
    }

    /// Ends open streams in an orderly way, as an Edge does now and then.
    pub fn bye(&self) {
        for line in self.state().lines.drain(..) {
            line.bye();
        }
    }

    /// Sends an event on open streams: `failure`, `config`, or anything.
    pub fn send_event(&self, name: &str, data: &str) {
        for line in &self.state().lines {
            line.send(name, data);
        }
    }
}

/// What it sees.
impl MemoryEdge {
    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state().requests.clone()
    }

    /// How many streams are open.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.state().lines.iter().filter(|line| line.is_open()).count()
    }

    /// Waits until every open stream's client has taken in all that was sent: after it, reads answer the new values. Listeners are told a little
    /// later: [`Client::flushed`].
    ///
    /// Polling clients take in changes when they poll: [`Client::refresh`].
    pub async fn delivered(&self) {
        let mut settled = self.shared.settled.subscribe();
        loop {
            settled.mark_unchanged();
            if self.state().lines.iter().all(|line| line.is_settled()) {
                return;
            }
            // The sender lives in here.
            let _ = settled.changed().await;
        }
    }
}

impl Transport for MemoryEdge {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let edge = self.clone();
        // Within the future: a request that is given up before it was polled never arrived.
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
