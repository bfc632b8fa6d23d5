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
use fh_eval::Attributes;
use http::HeaderValue;
use http_body::{Body, Frame};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connections::{Connection, Listed};
use crate::core::{Core, Loading, Opened, Opening};
use crate::metrics::{Hit, Outcome};
use crate::origin::relay::Asker;
use crate::serving::{
    Answer, Changes, Grant, Phase, Published, Shown, Slot, View, ViewKey, changes, write_change,
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
    /// The SDK, as it names itself.
    pub(crate) sdk: Option<Box<str>>,
}

/// A response body that never ends by itself while the key is good.
pub(crate) struct EventStream {
    ready: VecDeque<Bytes>,
    /// `None` once the last event is in `ready`.
    live: Option<Live>,
    /// What comes of it once there is a state.
    waiting: Option<Waiting>,
}

/// A stream before there is a state.
struct Waiting {
    opened: Pin<Box<dyn Future<Output = EventStream> + Send>>,
    timing: Timing,
}

/// A stream that goes on.
struct Live {
    /// Held, so that a place that is taken away can still say how it ends.
    slot: Arc<Slot>,
    changed: Pin<Box<dyn Future<Output = Option<Changes>> + Send>>,
    secret: Box<str>,
    grant: Grant,
    view: ViewKey,
    context: StreamContext,
    /// What the client holds.
    sent: Option<Arc<Shown>>,
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

    fn attributes(&self) -> Option<&Attributes> {
        match self {
            Self::None => None,
            Self::Some(given) => Some(&given.attributes),
        }
    }
}

impl EventStream {
    /// Opens a stream. The `cache-control` of its environment comes with it.
    pub(crate) fn open(core: &Arc<Core>, start: Start<'_>) -> (Self, Option<HeaderValue>) {
        let context = StreamContext::read(start.context);
        let condition = start
            .last_event_id
            .and_then(|text| Condition::read(text, Written::QuotedOrBare, 1, context.tag()));
        let mut ready = VecDeque::new();
        if condition.is_none() {
            ready.push_back(Bytes::from_static(sse::ACK.as_bytes()));
        }
        let key = RequestKey { environment: start.environment, secret: start.secret };
        let given = || RequestContext::read([start.context]);
        let (opened, postponed_for) = match core.open(&key, Asker::Stream, given) {
            Opening::Open(opened) => (opened, None),
            Opening::Busy(opened, seconds) => (opened, Some(Duration::from_secs(seconds))),
            Opening::Unknown => {
                ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
                core.metrics.count(Hit::Stream, Outcome::Missed);
                return (Self::ending(ready), core.options.cache_control.clone());
            }
            // Streams get a place to wait at; were there none, they would come again.
            Opening::Full(_) => {
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                return (Self::ending(ready), core.options.cache_control.clone());
            }
            Opening::NotYet => {
                let waiting = Some(Self::once_loaded(core, start));
                let stream = Self { ready, live: None, waiting };
                return (stream, core.options.cache_control.clone());
            }
        };
        // Looking again after subscribing, so that no change falls between the list and the changes (edge-protocol 11.5).
        let mut changes = opened.slot.watch();
        changes.mark_changed();
        let Opened { slot, published, grant, leaves, .. } = opened;
        let cache_control = published.settings.cache_control.clone();
        let Some(view) = published.grants.views().get(grant.view).cloned() else {
            ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
            return (Self::ending(ready), cache_control);
        };
        core.metrics.count(Hit::Stream, Outcome::Success);
        let listed = core.connections.add(Connection {
            environment: start.environment,
            account: Arc::clone(&grant.account),
            kind: view.kind(),
            sdk: start.sdk,
            attributes: context.attributes().map_or(0, |attributes| attributes.iter().count()),
            since: SystemTime::now(),
        });
        let mut live = Live {
            changed: wait_for_change(changes),
            slot,
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
            let seen = live.seen(&published);
            let holds = |view: &&View| condition.is_some_and(|held| held.holds([&*view.tag]));
            live.sent = seen.filter(holds).map(|view| Arc::clone(&view.shown));
        }
        if let Some(until) = leaves {
            // In the current generation its key is none: what there is to send is that of the last one in which it was.
            live.timing.revoke_after(until.saturating_duration_since(Instant::now()));
            if live.sent.is_none() && !live.postponed {
                live.sent = live.write(&published, &mut ready);
            }
        }
        (Self { ready, live: Some(live), waiting: None }, cache_control)
    }

    /// Nothing follows.
    fn ending(ready: VecDeque<Bytes>) -> Self {
        Self { ready, live: None, waiting: None }
    }

    /// Opens a stream, to which `ack` was said already if it is to be, when there is a state.
    fn once_loaded(core: &Arc<Core>, start: Start<'_>) -> Waiting {
        let timing = Timing::new(core.options.heartbeat, core.options.drop_after, None);
        let core = Arc::clone(core);
        let (environment, secret) = (start.environment, start.secret.to_owned());
        let (context, sdk) = (start.context.to_owned(), start.sdk);
        let last_event_id = start.last_event_id.map(str::to_owned);
        let opened = Box::pin(async move {
            if core.loaded().await == Loading::Stopped {
                return Self::ending(VecDeque::from([Bytes::from_static(sse::BYE.as_bytes())]));
            }
            let last_event_id = last_event_id.as_deref();
            let start =
                Start { environment, secret: &secret, context: &context, last_event_id, sdk };
            let (mut stream, _) = Self::open(&core, start);
            if stream.ready.front().is_some_and(|first| first == sse::ACK.as_bytes()) {
                stream.ready.pop_front();
            }
            stream
        });
        Waiting { opened, timing }
    }
}

fn wait_for_change(mut changes: Changes) -> Pin<Box<dyn Future<Output = Option<Changes>> + Send>> {
    Box::pin(async move {
        changes.changed().await.ok()?;
        Some(changes)
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
        if let Some(within) = published.closing {
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
        let is_other = grant.permissions != self.grant.permissions || view != Some(&self.view);
        if is_other || self.follows_other_rules(published) {
            ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
            return Then::Ends;
        }
        if published.phase == Phase::Waiting || self.postponed {
            return Then::GoesOn;
        }
        self.sent = self.write(published, ready);
        if published.settings.stale && !self.told_stale {
            ready.push_back(Bytes::from_static(sse::STALE.as_bytes()));
        }
        self.told_stale = published.settings.stale;
        Then::GoesOn
    }

    /// Was what was sent evaluated by another profile's rules? Any of it may be another value now.
    fn follows_other_rules(&self, published: &Published) -> bool {
        let is_other = |sent: &Arc<Shown>| sent.profile != published.settings.profile;
        !self.view.is_shared() && self.sent.as_ref().is_some_and(is_other)
    }

    /// Writes what leads from what was sent to this generation, which is what was sent then.
    fn write(&self, published: &Published, ready: &mut VecDeque<Bytes>) -> Option<Arc<Shown>> {
        let view = self.seen(published)?;
        let id = view.id(self.context.tag());
        match &self.sent {
            None => self.write_all(published, view, &id, ready),
            Some(older) if self.view.is_shared() => {
                ready.push_back(view.delta(older, &id, published));
            }
            Some(older) => ready.push_back(self.evaluated_delta(older, view, &id, published)),
        }
        Some(Arc::clone(&view.shown))
    }

    fn write_all(&self, published: &Published, view: &View, id: &str, ready: &mut VecDeque<Bytes>) {
        let answer = match view.key.is_shared() {
            true => Arc::clone(view.shared(published)),
            false => view.evaluated(self.context.text(), || {
                let (attributes, now) = (
                    published.as_read(self.context.attributes().cloned().unwrap_or_default()),
                    now(),
                );
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

    fn evaluated_delta(
        &self,
        older: &Shown,
        view: &View,
        id: &str,
        published: &Published,
    ) -> Bytes {
        let attributes = published.as_read(self.context.attributes().cloned().unwrap_or_default());
        let (now, detail) = (now(), view.key.detail);
        let mut out = String::new();
        let mut told: Vec<Uuid> = Vec::new();
        for change in changes(&older.features, view.features()) {
            let mut data = String::new();
            let name = write_change(&mut data, &change, view, published, |feature, out| {
                told.push(feature.id);
                published.write_evaluated(feature, &attributes, now, detail, out);
            });
            write_event(&mut out, name, Some(id), &data);
        }
        if older.moment != view.shown.moment {
            let by_time = view.features().iter().filter(|feature| !feature.moments.is_empty());
            for feature in by_time.filter(|feature| !told.contains(&feature.id)) {
                let (mut before, mut data) = (String::new(), String::new());
                let then = older.moment.time();
                published.write_evaluated(feature, &attributes, then, detail, &mut before);
                published.write_evaluated(feature, &attributes, now, detail, &mut data);
                // For most contexts most moments change nothing.
                if data != before {
                    write_event(&mut out, "feature", Some(id), &data);
                }
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
                let published = self.slot.current();
                self.advance(&published, ready)
            }
            Due::Bye => {
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                Then::Ends
            }
            Due::Revocation => {
                // An environment that went and came back has another place.
                let environment = self.slot.current().id;
                let is_back = self.core.environments.open(environment, &self.secret).is_some();
                let last = if is_back { sse::BYE } else { sse::UNKNOWN_KEY };
                ready.push_back(Bytes::from_static(last.as_bytes()));
                Then::Ends
            }
        }
    }

    /// Waits for the next thing to happen.
    fn poll(&mut self, task: &mut TaskContext<'_>, ready: &mut VecDeque<Bytes>) -> Poll<Then> {
        if let Poll::Ready(changes) = self.changed.as_mut().poll(task) {
            // Without a sender the Edge is gone, and nobody says `bye` any more.
            let Some(changes) = changes else { return Poll::Ready(Then::Ends) };
            self.changed = wait_for_change(changes);
            let published = self.slot.current();
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
                // Nothing may lead from one generation to the next.
                if bytes.is_empty() {
                    continue;
                }
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if let Some(waiting) = &mut this.waiting {
                if let Poll::Ready(stream) = waiting.opened.as_mut().poll(task) {
                    *this = stream;
                    continue;
                }
                match waiting.timing.poll(task) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Due::Heartbeat) => {
                        this.ready.push_back(Bytes::from_static(sse::HEARTBEAT.as_bytes()));
                    }
                    Poll::Ready(_) => {
                        *this = Self::ending([Bytes::from_static(sse::BYE.as_bytes())].into());
                    }
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
