//! What goes into a session, and what comes out of it.

use std::fmt;
use std::sync::Arc;

use fh_eval::Attributes;

use crate::edge_url::SecretUrl;
use crate::key::ApiKeys;
use crate::rules::{Rules, Source};
use crate::status::{Notice, Problem, Readiness, Status};

/// Names one request. News about a request that was given up are recognised by it, and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

/// Names something that a caller waits for; chosen by the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errand(pub u64);

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Begin.
    Start,
    /// The deadline has come, or may have.
    Tick,
    /// End for good.
    Stop,
    /// Ask the Edge now, whatever the state; [`Action::Settled`] follows.
    Refresh(Errand),
    /// A feature was read (passive polling; after [`Action::Arm`]).
    Touched,
    /// The context of a server-evaluated key; [`Action::Settled`] follows. With a client-evaluated key it changes nothing.
    Context(Errand, Arc<Attributes>),
    /// Other keys; [`Action::Settled`] follows. Features of environments that no key opens any more are dropped.
    Keys(Errand, ApiKeys),
    /// The head of an answer has arrived.
    Opened {
        /// Whose.
        ticket: Ticket,
        /// The head.
        head: &'a Head,
    },
    /// A piece of an answer's body has arrived.
    Bytes {
        /// Whose.
        ticket: Ticket,
        /// The piece.
        bytes: &'a [u8],
    },
    /// An answer is complete, or will never be.
    Closed {
        /// Whose.
        ticket: Ticket,
        /// How it ended.
        end: End<'a>,
    },
    /// A list of features from somewhere else than the Edge: added, nothing removed (sdk-behaviour 2.2).
    Stored {
        /// Where it was.
        source: Source,
        /// The environment it is of.
        environment: Arc<str>,
        /// A JSON list of features.
        features: &'a [u8],
    },
    /// One feature from a store.
    StoredFeature {
        /// Where it was.
        source: Source,
        /// The environment it is of.
        environment: Arc<str>,
        /// The JSON of the feature.
        feature: &'a [u8],
    },
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'a> {
    /// Complete, as far as HTTP can tell.
    Complete,
    /// No connection, or it broke: why, in words without URL or key.
    Broken(&'a str),
    /// The certificate was not accepted: why.
    Tls(&'a str),
    /// The transport's own time limit passed before the connection stood.
    ConnectTimeout,
}

/// Something to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Action {
    /// Send this request.
    Send(Ticket, Request),
    /// Give this request up and close its connection.
    Abort(Ticket),
    /// Serve these features from now on.
    Publish(Publication),
    /// Take the features of these environments out of what is served, and out of what is held back, at once: no API key opens them any more.
    Revoke(Vec<Arc<str>>),
    /// Show this status from now on.
    Status(Status),
    /// Log this.
    Notice(Notice),
    /// Tell those who want updates as they were received.
    Raw(RawUpdate),
    /// Report the next read of a feature as [`Input::Touched`].
    Arm,
    /// Tell whoever waits for this errand.
    Settled(Errand, Result<Readiness, Problem>),
}

/// Features to serve, and what is new about them.
#[derive(Debug, Clone)]
pub struct Publication {
    /// All of them.
    pub rules: Arc<Rules>,
    /// Why they are published.
    pub cause: Cause,
}

/// Why features are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The first list, or the first after the context of a server-evaluated key has changed: served at once, even while updates
    /// are caught (sdk-behaviour 2.7).
    First,
    /// Something that a reader could see is different: a value, a strategy, a lock, a feature more or less.
    Change,
    /// Only versions or the like are different.
    Unseen,
}

/// An update as it was received (sdk-behaviour 2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawUpdate {
    /// Who sent it.
    pub source: Source,
    /// The environment; `None` if several.
    pub environment: Option<Arc<str>>,
    /// What it is.
    pub kind: RawKind,
    /// Its JSON: a list of features, of environments (a poll's body), or one feature.
    pub json: Arc<str>,
}

/// What an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RawKind {
    /// All features.
    List,
    /// One feature, new or changed.
    Feature,
    /// One feature, deleted or retired.
    Delete,
}

/// A request. Always a GET. Transports follow no redirects: the session does (D-82).
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What it is for.
    pub kind: RequestKind,
    /// Where to.
    pub url: SecretUrl,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// An answer with a body.
    Poll,
    /// A stream of events that stays open.
    Stream,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold what a user added to get past a proxy, and contexts are people's data.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("kind", &self.kind)
            .field("url", &self.url)
            .field("headers", &names)
            .finish()
    }
}

/// The head of an answer. `Debug` shows no values of headers: a redirect's `location` repeats the API key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Head").field("status", &self.status).field("headers", &names).finish()
    }
}

impl Head {
    /// A head without headers.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new() }
    }

    /// With another header; the name's case does not matter.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// The first header of this name, given in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}
