//! The response of an exchange, as the client reads it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use fh_client::transport::{Bytes, Response, TransportError, TransportErrorKind};
use futures_core::Stream;

use super::exchange::Shared;
use super::progress::Arrival;

/// Ends the exchange when it is dropped.
struct Reader(Arc<Shared>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The future of a response's head.
pub(super) struct ResponseFuture(Option<Reader>);

impl ResponseFuture {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Some(Reader(shared)))
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response, TransportError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(Reader(shared)) = &self.0 else { return Poll::Pending };
        let mut state = shared.state();
        let head = match state.progress.take_head() {
            Arrival::Awaited => {
                state.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Arrival::Here(head) => Ok(head),
            Arrival::Over(outcome) => Err(outcome.err().unwrap_or_else(without_head)),
        };
        drop(state);
        let reader = self.0.take();
        Poll::Ready(head.map(|head| Response::new(head, Box::pin(ResponseBody(reader)))))
    }
}

fn without_head() -> TransportError {
    TransportError::new(TransportErrorKind::Broken, "the response has no head")
}

/// The body of a response.
struct ResponseBody(Option<Reader>);

impl Stream for ResponseBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(Reader(shared)) = &self.0 else { return Poll::Ready(None) };
        let mut state = shared.state();
        let arrival = state.progress.take_piece();
        if matches!(arrival, Arrival::Awaited) {
            state.waker = Some(cx.waker().clone());
        }
        drop(state);
        match arrival {
            Arrival::Awaited => Poll::Pending,
            Arrival::Here(piece) => {
                shared.notify_read();
                Poll::Ready(Some(Ok(piece)))
            }
            Arrival::Over(outcome) => {
                self.0 = None;
                Poll::Ready(outcome.err().map(Err))
            }
        }
    }
}
