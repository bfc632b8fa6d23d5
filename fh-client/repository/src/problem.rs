//! The problems of a client.

use std::fmt;

use fh_eval::internal::HTML_PAGE;

use crate::system::System;

/// The problem of a client, or the reason why a command failed. `fh-client` removes the secret parts of API keys from the texts of its
/// client's problems, except secret parts with fewer than 6 characters. A session on its own does not remove them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Status 400: the Edge does not accept the request.
    BadRequest,
    /// Status 401 or 403: the Edge refuses the API key. The number is the status.
    Unauthorised(u16),
    /// Status 404: the Edge does not know the key, or has a failure of its own. From a server of FeatBit or FeatureSignals: the URL is wrong.
    NotFound,
    /// The stream sent a `failure` event. The text is the reason that the event contains.
    Failure(String),
    /// The environment is stale: the Edge wants no more requests, or no requests until a pause ends.
    Stale,
    /// Status 429: the client, or its address, sends too many requests.
    TooManyRequests,
    /// Status 500 to 599: the Edge failed. The number is the status. Status 501 in response to a stream request is [`Self::NoStreaming`]
    /// instead.
    ServerError(u16),
    /// The response has a status that the client cannot use and that no other problem covers. The number is the status. Status 407 comes
    /// from a proxy.
    UnexpectedStatus(u16),
    /// The Edge cannot stream: it answered a stream request with status 501, or several stream requests with another content type.
    NoStreaming,
    /// The streams of the Edge arrive late or not at all, while its other answers arrive: a proxy or a virus scanner on the way holds them
    /// back. The client polls after the second such stream in a row.
    HeldBack,
    /// WebSockets to a server of FeatBit bring no message, while polls succeed: a proxy on the way blocks them. The client polls. The text is
    /// the reason, if the client's own proxy refuses the tunnel that a WebSocket needs.
    SocketsBlocked(Option<String>),
    /// A server of FeatBit refuses the environment secret: it closed the socket with code 4003.
    SecretRefused,
    /// A server of FeatureSignals answered with this status, and with an error whose text this is. Status 401 also means that the server could
    /// not load its flags.
    Rejected {
        /// The status of the answer.
        status: u16,
        /// The error of the answer, as the server wrote it.
        message: String,
    },
    /// The context has an empty user key, which a server of FeatureSignals refuses.
    EmptyKey,
    /// The content type of the response does not fit the request. The text is this content type in lower case, without parameters and cut
    /// after 100 characters; empty if the response has none.
    ContentType(String),
    /// A redirect leads to another origin, has no valid target, or exceeds the maximum number of redirects in a row.
    Redirect,
    /// The response, or an event of a stream, could not be parsed. The text is the reason.
    Malformed(String),
    /// The response, or an event of a stream, was larger than the limit, or had so many small parts that reading it would take too much memory. The number is the
    /// limit in bytes.
    TooLarge(usize),
    /// The response holds no environment to which a key gives access, or the list on a stream holds only features of other environments.
    NoEnvironments,
    /// The response holds no usable list of features for an environment: the list is missing, all its features belong to other
    /// environments, or the client has features of this environment and the list is empty or holds no feature that can be read. An Edge
    /// with a failure of its own may send such a response, so the client keeps its features.
    EmptyList,
    /// The connection could not be opened, it broke, or the transport failed in another way. The text is the reason.
    Unreachable(String),
    /// The TLS handshake failed, for example because the Edge's certificate was not accepted. The text is the transport's reason.
    Tls(String),
    /// The transport can send no request at all in this program, for example because a library that it needs has another version. The text
    /// is its reason.
    Transport(String),
    /// A time limit passed. The value is the stage that took too long.
    TimedOut(Stage),
    /// The stream ended before a list of features arrived on it.
    ClosedEarly,
    /// The stream ended after a list of features had arrived on it.
    Disconnected,
    /// The context cannot be sent, because it has too many attributes. The value holds the number of attributes.
    Context(TooManyAttributes),
    /// A newer context replaced this context before the features for this context were applied.
    Superseded,
    /// The client is closed.
    Closed,
}

/// The stage of a request, or of a caller's wait, that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The connection was not open in time.
    Connect,
    /// The complete head of the response did not arrive in time.
    Head,
    /// The body of a poll did not arrive in time.
    Body,
    /// The first list of features did not arrive on a stream in time.
    FirstEvent,
    /// The remainder of a stream's line or event did not arrive in time after the line or event had begun.
    Event,
    /// The next line, or the next byte of an unfinished line or event, did not arrive on a stream in time.
    Silence,
    /// The features for a context that a caller set did not arrive in time. This limit applies to the caller's wait and does not abort the
    /// request.
    Context,
}

impl Problem {
    /// Returns true if the Edge refuses this client, so that an early retry is unlikely to succeed.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::BadRequest
                | Self::Unauthorised(_)
                | Self::NotFound
                | Self::Failure(_)
                | Self::Rejected { .. }
        )
    }

    /// Returns the short name of the problem, such as `bad_request`, which metrics and bindings for other languages use.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorised(_) => "unauthorised",
            Self::NotFound => "not_found",
            Self::Failure(_) => "failure",
            Self::Stale => "stale",
            Self::TooManyRequests => "too_many_requests",
            Self::ServerError(_) => "server_error",
            Self::UnexpectedStatus(_) => "unexpected_status",
            Self::NoStreaming => "no_streaming",
            Self::HeldBack => "held_back",
            Self::SocketsBlocked(_) => "sockets_blocked",
            Self::SecretRefused => "secret_refused",
            Self::Rejected { .. } => "rejected",
            Self::EmptyKey => "empty_key",
            Self::ContentType(_) => "content_type",
            Self::Redirect => "redirect",
            Self::Malformed(_) => "malformed",
            Self::TooLarge(_) => "too_large",
            Self::NoEnvironments => "no_environments",
            Self::EmptyList => "empty_list",
            Self::Unreachable(_) => "unreachable",
            Self::Tls(_) => "tls",
            Self::Transport(_) => "transport",
            Self::TimedOut(_) => "timed_out",
            Self::ClosedEarly => "closed_early",
            Self::Disconnected => "disconnected",
            Self::Context(_) => "context",
            Self::Superseded => "superseded",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ProblemOn { problem: self, system: None }.fmt(f)
    }
}

/// A problem with a server; see [`Problem::on`].
#[derive(Debug, Clone, Copy)]
pub struct ProblemOn<'a> {
    problem: &'a Problem,
    /// The server's system; `None` if the text fits all systems.
    system: Option<System>,
}

impl Problem {
    /// Returns the problem as a text in the words of this system, such as "the Edge failed" for FeatureHub. The `Display` of a problem has
    /// words that fit all systems, such as "the server failed".
    #[must_use]
    pub const fn on(&self, system: System) -> ProblemOn<'_> {
        ProblemOn { problem: self, system: Some(system) }
    }
}

impl ProblemOn<'_> {
    fn html(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.system.map_or("server", System::server);
        write!(
            f,
            "the {server} answers with {HTML_PAGE}: probably a sign-in page, the page of a proxy, or a wrong URL"
        )
    }
}

impl fmt::Display for ProblemOn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, key) =
            self.system.map_or(("server", "key"), |of| (of.server(), of.credential()));
        match self.problem {
            Problem::BadRequest => {
                write!(f, "the {server} rejects the request as invalid (status 400)")
            }
            Problem::Unauthorised(status) => {
                write!(f, "the {server} refuses the {key} (status {status})")
            }
            Problem::NotFound if matches!(self.system, None | Some(System::FeatureHub)) => {
                let or_url = if self.system.is_none() { ", or the URL is wrong" } else { "" };
                write!(f, "the {server} does not know the {key}{or_url} (status 404)")
            }
            Problem::NotFound => {
                write!(f, "the {server} has nothing at this URL (status 404): check the URL")
            }
            Problem::Failure(reason) => write!(f, "the {server} refuses the stream: {reason}"),
            Problem::Stale => {
                write!(f, "the environment is stale: the {server} wants no more requests")
            }
            Problem::TooManyRequests => {
                write!(f, "the {server} wants fewer requests (status 429)")
            }
            Problem::ServerError(status) => write!(f, "the {server} failed (status {status})"),
            Problem::UnexpectedStatus(407) => f.write_str(
                "a proxy answered with status 407, because it requires a user name and a password",
            ),
            Problem::UnexpectedStatus(status) => {
                write!(f, "the {server} answered with status {status}")
            }
            Problem::NoStreaming => write!(f, "the {server} cannot stream"),
            Problem::HeldBack => write!(
                f,
                "something between the client and the {server}, such as a proxy, holds streams back",
            ),
            Problem::SocketsBlocked(Some(why)) => {
                write!(f, "WebSockets to the {server} are blocked, so the client polls: {why}")
            }
            Problem::SocketsBlocked(None) => write!(
                f,
                "something between the client and the {server}, such as a proxy, blocks WebSockets",
            ),
            Problem::SecretRefused => write!(
                f,
                "the {server} refuses the environment secret (close code 4003): use the server secret of an environment that exists; an agent of FeatBit also answers so until it has data",
            ),
            Problem::Rejected { status, message } => {
                write!(f, "the server answered with status {status}: {message}")
            }
            Problem::EmptyKey => f.write_str(
                "the context has an empty user key: give the context a user key, or none at all",
            ),
            Problem::ContentType(found) if found == "text/html" => self.html(f),
            Problem::Malformed(why) if why == HTML_PAGE => self.html(f),
            Problem::ContentType(found) => {
                write!(f, "the response has content type {found:?}, which does not fit the request")
            }
            Problem::Redirect if self.system == Some(System::FeatureHub) => write!(
                f,
                "the {server} redirects to another origin, too often, or without a valid target",
            ),
            Problem::Redirect => write!(
                f,
                "the {server} redirects, which the client does not follow: give the client the URL to which it redirects",
            ),
            Problem::Malformed(why) => write!(f, "the response cannot be parsed: {why}"),
            Problem::TooLarge(limit) => {
                write!(
                    f,
                    "the response or an event is larger than {limit} bytes, the limit of the setting `limits.bytes`, or has so many small parts that reading it would take more than 8 times its size and 32 MB of memory: raise the limit, or ask for fewer features"
                )
            }
            Problem::NoEnvironments => {
                f.write_str("the response contains no environment of the API keys")
            }
            Problem::EmptyList => f.write_str(
                "the response contains no usable features; the client keeps the features that it has",
            ),
            Problem::Unreachable(why) => write!(f, "the {server} cannot be reached: {why}"),
            Problem::Transport(why) => write!(f, "the HTTP transport cannot work: {why}"),
            Problem::Tls(why) if is_without_tls(why) => write!(
                f,
                "the TLS handshake with the {server} failed: {why}; the {server} answers without TLS at this port: write http:// in the URL, or the port at which it has https"
            ),
            Problem::Tls(why) => write!(f, "the TLS handshake with the {server} failed: {why}"),
            Problem::TimedOut(stage) => match stage {
                Stage::Connect => write!(f, "connecting to the {server} timed out"),
                Stage::Head => write!(f, "the {server} did not respond in time"),
                Stage::Body => f.write_str("the response did not arrive in time"),
                Stage::FirstEvent => f.write_str("the stream sent no features in time"),
                Stage::Event => f.write_str("an event of the stream did not arrive in time"),
                Stage::Silence => f.write_str("the stream sent nothing within the time limit"),
                Stage::Context => write!(f, "the {server} did not evaluate the context in time"),
            },
            Problem::ClosedEarly => f.write_str("the stream ended before it sent any features"),
            Problem::Disconnected => f.write_str("the stream ended"),
            Problem::Context(why) => write!(f, "{why}"),
            Problem::Superseded => f.write_str("a newer context has replaced this context"),
            Problem::Closed => f.write_str("the client is closed"),
        }
    }
}

impl std::error::Error for Problem {}

/// Returns true if the text of a failed TLS handshake says that the server answered with something else than TLS. The texts are those of
/// rustls, Java and OpenSSL.
fn is_without_tls(why: &str) -> bool {
    ["InvalidContentType", "recognized SSL message", "wrong version number"]
        .iter()
        .any(|text| why.contains(text))
}

/// Maximum number of attributes of a context that an Edge keeps. With a server-evaluated key, a context with more
/// attributes is refused, so that no attribute is lost.
pub const MAX_ATTRIBUTES: usize = 30;

/// The error for a context with more than [`MAX_ATTRIBUTES`] attributes. The field is the number of attributes of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAttributes(pub usize);

impl fmt::Display for TooManyAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the context has {} attributes; an Edge evaluates at most {MAX_ATTRIBUTES} attributes",
            self.0
        )
    }
}

impl std::error::Error for TooManyAttributes {}
