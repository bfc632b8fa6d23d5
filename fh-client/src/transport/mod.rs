//! The transport of requests. To use another HTTP stack, implement [`Transport`].

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

/// The future that [`Transport::send`] returns.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The pieces of an answer's body as they arrive. Dropping it closes the connection, or the stream within it.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// A way to send requests.
///
/// Rules for implementors:
///
/// - One call sends one request: no retries, no cookies and no redirects. The client itself follows redirects that stay at the
///   same origin (D-82).
/// - The answer is returned as soon as its head has arrived. Do not collect the body first, because the body of a stream does not
///   end.
/// - Dropping the future or the body aborts the request at once.
/// - A compressed body is decompressed. Its size need not be limited, because the client counts the decompressed bytes.
/// - Errors contain neither the URL nor headers. (The client also removes API keys from them.)
///
/// Futures are polled inside a tokio runtime: that of the client's thread, or the one that the client was given. Connections that
/// a transport keeps open belong to the runtime that opened them. If clients with threads of their own share a transport and one
/// of them ends, requests of the others on its connections break. They are retried as after any network failure.
///
/// ```
/// use std::sync::Arc;
/// use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportErrorKind, TransportRequest};
///
/// struct OfflineTransport;
///
/// impl Transport for OfflineTransport {
///     fn send(&self, _request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
///         Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect, "the cable is out")) })
///     }
/// }
///
/// let client = fh_client::Client::builder("https://edge.example", "environment/key*").transport(OfflineTransport).start()?;
/// assert!(!client.is_enabled("ANYTHING"));
/// # Ok::<(), fh_client::StartError>(())
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends a request, and returns the head of its answer together with the body to be read.
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>>;

    /// Checks whether requests to this Edge can ever be sent. The client calls this once, when it starts; it must send nothing.
    ///
    /// # Errors
    /// [`InvalidSetting`] if a setting of the transport can never work. Then
    /// [`ClientBuilder::start`](crate::ClientBuilder::start) fails.
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
pub(crate) struct OfflineTransport;

impl Transport for OfflineTransport {
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
    /// Sends data, for exporters that use a client's transport.
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
    /// The URL; [`SecretUrl::expose`] returns its text.
    pub url: SecretUrl,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a PUT or POST.
    pub body: Option<Bytes>,
    /// The time limit for connecting (D-74). Transports that set one limit for all connections may ignore it, because the client
    /// also limits the whole time up to the head of the answer.
    pub connect_timeout: Duration,
}

impl TransportRequest {
    /// Makes a request without headers and body.
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
    /// Makes an answer.
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
