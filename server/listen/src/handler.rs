//! Passes hyper's requests to the router or to the shortcut, and returns their responses to hyper.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::{Frame, SizeHint};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::Service;
use tower_service::Service as _;

use super::ShortcutAnswer;
use super::access::LogEntry;
use super::connection_state::{self, ConnectionState, InFlight, ServerState};
use super::stall::Pieces;

#[derive(Debug)]
pub(super) struct Handler {
    state: Arc<ConnectionState>,
}

impl Handler {
    pub(super) fn new(state: &Arc<ConnectionState>) -> Self {
        Self { state: Arc::clone(state) }
    }
}

impl Service<Request<Incoming>> for Handler {
    type Response = Response<Answer>;
    type Error = Refused;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        let is_multiplexed = request.version() == Version::HTTP_2;
        let may_ask = self.state.may_ask(&request);
        let in_flight = Some(self.state.begin());
        let ServerState { app, options, untrusted_proxy, .. } = &*self.state.server;
        untrusted_proxy.check(self.state.peer.ip(), request.headers(), &options.proxies);
        let entry = options.access_log.as_ref().map(|log| log.begin(self.state.peer, &request));
        let work = if !may_ask {
            self.state.count_refused();
            Work::Refused
        } else if let Some(shortcut) =
            app.shortcut.as_ref().filter(|each| each.accepts(request.method(), request.uri()))
        {
            let head = request.into_parts().0;
            Work::Shortcut(shortcut.answer(head, self.state.peer, &options.proxies))
        } else {
            request.extensions_mut().insert(ConnectInfo(self.state.peer));
            if let Some(transport) = self.state.transport {
                request.extensions_mut().insert(transport);
            }
            if let Some(proxied) = self.state.proxied {
                request.extensions_mut().insert(proxied);
            }
            Work::Route(app.router.clone().call(request))
        };
        Answering { work, entry, in_flight, is_multiplexed }
    }
}

pub(super) struct Answering {
    work: Work,
    entry: Option<Box<LogEntry>>,
    in_flight: Option<InFlight>,
    /// True on HTTP/2, where a connection can carry several requests at a time.
    is_multiplexed: bool,
}

/// The error for a request that is not answered, because its connection is reserved and the request is not a health check. The connection
/// is then closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the limit of connections is reached, and the request is not a health check")
    }
}

impl std::error::Error for Refused {}

/// The source of the response to a request.
#[expect(
    clippy::large_enum_variant,
    reason = "a box would cost an allocation per answer of the router"
)]
enum Work {
    Route(RouteFuture<Infallible>),
    Shortcut(ShortcutAnswer),
    Refused,
}

impl Future for Answering {
    type Output = Result<Response<Answer>, Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.work {
            Work::Refused => return Poll::Ready(Err(Refused)),
            Work::Route(route) => match ready!(Pin::new(route).poll(context)) {
                Ok(response) => response.map(Either::Left),
                Err(never) => match never {},
            },
            Work::Shortcut(answer) => {
                ready!(answer.as_mut().poll(context)).map(|body| Either::Right(body.into()))
            }
        };
        let (_in_flight, mut entry) = (self.in_flight.take(), self.entry.take());
        if let Some(entry) = &mut entry {
            entry.answered(response.status());
        }
        let is_multiplexed = self.is_multiplexed;
        if let Some(in_flight) = &_in_flight
            && !is_multiplexed
        {
            let is_whole = http_body::Body::size_hint(response.body()).exact().is_some();
            let answer = if is_whole {
                connection_state::Answering::Whole
            } else {
                connection_state::Answering::Stream
            };
            in_flight.state().answer_begins(answer);
        }
        let pieces = is_multiplexed.then(Box::default);
        Poll::Ready(Ok(response.map(|body| Answer { body, entry, pieces, _in_flight })))
    }
}

/// The body of a response. hyper drops the body when it has taken the whole body or can no longer send it. Dropping the body ends the
/// request and writes the request's log entry.
#[derive(Debug)]
pub(super) struct Answer {
    body: Content,
    entry: Option<Box<LogEntry>>,
    /// The pieces in which the body is passed to hyper; `None` on HTTP/1.
    pieces: Option<Box<Pieces>>,
    _in_flight: Option<InFlight>,
}

/// The body of a response, which comes from the router or from a shortcut.
type Content = Either<Body, Full<Bytes>>;

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let Self { body, entry, pieces, .. } = &mut *self;
        let frame = match pieces {
            None => Pin::new(body).poll_frame(context),
            Some(pieces) => pieces.poll_frame(body, context),
        };
        if let (Poll::Ready(Some(Ok(frame))), Some(entry)) = (&frame, entry) {
            entry.sent(frame.data_ref().map_or(0, Bytes::len));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && self.pieces.as_ref().is_none_or(|pieces| pieces.is_empty())
    }

    /// Returns the size of `body` without `pieces`, because hyper calls this function only before it takes the first piece.
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
