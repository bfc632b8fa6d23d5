//! An open stream of an Edge in memory.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;
use serde_json::Value;
use tokio::sync::watch;

use super::features::{Audience, Event, Features};
use crate::transport::{TransportError, TransportErrorKind};

/// The Edge's end of an open stream.
pub(super) struct Line {
    viewer: Audience,
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    waiting: VecDeque<Bytes>,
    end: Option<End>,
    /// True if the client has polled the stream again after it received the last event, and has therefore processed that
    /// event.
    is_settled: bool,
    is_gone: bool,
    waker: Option<Waker>,
}

#[derive(Clone, Copy)]
enum End {
    Orderly,
    Broken,
}

impl Line {
    pub(super) fn new(viewer: Audience) -> Self {
        Self { viewer, content: Mutex::default() }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, change: impl FnOnce(&mut Content)) {
        let mut content = self.content();
        change(&mut content);
        content.is_settled = false;
        let waker = content.waker.take();
        drop(content);
        waker.into_iter().for_each(Waker::wake);
    }

    pub(super) fn send(&self, name: &str, data: &str) {
        let text = format!("event: {name}\ndata: {data}\n\n");
        self.put(|content| content.waiting.push_back(text.into()));
    }

    pub(super) fn features(&self, features: &Features) {
        self.send("features", &Value::Array(features.seen_by(&self.viewer)).to_string());
    }

    pub(super) fn event(&self, event: &Event, features: &Features) {
        match event {
            Event::Deleted(feature) => {
                self.send("delete_feature", &Value::Object(feature.clone()).to_string());
            }
            Event::Changed(key) => {
                if let Some(feature) = features.one_seen_by(key, &self.viewer) {
                    self.send("feature", &feature.to_string());
                }
            }
        }
    }

    pub(super) fn bye(&self) {
        self.send("bye", r#"{"status":"closed"}"#);
        self.put(|content| content.end = Some(End::Orderly));
    }

    pub(super) fn break_off(&self) {
        self.put(|content| content.end = Some(End::Broken));
    }

    pub(super) fn is_open(&self) -> bool {
        let content = self.content();
        !content.is_gone && content.end.is_none()
    }

    pub(super) fn is_settled(&self) -> bool {
        let content = self.content();
        content.is_gone || content.is_settled
    }
}

/// The client's end of an open stream.
pub(super) struct Received {
    pub(super) line: Arc<Line>,
    /// The number that increases whenever the client has processed all events, or has closed the stream.
    pub(super) settled: watch::Sender<u64>,
}

impl Stream for Received {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut content = self.line.content();
        if let Some(piece) = content.waiting.pop_front() {
            return Poll::Ready(Some(Ok(piece)));
        }
        match content.end {
            Some(End::Orderly) => return Poll::Ready(None),
            Some(End::Broken) => {
                let error = TransportError::new(TransportErrorKind::Broken, "the connection broke");
                return Poll::Ready(Some(Err(error)));
            }
            None => {}
        }
        content.waker = Some(cx.waker().clone());
        let is_news = !std::mem::replace(&mut content.is_settled, true);
        drop(content);
        if is_news {
            self.settled.send_modify(|count| *count += 1);
        }
        Poll::Pending
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.line.content().is_gone = true;
        self.settled.send_modify(|count| *count += 1);
    }
}
