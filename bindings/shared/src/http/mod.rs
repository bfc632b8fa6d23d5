//! The HTTP of a platform in place of the client's own: the platform opens connections, and this module turns what it reports into the
//! responses that the client reads.
//!
//! A binding implements [`PlatformHttp`]. It begins a request, returns at once, and reports to the [`Exchange`] of the request from any
//! thread: [`head`](Exchange::head), then [`piece`](Exchange::piece) any number of times, then [`end`](Exchange::end), or
//! [`fail`](Exchange::fail) at any time before. A report that comes out of this order, twice, or after the end has no effect, and is logged
//! once for each request.

mod exchange;
mod progress;
mod response;

pub use self::exchange::{Exchange, Reading};

use std::sync::Arc;

use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportRequest};

use self::response::ResponseFuture;

/// The HTTP of a platform.
///
/// An implementation sends exactly one request for each call: it does not follow redirects, retry, keep cookies or cache. It decompresses a
/// body that is compressed, and passes on each piece as soon as it arrives.
pub trait PlatformHttp: Send + Sync + 'static {
    /// Begins to send a request, and returns at once. The platform then reports to the exchange. If the exchange is dropped before its end,
    /// the request has failed.
    fn send(&self, request: TransportRequest, exchange: Exchange);
}

/// A [`Transport`] that sends requests through the HTTP of a platform.
pub struct PlatformTransport<H>(Arc<H>);

impl<H: PlatformHttp> PlatformTransport<H> {
    /// Returns a transport that sends requests through this HTTP.
    pub fn new(http: H) -> Self {
        Self(Arc::new(http))
    }
}

impl<H: PlatformHttp> Transport for PlatformTransport<H> {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let (exchange, response) = exchange::pair(&request);
        let http = Arc::clone(&self.0);
        Box::pin(async move {
            http.send(request, exchange);
            ResponseFuture::new(response).await
        })
    }
}
