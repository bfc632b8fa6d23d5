//! The access log, which has one entry for each handled request.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode, Uri};
use tokio::time::Instant;

use super::TrustedProxies;

/// The access log. It has one entry for each request, except requests that are rejected before they are handled, for example because their
/// heads are too large. An entry is written when the response has been passed on for sending or can no longer be sent, also if there is no
/// response. The entry of a stream is written when the stream closes.
///
/// ```
/// use fh_listen::{AccessLog, ListenOptions, LoggedRequest, RequestLog, TrustedProxies};
/// use http::Uri;
///
/// /// Writes entries to stderr, without the queries.
/// #[derive(Debug)]
/// struct Stderr;
///
/// impl RequestLog for Stderr {
///     fn target(&self, uri: &Uri) -> String {
///         uri.path().to_string()
///     }
///
///     fn write(&self, request: &LoggedRequest) {
///         eprintln!("{} {} {:?}", request.method, request.target, request.status);
///     }
/// }
///
/// let mut options = ListenOptions::default();
/// let proxies: TrustedProxies = "10.0.0.0/8".parse()?; // whose `x-forwarded-for` is trusted
/// options.access_log = Some(AccessLog::new(proxies, Stderr));
/// # Ok::<(), fh_listen::InvalidNetwork>(())
/// ```
#[derive(Debug, Clone)]
pub struct AccessLog {
    proxies: TrustedProxies,
    log: Arc<dyn RequestLog>,
}

/// The destination of the entries of an [`AccessLog`]. The destination also decides which parts of a request's path and query the entries
/// contain.
pub trait RequestLog: fmt::Debug + Send + Sync + 'static {
    /// Returns the text that an entry contains for the path and query of a request. The text must contain no secrets.
    fn target(&self, uri: &Uri) -> String;

    /// Writes an entry to the log.
    fn write(&self, request: &LoggedRequest);
}

/// An entry of an [`AccessLog`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The method of the request.
    pub method: Method,
    /// The path and query of the request, as [`RequestLog::target`] returns them.
    pub target: String,
    /// The client's address. For a request from a trusted proxy, the address is read from the header `x-forwarded-for`, if the header
    /// contains one.
    pub client: IpAddr,
    /// The status of the response; `None` if there was no response, for example because the client disconnected before, or because the
    /// request was refused because of a connection limit.
    pub status: Option<StatusCode>,
    /// The number of bytes of the response's body that were passed on for sending.
    pub bytes: usize,
    /// The time from the head of the request until the entry is written.
    pub duration: Duration,
}

/// The entry of a request that is in flight. Dropping the value writes the entry to the log.
#[derive(Debug)]
pub(super) struct LogEntry {
    log: Arc<dyn RequestLog>,
    begun: Instant,
    request: LoggedRequest,
}

impl AccessLog {
    /// Creates a log that takes the client's address from the `x-forwarded-for` header of requests from these proxies. For all other
    /// requests, it logs the peer's address.
    #[must_use]
    pub fn new(proxies: TrustedProxies, log: impl RequestLog) -> Self {
        Self { proxies, log: Arc::new(log) }
    }

    pub(super) fn begin<B>(&self, peer: SocketAddr, request: &Request<B>) -> Box<LogEntry> {
        let request = LoggedRequest {
            method: request.method().clone(),
            target: self.log.target(request.uri()),
            client: self.proxies.client(peer, request.headers()).ip(),
            status: None,
            bytes: 0,
            duration: Duration::ZERO,
        };
        Box::new(LogEntry { log: Arc::clone(&self.log), begun: Instant::now(), request })
    }
}

impl LogEntry {
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.request.status = Some(status);
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.request.bytes += bytes;
    }
}

impl Drop for LogEntry {
    fn drop(&mut self) {
        self.request.duration = self.begun.elapsed();
        self.log.write(&self.request);
    }
}
