//! One open stream: what was sent last, and what leads from there to now. It holds no queue: woken, it compares the two and
//! writes the difference, so a slow reader costs nobody memory (edge-protocol 3).

mod timing;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fh_client::KeyKind;
use fh_eval::Attributes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use uuid::Uuid;

use crate::connections::{Connection, Listed};
use crate::core::{Core, Loading, Opened, Opening};
use crate::metrics::{Hit, Outcome};
use crate::serving::{
    Answer, Current, Grant, Phase, Published, View, ViewKey, changes, write_change,
};
use crate::wire::api_key::RequestKey;
use crate::wire::condition::{Condition, Written};
use crate::wire::context::RequestContext;
use crate::wire::sse::{self, write_event};
use crate::world::now;
use timing::{Due, Timing};

/// What a request for a stream brings.
pub(crate) struct Start<'a> {
    pub(crate) environment: Uuid,
    pub(crate) secret: &'a str,
    /// As the header or the query writes it.
    pub(crate) context: &'a str,
    pub(crate) last_event_id: Option<&'a str>,
}

/// A response body that never ends by itself while the key is good.
pub(crate) struct EventStream {
    ready: VecDeque<Bytes>,
    /// `None` once the last event is in `ready`.
    live: Option<Live>,
    /// What comes of it once there is a state.
    waiting: Option<Pin<Box<dyn Future<Output = EventStream> + Send>>>,
}

/// A stream that goes on.
struct Live {
    current: Current,
    changed: Pin<Box<dyn Future<Output = Option<Current>> + Send>>,
    secret: Box<str>,
    grant: Grant,
    view: ViewKey,
    context: StreamContext,
    /// What the client holds.
    sent: Option<Arc<Published>>,
    /// Waits for its turn, because the key asked too often (D-98).
    postponed: bool,
    told_stale: bool,
    timing: Timing,
    listed: Listed,
    core: Arc<Core>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.core.metrics.stream_lasted(self.listed.since.elapsed());
    }
}

/// The context that a stream was opened with. Most have none.
enum StreamContext {
    None,
    Some(Box<Given>),
}

struct Given {
    text: Box<str>,
    attributes: Attributes,
    tag: Box<str>,
}

impl StreamContext {
    fn read(text: &str) -> Self {
        let read = RequestContext::read([text]);
        match read.tag() {
            tag if tag == "0" => Self::None,
            tag => Self::Some(Box::new(Given {
                text: text.into(),
                attributes: read.attributes(),
                tag: tag.into(),
            })),
        }
    }

    fn tag(&self) -> &str {
        match self {
            Self::None => "0",
            Self::Some(given) => &given.tag,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::None => "",
            Self::Some(given) => &given.text,
        }
    }

    fn attributes(&self) -> Attributes {
        match self {
            Self::None => Attributes::default(),
            Self::Some(given) => given.attributes.clone(),
        }
    }
}

impl EventStream {
    /// Opens a stream. The `cache-control` of its environment comes with it.
    pub(crate) fn open(
        core: &Arc<Core>,
        start: Start<'_>,
        headers: &HeaderMap,
    ) -> (Self, Option<HeaderValue>) {
        let context = StreamContext::read(start.context);
        let condition = start
            .last_event_id
            .and_then(|text| Condition::read(text, Written::QuotedOrBare, 1, context.tag()));
        let mut ready = VecDeque::new();
        if condition.is_none() {
            ready.push_back(Bytes::from_static(sse::ACK.as_bytes()));
        }
        let key = RequestKey { environment: start.environment, secret: start.secret };
        let (Opened { slot, published, grant }, postponed_for) = match core.open(&key) {
            Opening::Open(opened) => (opened, None),
            Opening::Busy(opened, seconds) => (opened, Some(Duration::from_secs(seconds))),
            Opening::Unknown => {
                ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
                core.metrics.count(Hit::Stream, Outcome::Missed);
                return (Self::ending(ready), core.options.cache_control.clone());
            }
            Opening::NotYet => {
                let waiting = Some(Self::once_loaded(core, start, headers));
                let stream = Self { ready, live: None, waiting };
                return (stream, core.options.cache_control.clone());
            }
        };
        // Looking again after subscribing, so that no change falls between the list and the changes (edge-protocol 11.5).
        let mut current = slot.watch();
        current.mark_changed();
        let cache_control = published.settings.cache_control.clone();
        let Some(view) = published.grants.views().get(grant.view).cloned() else {
            ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
            return (Self::ending(ready), cache_control);
        };
        core.metrics.count(Hit::Stream, Outcome::Success);
        let listed = core.connections.add(Connection {
            environment: start.environment,
            account: Arc::clone(&grant.account),
            kind: view.kind,
            sdk: sdk(headers),
            attributes: context.attributes().iter().count(),
            since: SystemTime::now(),
        });
        let mut live = Live {
            changed: wait_for_change(current.clone()),
            current,
            secret: start.secret.into(),
            grant,
            view,
            context,
            sent: None,
            postponed: postponed_for.is_some(),
            told_stale: false,
            timing: Timing::new(core.options.heartbeat, core.options.drop_after, postponed_for),
            listed,
            core: Arc::clone(core),
        };
        if published.phase != Phase::Waiting {
            let tag = live.seen(&published).map(|view| view.tag.clone());
            if condition.is_some_and(|condition| condition.holds(tag.as_deref())) {
                live.sent = Some(published);
            }
        }
        (Self { ready, live: Some(live), waiting: None }, cache_control)
    }

    /// Nothing follows.
    fn ending(ready: VecDeque<Bytes>) -> Self {
        Self { ready, live: None, waiting: None }
    }

    /// Opens a stream, to which `ack` was said already if it is to be, when there is a state.
    fn once_loaded(
        core: &Arc<Core>,
        start: Start<'_>,
        headers: &HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Self> + Send>> {
        let (core, headers) = (Arc::clone(core), headers.clone());
        let (environment, secret) = (start.environment, start.secret.to_owned());
        let context = start.context.to_owned();
        let last_event_id = start.last_event_id.map(str::to_owned);
        Box::pin(async move {
            if core.loaded().await == Loading::Stopped {
                return Self::ending(VecDeque::from([Bytes::from_static(sse::BYE.as_bytes())]));
            }
            let last_event_id = last_event_id.as_deref();
            let start = Start { environment, secret: &secret, context: &context, last_event_id };
            let (mut stream, _) = Self::open(&core, start, &headers);
            if stream.ready.front().is_some_and(|first| first == sse::ACK.as_bytes()) {
                stream.ready.pop_front();
            }
            stream
        })
    }
}

/// The SDK, as it names itself: bounded, since it is kept.
fn sdk(headers: &HeaderMap) -> Option<Box<str>> {
    let named = headers.get("x-sdk").or_else(|| headers.get(http::header::USER_AGENT))?;
    let text: String = String::from_utf8_lossy(named.as_bytes()).chars().take(80).collect();
    Some(text.into())
}

fn wait_for_change(mut current: Current) -> Pin<Box<dyn Future<Output = Option<Current>> + Send>> {
    Box::pin(async move {
        current.changed().await.ok()?;
        Some(current)
    })
}

/// Does the stream go on?
#[derive(PartialEq, Eq)]
enum Then {
    GoesOn,
    Ends,
}

impl Live {
    fn seen<'a>(&self, published: &'a Published) -> Option<&'a View> {
        let position = published.grants.views().iter().position(|view| *view == self.view)?;
        published.view(position)
    }

    /// A generation was published.
    fn advance(&mut self, published: &Arc<Published>, ready: &mut VecDeque<Bytes>) -> Then {
        if let Phase::Closing(within) = published.phase {
            // Its features come first: a stream that ends without any is final for some SDKs.
            self.timing.close_within(within);
        }
        let Some(grant) = published.grants.get(&self.secret) else {
            if published.revocation_delay.is_zero() {
                ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
                return Then::Ends;
            }
            self.timing.revoke_after(published.revocation_delay);
            return Then::GoesOn;
        };
        self.timing.keep();
        let view = published.grants.views().get(grant.view);
        if grant.permissions != self.grant.permissions || view != Some(&self.view) {
            ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
            return Then::Ends;
        }
        if published.phase == Phase::Waiting || self.postponed {
            return Then::GoesOn;
        }
        self.write(published, ready);
        if published.settings.stale && !self.told_stale {
            ready.push_back(Bytes::from_static(sse::STALE.as_bytes()));
        }
        self.told_stale = published.settings.stale;
        self.sent = Some(Arc::clone(published));
        Then::GoesOn
    }

    /// Writes what leads from what was sent to this generation.
    fn write(&self, published: &Published, ready: &mut VecDeque<Bytes>) {
        let Some(view) = self.seen(published) else { return };
        let id = view.id(self.context.tag());
        let before = self.sent.as_ref().and_then(|sent| Some((sent, self.seen(sent)?)));
        let bytes = match (before, self.view.kind) {
            (None, _) => {
                self.write_all(published, view, &id, ready);
                return;
            }
            (Some((_, older)), KeyKind::ClientEvaluated) => view.delta(older, &id, published),
            (Some((_, older)), KeyKind::ServerEvaluated) => {
                self.evaluated_delta(older, view, &id, published)
            }
        };
        if !bytes.is_empty() {
            ready.push_back(bytes);
        }
    }

    fn write_all(&self, published: &Published, view: &View, id: &str, ready: &mut VecDeque<Bytes>) {
        let answer = match view.key.kind {
            KeyKind::ClientEvaluated => Arc::clone(view.shared(published)),
            KeyKind::ServerEvaluated => view.evaluated(self.context.text(), || {
                let (attributes, now) = (published.as_read(self.context.attributes()), now());
                Answer::of(published, view, self.context.tag(), |feature, out| {
                    published.write_evaluated(feature, &attributes, now, view.key.detail, out);
                })
            }),
        };
        // The list is shared by all who get it, so it is not copied into the event.
        ready.push_back(Bytes::from(format!("event: features\nid: {id}\ndata: ")));
        ready.push_back(answer.list());
        ready.push_back(Bytes::from_static(b"\n\n"));
    }

    fn evaluated_delta(&self, older: &View, view: &View, id: &str, published: &Published) -> Bytes {
        let attributes = published.as_read(self.context.attributes());
        let (now, detail) = (now(), view.key.detail);
        let mut out = String::new();
        let mut told: Vec<Uuid> = Vec::new();
        for change in changes(&older.features, &view.features) {
            let mut data = String::new();
            let name = write_change(&mut data, &change, published, |feature, out| {
                told.push(feature.id);
                published.write_evaluated(feature, &attributes, now, detail, out);
            });
            write_event(&mut out, name, Some(id), &data);
        }
        if older.moment != view.moment {
            let by_time = view.features.iter().filter(|feature| !feature.moments.is_empty());
            for feature in by_time.filter(|feature| !told.contains(&feature.id)) {
                let mut data = String::new();
                published.write_evaluated(feature, &attributes, now, detail, &mut data);
                write_event(&mut out, "feature", Some(id), &data);
            }
        }
        Bytes::from(out)
    }

    /// Time passed.
    fn on_time(&mut self, due: Due, ready: &mut VecDeque<Bytes>) -> Then {
        match due {
            Due::Heartbeat => {
                ready.push_back(Bytes::from_static(sse::HEARTBEAT.as_bytes()));
                Then::GoesOn
            }
            Due::Turn => {
                self.postponed = false;
                let published = Arc::clone(&self.current.borrow());
                self.advance(&published, ready)
            }
            Due::Bye => {
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                Then::Ends
            }
            Due::Revocation => {
                ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
                Then::Ends
            }
        }
    }

    /// Waits for the next thing to happen.
    fn poll(&mut self, task: &mut TaskContext<'_>, ready: &mut VecDeque<Bytes>) -> Poll<Then> {
        if let Poll::Ready(current) = self.changed.as_mut().poll(task) {
            // Without a sender the Edge is gone, and nobody says `bye` any more.
            let Some(mut current) = current else { return Poll::Ready(Then::Ends) };
            let published = Arc::clone(&current.borrow_and_update());
            self.changed = wait_for_change(current);
            return Poll::Ready(self.advance(&published, ready));
        }
        self.timing.poll(task).map(|due| self.on_time(due, ready))
    }
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            if let Some(bytes) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if let Some(waiting) = &mut this.waiting {
                match waiting.as_mut().poll(task) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(stream) => *this = stream,
                }
                continue;
            }
            let Some(live) = &mut this.live else { return Poll::Ready(None) };
            match live.poll(task, &mut this.ready) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Then::GoesOn) => {}
                Poll::Ready(Then::Ends) => this.live = None,
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.live.is_none() && self.waiting.is_none() && self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests;
