//! The transport, with its requests and responses.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fh_session::{EdgeUrl, ResponseHead, SecretUrl};
use futures_core::Stream;

use super::error::{InvalidSetting, TransportError, TransportErrorKind};

/// The future that [`Transport::send`] returns.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A stream of the pieces of a response's body as they arrive. Dropping the body before its end must abort the request: the
/// drop closes the connection, or the HTTP/2 stream within the connection.
pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// The part of a client that sends HTTP requests.
///
/// An implementation must follow these rules:
///
/// - One call sends exactly one request. The transport must not keep cookies or follow redirects. The client itself follows redirects
///   of requests for features within the same origin.
/// - The transport must not retry, with one exception: it may send a GET or PUT once more if the first sending used a connection of an
///   earlier request, and this connection ended before a byte of the response. See [`Response::repeated_after`].
/// - A request that is dropped without a response may have timed out. Later requests should not use its connection.
/// - Return the response as soon as its head has arrived. Do not collect the body first, because the body of a stream does not
///   end.
/// - Abort the request at once when the future or the body is dropped.
/// - Decompress a compressed body. The transport need not limit the size of the body, because the client counts the
///   decompressed bytes.
/// - Put neither the URL nor headers into errors. (The client also removes API keys and header values with at least 6
///   characters from errors.)
///
/// Futures are polled inside a tokio runtime, which is the runtime of the client's thread or the runtime given to the
/// client. Connections that a transport keeps open belong to the runtime that opened them. Several clients with threads of
/// their own may share a transport. If one of these clients ends, the connections that its runtime opened break, and with
/// them the requests of other clients on these connections. The other clients retry as after any network failure.
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
    /// Sends a request. Returns the response once its head has arrived. The client then reads the response's body, or drops it.
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>>;

    /// Sends a request that asks the server to switch to another protocol, such as WebSocket. The request has the headers of the handshake,
    /// and must be sent with HTTP/1.1. Returns the head of the response, with the connection if the status is 101. Dropping the connection
    /// must close it.
    ///
    /// The default returns an error of the kind [`TransportErrorKind::Unsupported`]. A client of FeatBit then polls.
    #[cfg(feature = "featbit")]
    fn connect(&self, request: TransportRequest) -> BoxFuture<Result<Upgrade, TransportError>> {
        let _ = request;
        let error =
            TransportError::new(TransportErrorKind::Unsupported, "this transport opens no sockets");
        Box::pin(async { Err(error) })
    }

    /// Checks that the transport's settings permit requests to this Edge. Each client calls this function once, when it
    /// starts, unless it is offline. An implementation must not send requests.
    ///
    /// # Errors
    /// Returns [`InvalidSetting`] if a setting of the transport can never work.
    /// [`ClientBuilder::start`](crate::ClientBuilder::start) then fails with this error.
    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        let _ = edge;
        Ok(())
    }

    /// Returns a transport with the same settings for a forked child process, with connections of its own; see
    /// [`Client::after_fork`](crate::Client::after_fork). `None`, the default, means that there is no such transport: a child that used the
    /// connections of its parent would break the parent's streams. This method must take no lock, because a lock that another thread of the
    /// parent held at the fork stays locked in the child.
    fn after_fork(&self) -> Option<Arc<dyn Transport>> {
        None
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        (**self).send(request)
    }

    #[cfg(feature = "featbit")]
    fn connect(&self, request: TransportRequest) -> BoxFuture<Result<Upgrade, TransportError>> {
        (**self).connect(request)
    }

    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        (**self).check(edge)
    }

    fn after_fork(&self) -> Option<Arc<dyn Transport>> {
        (**self).after_fork()
    }
}

/// The default transport of an offline client, which fails each request.
pub(crate) struct OfflineTransport;

impl Transport for OfflineTransport {
    fn send(&self, _request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let error = TransportError::new(TransportErrorKind::Connect, "this client is offline");
        Box::pin(async { Err(error) })
    }
}

/// The HTTP method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET, which fetches features.
    Get,
    /// PUT, which changes a feature for a test.
    Put,
    /// POST, which sends data. The client itself sends no POST request, but exporters can send one with its transport.
    Post,
}

impl Method {
    /// Returns the name of the method in HTTP, such as `GET`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// A request that a transport sends. Its `Debug` output shows neither the API key in the URL nor the values of headers.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportRequest {
    /// The HTTP method of the request.
    pub method: Method,
    /// The URL of the request; [`SecretUrl::expose`] returns its text.
    pub url: SecretUrl,
    /// The headers of the request, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a PUT or POST request; `None` for GET.
    pub body: Option<Bytes>,
    /// The time limit for opening a connection. A transport with a common limit for all connections may ignore this field.
    /// The client also limits the total time until the head of the response has arrived.
    pub connect_timeout: Duration,
}

impl TransportRequest {
    /// Returns a request without headers and body, with a connect timeout of 5 seconds.
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

/// The bytes of a connection that has switched to another protocol.
#[cfg(feature = "featbit")]
pub trait Connection: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}

#[cfg(feature = "featbit")]
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Connection for T {}

/// The answer to a request to switch to another protocol.
#[cfg(feature = "featbit")]
pub struct Upgrade {
    /// The status and the headers of the response.
    pub head: ResponseHead,
    /// The connection; `None` if the server has refused to switch.
    pub connection: Option<Box<dyn Connection>>,
}

#[cfg(feature = "featbit")]
impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("status", &self.head.status).finish_non_exhaustive()
    }
}

/// The response to a request: the head, and the body as it arrives.
pub struct Response {
    /// The status and the headers of the response.
    pub head: ResponseHead,
    /// The body of the response, which arrives in pieces.
    pub body: Body,
    /// The failure after which the transport sent the request once more; `None` if it was sent once. The server may have acted on the
    /// first sending.
    pub repeated_after: Option<TransportError>,
}

impl Response {
    /// Returns a response with this head and body.
    #[must_use]
    pub const fn new(head: ResponseHead, body: Body) -> Self {
        Self { head, body, repeated_after: None }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.head.status).finish_non_exhaustive()
    }
}
