//! A transport that notes when requests leave. An Edge that refuses connections cannot count them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportRequest};

use super::child::tell;
use super::messages::News;

/// A transport, watched.
pub(super) struct Witness<T> {
    inner: T,
    departures: Departures,
}

/// When requests left.
#[derive(Clone, Default)]
pub(super) struct Departures(Arc<Mutex<Vec<Instant>>>);

impl Departures {
    /// In microseconds since then.
    pub(super) fn since(&self, start: Instant) -> Vec<u64> {
        let departures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let micros = |at: &Instant| at.saturating_duration_since(start).as_micros();
        departures.iter().map(|at| u64::try_from(micros(at)).unwrap_or(u64::MAX)).collect()
    }
}

impl<T> Witness<T> {
    pub(super) fn new(inner: T, departures: Departures) -> Self {
        Self { inner, departures }
    }
}

impl<T: Transport> Transport for Witness<T> {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let now = Instant::now();
        let mut departures = self.departures.0.lock().unwrap_or_else(PoisonError::into_inner);
        departures.push(now);
        tell(&News::Sent(departures.len()));
        drop(departures);
        self.inner.send(request)
    }
}
