//! A request of the driver or of a test update, from its sending to the last piece of its response.

use std::task::{Context, Poll};

use super::arrival::{Arrival, guarded};
#[cfg(feature = "featbit")]
use super::socket::Socket;
use crate::transport::{Body, BoxFuture, Response, Transport, TransportError, TransportRequest};

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
