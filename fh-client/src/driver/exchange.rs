//! A request of the driver or of a test update, from its sending to the last piece of its response.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use bytes::Bytes;
#[cfg(feature = "featbit")]
use fh_eval::SharedText;
use fh_session::ResponseHead;

#[cfg(feature = "featbit")]
use super::socket::Socket;
use crate::transport::{
    Body, BoxFuture, Response, Transport, TransportError, TransportErrorKind, TransportRequest,
};

/// A request and its response. Dropping this value before the end of the response drops the future or the body of the
/// transport, which aborts the request.
pub(super) struct Exchange {
    phase: Phase,
    /// The failure after which the transport sent the request once more.
    pub(super) repeated_after: Option<TransportError>,
}

enum Phase {
    Sent(BoxFuture<Result<Response, TransportError>>),
    Reading(Body),
    Over,
}

impl Arrival {
    /// Returns true if no event follows this one.
    pub(super) const fn is_end(&self) -> bool {
        match self {
            Self::Head(_) | Self::Piece(_) => false,
            Self::Complete | Self::Failed(_) => true,
            #[cfg(feature = "featbit")]
            Self::Text(_) | Self::Progress(_) => false,
            #[cfg(feature = "featbit")]
            Self::Closed(_) | Self::TooLarge | Self::Invalid(_) => true,
        }
    }
}

/// The request in flight.
pub(super) enum InFlight {
    Http(Exchange),
    #[cfg(feature = "featbit")]
    Socket(Box<Socket>),
}

impl InFlight {
    /// Polls for the next event of the request. No event follows the last one.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Arrival> {
        match self {
            Self::Http(exchange) => exchange.poll(cx),
            #[cfg(feature = "featbit")]
            Self::Socket(socket) => socket.poll(cx),
        }
    }
}

/// An event of a request, such as the head of its response or a failure.
pub(super) enum Arrival {
    Head(ResponseHead),
    Piece(Bytes),
    /// A message has arrived on a socket.
    #[cfg(feature = "featbit")]
    Text(SharedText),
    /// Bytes of a message that is not complete have arrived on a socket.
    #[cfg(feature = "featbit")]
    Progress(usize),
    Complete,
    /// The server closed a socket in order, with this code.
    #[cfg(feature = "featbit")]
    Closed(Option<u16>),
    /// A message on a socket is larger than the limit.
    #[cfg(feature = "featbit")]
    TooLarge,
    /// The server broke the rules of WebSockets, with the reason.
    #[cfg(feature = "featbit")]
    Invalid(String),
    Failed(TransportError),
}

impl Exchange {
    pub(super) fn new(transport: &dyn Transport, request: TransportRequest) -> Self {
        let sent = guarded(|| Ok(transport.send(request)));
        let phase = match sent {
            Ok(future) => Phase::Sent(future),
            Err(error) => Phase::Sent(Box::pin(async move { Err(error) })),
        };
        Self { phase, repeated_after: None }
    }

    /// Polls for the next event of the request. No event follows `Complete` or `Failed`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Arrival> {
        let arrival = match &mut self.phase {
            Phase::Over => return Poll::Pending,
            Phase::Sent(future) => {
                let polled = guarded(|| match future.as_mut().poll(cx) {
                    Poll::Pending => Ok(None),
                    Poll::Ready(answer) => answer.map(Some),
                });
                match polled {
                    Ok(None) => return Poll::Pending,
                    Ok(Some(response)) => {
                        self.phase = Phase::Reading(response.body);
                        self.repeated_after = response.repeated_after;
                        Arrival::Head(response.head)
                    }
                    Err(error) => Arrival::Failed(error),
                }
            }
            Phase::Reading(body) => {
                let polled = guarded(|| match body.as_mut().poll_next(cx) {
                    Poll::Pending => Ok(None),
                    Poll::Ready(piece) => piece.transpose().map(Some),
                });
                match polled {
                    Ok(None) => return Poll::Pending,
                    Ok(Some(Some(piece))) => Arrival::Piece(piece),
                    Ok(Some(None)) => Arrival::Complete,
                    Err(error) => Arrival::Failed(error),
                }
            }
        };
        if arrival.is_end() {
            self.phase = Phase::Over;
        }
        Poll::Ready(arrival)
    }
}

/// Runs the code of a transport, and converts a panic into an error, because a panic would end the task that runs the code.
pub(super) fn guarded<T>(
    run: impl FnOnce() -> Result<T, TransportError>,
) -> Result<T, TransportError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(TransportError::new(TransportErrorKind::Other, "the transport panicked"))
    })
}
