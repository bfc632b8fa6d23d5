//! One request, from its headers to the pieces of the response's body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use fh_session::ResponseHead;
use futures_core::Stream;

use super::connections::{self, Connections, Lease};
use super::error::{Phase, has_ended, named, place, translate};
use super::proxies::Proxies;
use crate::transport::proxy::Proxy;
use crate::transport::{Method, Response, TransportError, TransportErrorKind, TransportRequest};

/// The response to a request.
pub(super) struct Exchanged {
    pub(super) answer: reqwest::Response,
    lease: Lease,
    /// The failure after which the request was sent once more.
    repeated_after: Option<TransportError>,
}

/// A request, and the way to its server.
pub(super) struct Prepared {
    client: reqwest::Client,
    pub(super) lease: Lease,
    pub(super) asked: reqwest::Request,
    pub(super) proxy: Option<Proxy>,
}

impl Prepared {
    pub(super) fn of(
        connections: &Connections,
        proxies: Option<Proxies>,
        request: TransportRequest,
    ) -> Result<Self, TransportError> {
        let (client, lease) = connections.lend()?;
        let url = request.url.expose();
        let mut asked = match request.method {
            Method::Get => client.get(url),
            Method::Put => client.put(url),
            Method::Post => client.post(url),
        };
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
            // A stream is requested without compression. A proxy that compresses a stream delays its events until there is enough
            // data to compress.
            if name == "accept" && value == "text/event-stream" {
                asked = asked.header("accept-encoding", "identity");
            }
        }
        if let Some(body) = request.body {
            asked = asked.body(body);
        }
        let asked = asked.build().map_err(|error| translate(error, Phase::Head))?;
        let proxy = proxies.and_then(|proxies| proxies.of(asked.url()));
        Ok(Self { client, lease, asked, proxy })
    }
}

pub(super) async fn exchange(prepared: Prepared) -> Result<Exchanged, TransportError> {
    let Prepared { client, mut lease, asked, proxy } = prepared;
    let target = asked.url().clone();
    // A repeated POST could count events twice.
    let again = (asked.method() != reqwest::Method::POST).then(|| asked.try_clone()).flatten();
    let (mut outcome, is_kept) = connections::execute(&client, asked).await;
    let mut repeated_after = None;
    if is_kept
        && let Err(error) = &outcome
        && has_ended(error)
        && let Some(again) = again
    {
        let first = std::mem::replace(&mut outcome, client.execute(again).await);
        repeated_after = first.err().map(|error| translate(error, Phase::Head));
    }
    lease.answered();
    let answer = outcome
        .map_err(|error| named(translate(error, Phase::Head), proxy.as_ref(), &place(&target)))?;
    if let Some(proxy) = proxy
        && answer.status().is_client_error()
        && let Some(refusal) = proxy.refusal_of(&target, &head(&answer))
    {
        return Err(refusal);
    }
    if *answer.url() != target {
        return Err(TransportError::new(
            TransportErrorKind::Other,
            "the HTTP client follows redirects: build it with redirect::Policy::none()",
        ));
    }
    Ok(Exchanged { answer, lease, repeated_after })
}

pub(super) fn head(answer: &reqwest::Response) -> ResponseHead {
    let head = ResponseHead::new(answer.status().as_u16());
    answer.headers().iter().fold(head, |head, (name, value)| {
        head.header(name.as_str(), String::from_utf8_lossy(value.as_bytes()))
    })
}

pub(super) fn response(exchanged: Exchanged) -> Response {
    let Exchanged { answer, lease, repeated_after } = exchanged;
    let head = head(&answer);
    // A connection of HTTP/1.1 is closed with its request.
    let lease = (answer.version() == reqwest::Version::HTTP_2).then_some(lease);
    let pieces = Pieces { body: Box::pin(answer.bytes_stream()), lease };
    Response { repeated_after, ..Response::new(head, Box::pin(pieces)) }
}

/// The body of a response. It converts the errors of reqwest to transport errors.
struct Pieces {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    /// The lease of the connection; `None` if the connection ends with the body.
    lease: Option<Lease>,
}

impl Stream for Pieces {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = std::task::ready!(self.body.as_mut().poll_next(cx));
        match (&piece, &mut self.lease) {
            (None, lease) => *lease = None,
            (Some(_), Some(lease)) => lease.progressed(),
            (Some(_), None) => {}
        }
        let piece = piece.map(|piece| piece.map_err(|error| translate(error, Phase::Body)));
        Poll::Ready(piece)
    }
}
