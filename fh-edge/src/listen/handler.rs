//! From hyper's requests to who answers them, and back.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::Service;
use tower_service::Service as _;

use super::access::Line;
use super::link::{InFlight, Link, Server};

#[derive(Debug)]
pub(super) struct Handler {
    link: Arc<Link>,
}

impl Handler {
    pub(super) fn new(link: &Arc<Link>) -> Self {
        Self { link: Arc::clone(link) }
    }
}

impl Service<Request<Incoming>> for Handler {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        let in_flight = Some(self.link.begin());
        let Server { app, options, .. } = &*self.link.server;
        let line = options.access_log.as_ref().map(|log| log.begin(self.link.peer, &request));
        if let Some(polls) = app.polls.as_ref().filter(|polls| polls.take(&request)) {
            let poll = Box::pin(polls.answer(request.into_parts().0));
            return Answering { work: Work::Poll(poll), line, in_flight };
        }
        request.extensions_mut().insert(ConnectInfo(self.link.peer));
        if let Some(transport) = self.link.transport {
            request.extensions_mut().insert(transport);
        }
        let route = app.router.clone().call(request);
        Answering { work: Work::Route(route), line, in_flight }
    }
}

pub(super) struct Answering {
    work: Work,
    line: Option<Box<Line>>,
    in_flight: Option<InFlight>,
}

/// Who answers.
#[expect(clippy::large_enum_variant, reason = "a box more for all that routers answer")]
enum Work {
    Route(RouteFuture<Infallible>),
    Poll(Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>),
}

impl Future for Answering {
    type Output = Result<Response<Answer>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.work {
            Work::Route(route) => ready!(Pin::new(route).poll(context))?.map(Content::Route),
            Work::Poll(poll) => {
                ready!(poll.as_mut().poll(context)).map(|body| Content::Whole(body.into()))
            }
        };
        let (_in_flight, mut line) = (self.in_flight.take(), self.line.take());
        if let Some(line) = &mut line {
            line.answered(response.status());
        }
        Poll::Ready(Ok(response.map(|body| Answer { body, line, _in_flight })))
    }
}

/// A body that knows when it is done with: hyper drops it then.
#[derive(Debug)]
pub(super) struct Answer {
    body: Content,
    line: Option<Box<Line>>,
    _in_flight: Option<InFlight>,
}

/// Where the bytes of an answer come from.
#[derive(Debug)]
enum Content {
    Route(Body),
    Whole(Full<Bytes>),
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = match &mut self.body {
            Content::Route(body) => Pin::new(body).poll_frame(context),
            Content::Whole(body) => {
                Pin::new(body).poll_frame(context).map_err(|never| match never {})
            }
        };
        if let (Poll::Ready(Some(Ok(frame))), Some(line)) = (&frame, &mut self.line) {
            line.sent(frame.data_ref().map_or(0, Bytes::len));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Content::Route(body) => body.is_end_stream(),
            Content::Whole(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Content::Route(body) => body.size_hint(),
            Content::Whole(body) => body.size_hint(),
        }
    }
}
