//! The inputs and outputs of a session.

use std::fmt;
use std::sync::Arc;

use fh_eval::{Attributes, SharedText};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::{Publication, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::SessionStatus;

use crate::edge_url::SecretUrl;
use crate::key::ApiKeys;

/// The id of a request. The session ignores inputs for a request that it has aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(crate) u64);

/// The id of a command whose caller waits for the outcome. The driver chooses the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// A JSON list of features, and its elements, each of which is JSON.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct SplitList<'a> {
    /// The whole list.
    pub text: &'a str,
    /// The elements. Of those that can be no features, the first ones.
    pub elements: Vec<&'a str>,
    /// The number of further elements that can be no features.
    pub further: usize,
}

/// An event or a command that the driver hands to the session.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Starts the session. Has no effect if the session was started or closed before.
    Start,
    /// The deadline of [`Session::deadline`](crate::Session::deadline) has passed, or may have passed. A tick before the deadline has no
    /// effect.
    Tick,
    /// Closes the session for good. Commands that are not done yet fail with [`Problem::Closed`].
    Stop,
    /// Suspends the session, for example while a page is hidden or an app is in the background. The request in flight is aborted. Until
    /// [`Self::Resume`], one poll is sent for each refresh, context or replacement of keys. There is no other request, and no deadline
    /// except while such a poll is in flight. A poll that was in flight for such a command before goes on. Features and readiness stay
    /// as they are. Has no effect if the session is suspended already, or closed. A client that is offline, halted, done or not started
    /// shows that connection, not [`Connection::Suspended`](fh_repository::status::Connection::Suspended).
    Suspend,
    /// Ends the suspension. A streaming client opens a new stream at once, and a polling client polls if its interval has passed meanwhile.
    /// A delay that a failure, a refusal or the Edge caused before still applies, and so does the limit of the request rate. Has no
    /// effect if the session is not suspended.
    Resume,
    /// Requests features from the Edge, as soon as the limit of the request rate allows. No request is sent if a request is in
    /// flight, if a stream that has sent a list of features is open, or if the client is offline or closed. [`Action::CommandDone`] reports
    /// the outcome, also if no request is sent.
    Refresh(CommandId),
    /// A feature was read. A driver passes this input after [`Action::ReportReads`], because passive polling depends on reads.
    FeatureRead,
    /// Sets the context of server-evaluated keys. With client-evaluated keys, the command changes nothing, and succeeds unless the client
    /// is closed. With server-evaluated keys, the command fails at once and changes nothing if the client is closed, if the context has too
    /// many attributes, or if the environment is stale, so that the client sends no more requests, and the client has no features for the
    /// context. [`Action::CommandDone`] reports the outcome.
    Context(CommandId, Arc<Attributes>),
    /// Replaces the API keys, unless the client is closed. Features of environments to which no new key gives access are dropped.
    /// [`Action::CommandDone`] reports the outcome.
    Keys(CommandId, ApiKeys),
    /// The head of a response has arrived.
    Opened {
        /// The id of the request to which the response belongs.
        request_id: RequestId,
        /// The status code and the headers of the response.
        head: &'a ResponseHead,
    },
    /// A piece of a response's body has arrived, or a message on a socket.
    Bytes {
        /// The id of the request to which the response belongs.
        request_id: RequestId,
        /// The bytes of the piece, which follow directly after the previous piece.
        bytes: &'a [u8],
    },
    /// A message has arrived on a socket, as text that the session may keep without a copy.
    Text {
        /// The id of the request that opened the socket.
        request_id: RequestId,
        /// The text of the message.
        text: SharedText,
    },
    /// Bytes of a message have arrived on a socket. The message follows as [`Self::Text`] or [`Self::Bytes`] once it is complete. A driver may report the
    /// bytes of several pieces at once.
    Progress {
        /// The id of the request that opened the socket.
        request_id: RequestId,
        /// Number of bytes that have arrived since the last report.
        bytes: usize,
    },
    /// A response is complete, or its request failed.
    Closed {
        /// The id of the request to which the response belongs.
        request_id: RequestId,
        /// The way in which the request ended.
        end: End<'a>,
    },
    /// A list of features from a source other than the Edge. The list adds and updates features. Features that the list does not contain
    /// are kept. The list is ignored if it cannot be parsed, while the client holds features from before a change of
    /// its context or of the kind of its keys, and after [`Self::Stop`].
    Stored {
        /// The source of the list.
        source: Source,
        /// The id of the environment to which the features belong.
        environment: Arc<str>,
        /// A JSON list of features.
        features: &'a [u8],
    },
    /// A list as [`Self::Stored`] has it, which was read as JSON and split into its elements before, so that a long list is not read twice.
    /// Only a client of FeatureHub gets it.
    #[doc(hidden)]
    StoredList {
        /// The source of the list.
        source: Source,
        /// The id of the environment to which the features belong.
        environment: Arc<str>,
        /// The list.
        list: SplitList<'a>,
    },
    /// One feature from a source other than the Edge. A single feature does not make the client ready. The feature is ignored in the same
    /// cases as a list, and if it is outdated or is no feature.
    StoredFeature {
        /// The source of the feature.
        source: Source,
        /// The id of the environment to which the feature belongs.
        environment: Arc<str>,
        /// The JSON of the feature.
        feature: &'a [u8],
    },
}

/// The way in which a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End<'a> {
    /// The response is complete, as far as the transport can determine.
    Complete,
    /// The connection could not be opened, it broke, or the transport failed for a reason that no other kind of end covers. The text is the
    /// transport's reason, which must contain neither the URL nor a key.
    Broken(&'a str),
    /// The TLS handshake failed, for example because the Edge's certificate was not accepted. The text is the transport's reason.
    Tls(&'a str),
    /// The transport's own time limit passed before the connection was open.
    ConnectTimeout,
    /// The connection for a socket could not be opened. The text is the transport's reason, as for [`Self::Broken`].
    Unreached(&'a str),
    /// The proxy refuses the tunnel that a socket needs. The text is the transport's reason, as for [`Self::Broken`].
    NoTunnel(&'a str),
    /// The server closed a socket in order. The number is its code; `None` if it gave none.
    Closed(Option<u16>),
    /// A message on a socket is larger than [`Limits::bytes`](crate::Limits::bytes).
    TooLarge,
    /// The server broke the rules of WebSockets. The text is the reason.
    Invalid(&'a str),
    /// The transport cannot open sockets.
    Unsupported,
    /// The transport can send no request at all in this program. The text is its reason, and may be longer than that of [`Self::Broken`].
    Unusable(&'a str),
}

/// An instruction for the driver. The driver has to carry out every instruction, so a new variant is a breaking change.
#[derive(Debug, Clone)]
pub enum Action {
    /// Send this request, and report its response with this id.
    Send(RequestId, Request),
    /// Open a WebSocket with this request, whose kind is [`RequestKind::Stream`], and report its response with this id. The driver adds the
    /// headers of the handshake. The response has status 101 if the server agrees, and its pieces are the messages of the socket.
    Connect(RequestId, Request),
    /// Send this text as one message on the socket that this request has opened.
    Write(RequestId, String),
    /// Abort this request, and pass in no more inputs for the request. The session ignores such inputs.
    Abort(RequestId),
    /// Serve these features from now on. While the program holds changes back (catch & release), the cause of the publication decides
    /// whether the features are served at once or after their release.
    Publish(Publication),
    /// Remove the features of these environments at once, both those that are served and those that are held back. No API key of the client
    /// gives access to these environments.
    Revoke(Vec<Arc<str>>),
    /// Publish this status to readers and listeners.
    Status(SessionStatus),
    /// Log this notice, and pass it on to the listeners of notices.
    Notice(Notice),
    /// Pass this update on to the listeners of raw updates.
    Raw(RawUpdate),
    /// Report the next read of a feature as [`Input::FeatureRead`].
    ReportReads,
    /// Report the outcome of a command to its caller.
    CommandDone(CommandId, Result<Readiness, Problem>),
}

/// An HTTP request. Transports must not follow redirects, because the session follows redirects within the same
/// origin itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The purpose of the request: to poll, or to open a stream.
    pub kind: RequestKind,
    /// The URL, which may contain API keys.
    pub url: SecretUrl,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a request with the method POST; `None` for the method GET.
    pub body: Option<String>,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// The request is a poll, whose response ends without waiting for changes of features.
    Poll,
    /// The request opens a stream, which the Edge keeps open to send events.
    Stream,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may hold credentials for a proxy, and contexts are personal data.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("kind", &self.kind)
            .field("url", &self.url)
            .field("headers", &names)
            .finish()
    }
}

/// The head of an HTTP response. `Debug` shows no header values, because the `location` of a redirect may repeat the API key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The HTTP status code of the response.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .field("headers", &names)
            .finish()
    }
}

impl ResponseHead {
    /// Creates the head of a response with this status code and without headers.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new() }
    }

    /// Adds a header. The case of the name does not matter.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Returns the names, in lower case, and the values of all headers, in the order in which they were added.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the value of the first header with this name, which must be given in lower case. Returns `None` if there is no such header.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}
