//! A transport that counts the requests that the client hands to the HTTP library. An Edge that refuses connections cannot count them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fh_client::EdgeUrl;
use fh_client::transport::{
    BoxFuture, InvalidSetting, Response, Transport, TransportError, TransportRequest,
};

/// A counter of requests.
#[derive(Debug, Clone, Default)]
pub(super) struct SentRequests(Arc<AtomicU64>);

impl SentRequests {
    /// Returns the number of requests so far.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A transport whose requests are counted.
pub(super) struct CountingTransport<T> {
    inner: T,
    sent: SentRequests,
}

impl<T> CountingTransport<T> {
    pub(super) const fn new(inner: T, sent: SentRequests) -> Self {
        Self { inner, sent }
    }
}

impl<T: Transport> Transport for CountingTransport<T> {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        self.sent.0.fetch_add(1, Ordering::Relaxed);
        self.inner.send(request)
    }

    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        self.inner.check(edge)
    }
}
