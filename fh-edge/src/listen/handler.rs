//! From hyper's requests to the router, with the peer's address, and back.

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
use hyper::body::Incoming;
use hyper::service::Service;
use tower_service::Service as _;

use super::link::{InFlight, Link};

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
        let in_flight = self.link.begin();
        request.extensions_mut().insert(ConnectInfo(self.link.peer));
        let route = self.link.server.router.clone().call(request);
        Answering { route, in_flight: Some(in_flight) }
    }
}

pub(super) struct Answering {
    route: RouteFuture<Infallible>,
    in_flight: Option<InFlight>,
}

impl Future for Answering {
    type Output = Result<Response<Answer>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(Pin::new(&mut self.route).poll(context))?;
        let in_flight = self.in_flight.take();
        Poll::Ready(Ok(response.map(|body| Answer { body, _in_flight: in_flight })))
    }
}

/// A body that knows when it is done with: hyper drops it then.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    _in_flight: Option<InFlight>,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
