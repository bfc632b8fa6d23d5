//! The HTTP of Swift, and the exchanges to which it reports.

use std::sync::{Arc, Mutex, PoisonError};

use fh_binding::http::{Exchange, PlatformHttp, Reading};
use fh_client::transport::{TransportErrorKind, TransportRequest};

use crate::panics::guarded;

/// A request for the HTTP of Swift.
#[derive(uniffi::Record)]
pub(crate) struct NativeRequest {
    method: String,
    url: String,
    headers: Vec<NativeHeader>,
    body: Option<Vec<u8>>,
    /// The time in which a connection must open, in milliseconds.
    connect_millis: u64,
}

#[derive(uniffi::Record)]
pub(crate) struct NativeHeader {
    name: String,
    value: String,
}

/// The kind of a request's failure.
#[derive(Clone, Copy, uniffi::Enum)]
pub(crate) enum NativeFailure {
    Connect,
    ConnectTimeout,
    Tls,
    Broken,
    Other,
}

impl From<NativeFailure> for TransportErrorKind {
    fn from(failure: NativeFailure) -> Self {
        match failure {
            NativeFailure::Connect => Self::Connect,
            NativeFailure::ConnectTimeout => Self::ConnectTimeout,
            NativeFailure::Tls => Self::Tls,
            NativeFailure::Broken => Self::Broken,
            NativeFailure::Other => Self::Other,
        }
    }
}

/// An object of Swift that sends requests.
#[uniffi::export(with_foreign)]
pub(crate) trait NativeHttp: Send + Sync {
    /// Begins to send a request, and returns at once.
    fn send(&self, request: NativeRequest, exchange: Arc<NativeExchange>);
}

/// An object of Swift that ends a request.
#[uniffi::export(with_foreign)]
pub(crate) trait NativeCancel: Send + Sync {
    fn cancel(&self);
}

/// The HTTP of Swift, as the client uses it.
pub(crate) struct SwiftHttp(pub(crate) Arc<dyn NativeHttp>);

impl PlatformHttp for SwiftHttp {
    fn send(&self, request: TransportRequest, exchange: Exchange) {
        let header = |(name, value)| NativeHeader { name, value };
        let sent = NativeRequest {
            method: request.method.as_str().to_string(),
            url: request.url.expose().to_string(),
            headers: request.headers.into_iter().map(header).collect(),
            body: request.body.map(|body| body.to_vec()),
            connect_millis: u64::try_from(request.connect_timeout.as_millis()).unwrap_or(u64::MAX),
        };
        let exchange = NativeExchange(Mutex::new(Some(Arc::new(exchange))));
        self.0.send(sent, Arc::new(exchange));
    }
}

/// A request that Swift sends, and to which it reports the response. It is empty after the end.
#[derive(uniffi::Object)]
pub(crate) struct NativeExchange(Mutex<Option<Arc<Exchange>>>);

impl NativeExchange {
    /// Calls a function with the exchange, unless it has ended.
    fn report<R>(&self, report: impl FnOnce(&Exchange) -> R) -> Option<R> {
        let exchange = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        guarded(None, || exchange.map(|exchange| report(&exchange)))
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[uniffi::export]
impl NativeExchange {
    /// Sets the object that ends the request if the client gives it up.
    fn on_cancel(&self, cancel: Arc<dyn NativeCancel>) {
        self.report(|exchange| exchange.on_cancel(move || cancel.cancel()));
    }

    /// Reports the head of the response.
    fn head(&self, status: u16, headers: Vec<NativeHeader>) {
        let pairs = headers.iter().map(|header| (&*header.name, &*header.value));
        self.report(|exchange| exchange.head(status, pairs));
    }

    /// Reports a piece of the body. Returns false if the request should end.
    fn piece(&self, bytes: &[u8]) -> bool {
        self.report(|exchange| exchange.piece(bytes) == Reading::Continues).unwrap_or(false)
    }

    /// Reports that the response is complete.
    fn end(&self) {
        self.report(Exchange::end);
        self.forget();
    }

    /// Reports that the request failed.
    fn fail(&self, failure: NativeFailure, text: &str) {
        self.report(|exchange| exchange.fail(failure.into(), text));
        self.forget();
    }
}
