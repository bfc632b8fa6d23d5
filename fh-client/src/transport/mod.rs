//! How requests travel. Bring another HTTP stack by implementing [`Transport`].

mod error;
#[cfg(feature = "reqwest")]
mod proxy;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "reqwest")]
mod tls;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use bytes::Bytes;
use fh_session::EdgeUrl;
pub use fh_session::{Head, SecretUrl};
use futures_core::Stream;

pub use self::error::{InvalidSetting, TransportError, TransportErrorKind};
#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder, TransportSetupError};

/// A future in a box, as [`Transport::send`] gives it.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The pieces of an answer's body as they arrive. Dropping it closes the connection, or the stream within it.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// Sends requests.
///
/// Rules for implementors:
///
/// - One call, one request: no retries, no cookies, and no redirects followed (the client follows those that stay at the
///   same origin itself, D-82).
/// - The answer comes as soon as its head is there; its body must not be collected first, or a stream of events would never begin.
/// - Dropping the future or the body gives the request up at once.
/// - A body that is compressed is decompressed. Its size need not be limited: the client counts what comes out.
/// - Errors hold neither the URL nor headers. (The client wipes API keys from them all the same.)
///
/// Futures are polled inside a tokio runtime: that of the client's thread, or the one that the client was given. Connections that a transport keeps for
/// later requests belong to the runtime that opened them. Where clients with threads of their own share a transport, and one of them ends, requests of the
/// others on its connections break, and are retried as after any trouble of the network.
///
/// ```
/// use std::sync::Arc;
/// use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportErrorKind, TransportRequest};
///
/// struct Unplugged;
///
/// impl Transport for Unplugged {
///     fn send(&self, _request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
///         Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect, "the cable is out")) })
///     }
/// }
///
/// let client = fh_client::Client::builder("https://edge.example", "environment/key*").transport(Unplugged).start()?;
/// assert!(!client.is_enabled("ANYTHING"));
/// # Ok::<(), fh_client::StartError>(())
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and gives the head of its answer, with the body to be read.
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>>;

    /// Checks whether requests to this Edge can ever be sent. Called once, when the client starts; nothing may be sent here.
    ///
    /// # Errors
    /// [`InvalidSetting`] if a setting of the transport can never work, which ends [`ClientBuilder::start`](crate::ClientBuilder::start).
    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        let _ = edge;
        Ok(())
    }
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        (**self).send(request)
    }

    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        (**self).check(edge)
    }
}

/// The transport of a client that makes no requests.
pub(crate) struct Unplugged;

impl Transport for Unplugged {
    fn send(&self, _request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let error = TransportError::new(TransportErrorKind::Connect, "this client is offline");
        Box::pin(async { Err(error) })
    }
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Fetches features.
    Get,
    /// Changes a feature, for tests.
    Put,
    /// Hands something in, for exporters that send through a client's transport.
    Post,
}

impl Method {
    /// The method's name in HTTP.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// A request to send. `Debug` shows neither the key in the URL nor the values of headers.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportRequest {
    /// The method.
    pub method: Method,
    /// Where to; [`SecretUrl::expose`] gives the text.
    pub url: SecretUrl,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a PUT or POST.
    pub body: Option<Bytes>,
    /// How long connecting may take (D-74). Transports that set this once for all connections may ignore it here: the client
    /// has a limit of its own for the whole time up to the head of the answer.
    pub connect_timeout: Duration,
}

impl TransportRequest {
    /// A request without headers and body.
    #[must_use]
    pub const fn new(method: Method, url: SecretUrl) -> Self {
        let connect_timeout = Duration::from_secs(5);
        Self { method, url, headers: Vec::new(), body: None, connect_timeout }
    }
}

impl fmt::Debug for TransportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("TransportRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &names)
            .field("body", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// An answer: its head, and its body as it arrives.
pub struct Response {
    /// Status and headers.
    pub head: Head,
    /// The body.
    pub body: Body,
}

impl Response {
    /// An answer.
    #[must_use]
    pub const fn new(head: Head, body: Body) -> Self {
        Self { head, body }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.head.status).finish_non_exhaustive()
    }
}
