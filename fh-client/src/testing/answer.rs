//! The responses of an Edge in memory to polls and stream requests.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use fh_eval::Attributes;
use fh_session::ResponseHead;
use futures_core::Stream;
use serde_json::{Value, json};

use super::features::Audience;
use super::line::{Line, Received};
use super::{ENVIRONMENT, Fault, MemoryEdge, SeenKind, SeenRequest};
use crate::transport::{Response, TransportError, TransportErrorKind};

impl MemoryEdge {
    pub(super) fn fetch(&self, request: &SeenRequest) -> Result<Response, Fault> {
        let fault = {
            let mut state = self.state();
            state.next.pop_front().or_else(|| state.standing.clone())
        };
        match fault {
            None if request.kind == SeenKind::Poll => Ok(self.polled(request)),
            None => Ok(self.streamed(request)),
            Some(Fault::Status(status)) => Ok(complete(ResponseHead::new(status), String::new())),
            Some(Fault::StatusWith(status, headers)) => {
                let head = headers.iter().fold(ResponseHead::new(status), |head, (name, value)| {
                    head.header(name, value)
                });
                Ok(complete(head, String::new()))
            }
            Some(Fault::Break) => Ok(Response::new(head_of(request.kind), Box::pin(Broken))),
            Some(fault) => Err(fault),
        }
    }

    fn polled(&self, request: &SeenRequest) -> Response {
        let state = self.state();
        let context = request.header("x-featurehub").unwrap_or_default();
        let etag = format!("\"{}//{context}\"", state.features.generation());
        if request.header("if-none-match") == Some(etag.as_str()) {
            return complete(ResponseHead::new(304).header("etag", etag), String::new());
        }
        let features = state.features.seen_by(&viewer(request));
        let body = json!([{ "id": ENVIRONMENT, "features": features }]).to_string();
        complete(head_of(SeenKind::Poll).header("etag", etag), body)
    }

    fn streamed(&self, request: &SeenRequest) -> Response {
        let line = Arc::new(Line::new(viewer(request)));
        line.send("ack", r#"{"status":"discover"}"#);
        let mut state = self.state();
        line.features(&state.features);
        state.lines.retain(|line| line.is_open());
        state.lines.push(Arc::clone(&line));
        drop(state);
        let body = Received { line, settled: self.shared.settled.clone() };
        Response::new(head_of(SeenKind::Stream), Box::pin(body))
    }
}

fn head_of(kind: SeenKind) -> ResponseHead {
    let content = match kind {
        SeenKind::Stream => "text/event-stream",
        SeenKind::Poll | SeenKind::Update => "application/json",
    };
    ResponseHead::new(200).header("content-type", content)
}

/// Returns the audience of a request. A client-evaluated key gets all rules, and any other key gets the values for the
/// request's context.
fn viewer(request: &SeenRequest) -> Audience {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    if path.contains('*') || query.contains('*') {
        return Audience::Client;
    }
    let in_query = query.strip_prefix("xfeaturehub=").map(decoded);
    let header = in_query.as_deref().or(request.header("x-featurehub")).unwrap_or_default();
    let mut attributes = Attributes::builder();
    for (name, values) in header.split(',').filter_map(|pair| pair.split_once('=')) {
        let values = decoded(values);
        let values: Vec<&str> = values.split(',').collect();
        attributes = attributes.attribute(&decoded(name), values);
    }
    Audience::Server(attributes.build())
}

/// Decodes percent-encoded text. Invalid UTF-8 is replaced by U+FFFD.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a response whose body, unless it is empty, arrives in one piece.
pub(super) fn complete(head: ResponseHead, body: String) -> Response {
    Response::new(head, Box::pin(Whole((!body.is_empty()).then(|| body.into()))))
}

struct Whole(Option<Bytes>);

impl Stream for Whole {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

struct Broken;

impl Stream for Broken {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let error = TransportError::new(TransportErrorKind::Broken, "the connection broke");
        Poll::Ready(Some(Err(error)))
    }
}

/// Returns a response with this status. Its body is the reason in plain text.
pub(super) fn said(status: u16, reason: &str) -> Response {
    complete(ResponseHead::new(status).header("content-type", "text/plain"), reason.to_string())
}

/// Returns the member of a JSON object with this name, or `None` if the member is missing or null.
pub(super) fn present<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}
