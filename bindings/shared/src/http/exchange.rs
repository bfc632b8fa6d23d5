//! An exchange, as the platform sees it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use fh_client::transport::{
    Bytes, ResponseHead, TransportError, TransportErrorKind, TransportRequest,
};

use super::progress::{Ignored, Progress};

/// The text that takes the place of the URL, which contains the API key, in the platform's errors.
const URL_HIDDEN: &str = "the Edge's URL";

/// Whether the client still reads the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The client reads on.
    Continues,
    /// The client has given the request up. The platform should end it.
    Ended,
}

type Cancel = Box<dyn FnOnce() + Send>;

/// What both sides of an exchange share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Notified when the client has read a piece, or has given the request up.
    read: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) progress: Progress,
    pub(super) waker: Option<Waker>,
    cancel: Option<Cancel>,
    has_logged: bool,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn notify_read(&self) {
        self.read.notify_all();
    }

    /// Ends the exchange for the client. The platform's function that cancels the request is called without the lock.
    pub(super) fn cancel(&self) {
        let mut state = self.state();
        let is_over = state.progress.is_over();
        state.progress.is_cancelled = true;
        let cancel = state.cancel.take().filter(|_| !is_over);
        drop(state);
        self.notify_read();
        if let Some(cancel) = cancel {
            cancel();
        }
    }
}

/// Returns both sides of the exchange of a request.
pub(super) fn pair(request: &TransportRequest) -> (Exchange, Arc<Shared>) {
    let shared = Arc::new(Shared { state: Mutex::default(), read: Condvar::new() });
    let url = request.url.expose().to_string();
    (Exchange { shared: Arc::clone(&shared), url }, shared)
}

/// A request that the platform sends, and to which it reports the response. All methods may be called on any thread, one after the other.
pub struct Exchange {
    shared: Arc<Shared>,
    url: String,
}

impl Exchange {
    /// Sets the function that ends the request if the client gives it up. It is called at most once, on a thread of the client, and must
    /// return soon. If the client has given the request up already, it is called at once.
    pub fn on_cancel(&self, cancel: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state();
        if !state.progress.is_cancelled {
            state.cancel = Some(Box::new(cancel));
            return;
        }
        drop(state);
        cancel();
    }

    /// Returns whether the client still reads the response.
    #[must_use]
    pub fn reading(&self) -> Reading {
        match self.shared.state().progress.is_cancelled {
            true => Reading::Ended,
            false => Reading::Continues,
        }
    }

    /// Reports the head of the response. The case of the headers' names does not matter.
    pub fn head<'a>(&self, status: u16, headers: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let headers = headers.into_iter();
        let head =
            headers.fold(ResponseHead::new(status), |head, (name, value)| head.header(name, value));
        self.report(|progress| progress.head(head));
    }

    /// Reports a piece of the response's body. If more than 256 KiB wait for the client, this function blocks its thread until the client has
    /// read some of them.
    pub fn piece(&self, bytes: &[u8]) -> Reading {
        self.report(|progress| progress.piece(Bytes::copy_from_slice(bytes)));
        let state = self.shared.state();
        let full = |state: &mut State| state.progress.is_full();
        let waited = self.shared.read.wait_while(state, full);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.reading()
    }

    /// Reports that the response is complete.
    pub fn end(&self) {
        self.report(|progress| progress.end(Ok(())));
    }

    /// Reports that the request failed. The URL is removed from the text, because it contains the API key.
    pub fn fail(&self, kind: TransportErrorKind, text: &str) {
        let error = TransportError::new(kind, self.without_url(text));
        self.report(|progress| progress.end(Err(error)));
    }

    fn without_url(&self, text: &str) -> String {
        let path =
            self.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let mut hidden = text.replace(&self.url, URL_HIDDEN);
        if let Some(path) = path.filter(|path| path.len() > 1) {
            hidden = hidden.replace(path, URL_HIDDEN);
        }
        hidden
    }

    fn report(&self, report: impl FnOnce(&mut Progress) -> Result<(), Ignored>) {
        let mut state = self.shared.state();
        if state.progress.is_cancelled {
            return;
        }
        let outcome = report(&mut state.progress);
        let waker = state.waker.take();
        let is_first = outcome.is_err() && !std::mem::replace(&mut state.has_logged, true);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        if let (Err(ignored), true) = (outcome, is_first) {
            let what = ignored.as_str();
            tracing::warn!(target: "fh_client::transport", "the HTTP of the platform reported {what}, which has no effect");
        }
    }
}

/// A platform that drops the exchange before its end has given the request up.
impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.shared.state().progress.is_over() {
            self.fail(
                TransportErrorKind::Broken,
                "the platform ended the request without a response",
            );
        }
    }
}
