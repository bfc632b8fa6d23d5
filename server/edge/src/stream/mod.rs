//! Event streams. A stream does not queue changes. When it is woken, it compares the current generation with the one that it sent last, and
//! writes the difference. A slow client therefore gets several changes as one difference.

mod context;
mod copy;
mod live;
mod timing;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::HeaderValue;
use http_body::{Body, Frame};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connections::Connection;
use crate::evaluations::{Effort, Refused};
use crate::metrics::{Outcome, RequestClass};
use crate::origin::{CallerKind, KeyProof, Opened, Opening, Pending};
use crate::request_memory::{Reservation, of_context};
use crate::serving::{Phase, View};
use crate::shared_state::SharedState;
use crate::wire::api_key::RequestKey;
use crate::wire::condition::Condition;
use crate::wire::context::RequestContext;
use crate::wire::sse;
use context::StreamContext;
use copy::Copy;
use live::{Live, StreamMemory, Then, wait_for_change};
pub(crate) use timing::{Due, Timing};

/// The time after which a stream that gets no memory ends, if too many requests wait for memory.
const CROWDED: Duration = Duration::from_secs(15);

/// A request for a stream.
pub(crate) struct Start<'a> {
    pub(crate) environment: Uuid,
    pub(crate) secret: &'a str,
    /// The text of the evaluation context in the header or the query.
    pub(crate) context: &'a str,
    pub(crate) last_event_id: Option<&'a str>,
    /// The name of the client's SDK, or else its user agent, at most 80 characters; `None` if the client sends neither.
    pub(crate) sdk: Option<Box<str>>,
    /// The address of the client; `None` if the server does not provide the address.
    pub(crate) address: Option<IpAddr>,
    /// The address for the limit of memory per address; `None` if that limit does not apply.
    pub(crate) limited: Option<IpAddr>,
    /// `Given` if the stream has waited for the proof that its key is unknown.
    pub(crate) proof: KeyProof,
}

/// A response body of server-sent events.
pub(crate) struct EventStream {
    ready: VecDeque<Bytes>,
    /// The open stream. `None` while the stream waits for the first state, and once the last event is in `ready`.
    live: Option<Live>,
    /// The wait for the first state or for memory; `None` if the stream does not wait for them.
    waiting: Option<Waiting>,
}

/// A stream that waits until the Edge has its first state, or memory for the stream's context.
struct Waiting {
    opened: Pin<Box<dyn Future<Output = EventStream> + Send>>,
    timing: Timing,
}

impl EventStream {
    /// Opens a stream, and returns it with a value for its `cache-control` header. If the key opens no environment, the options give the
    /// value, else the environment's settings. The value is `None` if they have none.
    ///
    /// # Errors
    /// Returns [`Refused`] if the context is too long, or if evaluating all features for the context may take more work than one request
    /// may cause.
    pub(crate) fn open(
        shared: &Arc<SharedState>,
        start: Start<'_>,
    ) -> Result<(Self, Option<HeaderValue>), Refused> {
        shared.evaluations.check_context(start.context.len())?;
        let bytes = of_context(start.context.len());
        if bytes == 0 {
            return Self::open_with(shared, start, None);
        }
        match shared.memory.try_reserve(start.limited, bytes) {
            Some(reservation) => Self::open_with(shared, start, Some(reservation)),
            None => {
                // Published SDKs stop for good at any other response, so the stream begins, and waits.
                let ready = VecDeque::from([Bytes::from_static(sse::ACK.as_bytes())]);
                let waiting = Some(Self::once_there_is_memory(shared, start, bytes));
                let stream = Self { ready, live: None, waiting };
                Ok((stream, shared.options.cache_control.clone()))
            }
        }
    }

    /// Opens a stream with the memory that is reserved for its context.
    fn open_with(
        shared: &Arc<SharedState>,
        start: Start<'_>,
        reservation: Option<Reservation>,
    ) -> Result<(Self, Option<HeaderValue>), Refused> {
        let context = StreamContext::read(start.context);
        let condition =
            start.last_event_id.and_then(|text| Condition::of_event_id(text, context.tag()));
        let first = if condition.is_none() { sse::ACK } else { sse::RESUMED };
        let mut ready = VecDeque::from([Bytes::from_static(first.as_bytes())]);
        let key = RequestKey { environment: start.environment, secret: start.secret };
        let given = || RequestContext::read([start.context]);
        let (caller, address) = (CallerKind::Stream, start.address);
        let (opened, beyond) = match shared.open_proven(&key, start.proof, caller, address, given) {
            Opening::Open(opened) => (opened, None),
            Opening::Busy(opened, beyond) => (opened, Some(beyond)),
            Opening::Unknown => {
                ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
                shared.metrics.count(RequestClass::Stream, Outcome::Missed);
                return Ok((Self::ending(ready), shared.options.cache_control.clone()));
            }
            // While a relay runs, it refuses only polls in this way, since its streams wait for a connection. While it stops, it may also
            // refuse streams. A client that gets `bye` connects again.
            Opening::Full(..) => {
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                return Ok((Self::ending(ready), shared.options.cache_control.clone()));
            }
            Opening::Pending(pending) => {
                let waiting = Some(Self::once_there(shared, start, reservation, pending));
                let stream = Self { ready, live: None, waiting };
                return Ok((stream, shared.options.cache_control.clone()));
            }
        };
        // The cell is checked once more after subscribing, so that no change is lost between the list and the updates (edge-protocol 11.5).
        let mut changes = opened.cell.watch();
        changes.mark_changed();
        let Opened { cell, published, grant, leaves, .. } = opened;
        let cache_control = published.settings.cache_control.clone();
        let Some(view) = published.grants.views().get(grant.view).cloned() else {
            ready.push_back(Bytes::from_static(sse::UNKNOWN_KEY.as_bytes()));
            return Ok((Self::ending(ready), cache_control));
        };
        let copy = Copy { view, context, sent: None };
        let effort = match published.phase {
            Phase::Waiting => Effort::Small,
            Phase::Serving => shared.evaluations.effort(copy.steps(&published)),
        };
        if effort == Effort::TooLarge {
            return Err(Refused::TooMuchWork);
        }
        shared.metrics.count(RequestClass::Stream, Outcome::Success);
        let listed = shared.connections.add(Connection {
            environment: start.environment,
            account: Arc::clone(&grant.account),
            kind: copy.view.kind(),
            sdk: start.sdk,
            attributes: copy.context.attributes().map_or(0, |attributes| attributes.iter().count()),
            since: SystemTime::now(),
        });
        let is_evaluated = !copy.view.is_shared();
        let memory = (is_evaluated || reservation.is_some())
            .then(|| Box::new(StreamMemory { address: start.limited, _context: reservation }));
        let postponed_for = beyond.map(|beyond| Duration::from_secs(beyond.seconds()));
        let mut live = Live {
            changed: wait_for_change(changes),
            cell,
            secret: start.secret.into(),
            grant,
            copy,
            working: None,
            postponed: beyond,
            sent_stale: false,
            timing: Timing::new(shared.options.heartbeat, shared.options.drop_after, postponed_for),
            listed,
            memory,
            shared: Arc::clone(shared),
        };
        if published.phase != Phase::Waiting {
            let seen = live.copy.seen(&published);
            let holds = |view: &&View| condition.is_some_and(|held| held.holds([&*view.tag]));
            live.copy.sent = seen.filter(holds).map(|view| Arc::clone(&view.shown));
        }
        if let Some(until) = leaves {
            // The current generation does not contain the key, so the list comes from the last generation that did.
            live.timing.revoke_after(until.saturating_duration_since(Instant::now()));
            if live.copy.sent.is_none() && live.postponed.is_none() {
                live.write(&published, effort, None, &mut ready);
            }
        }
        Ok((Self { ready, live: Some(live), waiting: None }, cache_control))
    }

    /// Returns a stream that sends the events in `ready` and then ends.
    fn ending(ready: VecDeque<Bytes>) -> Self {
        Self { ready, live: None, waiting: None }
    }

    /// Returns a waiting stream that opens once its key can be looked up again. The caller sends the first event or comment.
    fn once_there(
        shared: &Arc<SharedState>,
        start: Start<'_>,
        reservation: Option<Reservation>,
        pending: Pending,
    ) -> Waiting {
        let start = Start { proof: KeyProof::Given, ..start };
        Self::once(shared, start, |_| async { pending.wait().await.then_some(reservation) })
    }

    /// Returns a waiting stream that opens once there is memory for its context. If too many requests wait for memory, the stream keeps no
    /// context, and ends with `bye` after some seconds, so that its client connects again. The caller sends the first event.
    fn once_there_is_memory(shared: &Arc<SharedState>, start: Start<'_>, bytes: usize) -> Waiting {
        let address = start.limited;
        let Some(place) = shared.memory.queue(start.context.len()) else {
            shared.memory.refuse();
            let timing = Timing::new(shared.options.heartbeat, CROWDED, None);
            return Waiting { opened: Box::pin(std::future::pending()), timing };
        };
        let reserved = move |shared: Arc<SharedState>| async move {
            let reservation = shared.memory.wait(address, bytes).await;
            drop(place);
            reservation.map(Some)
        };
        Self::once(shared, start, reserved)
    }

    /// Returns a waiting stream that opens with the result of `wait`, or ends with `bye` if the result is `None`.
    fn once<F>(
        shared: &Arc<SharedState>,
        start: Start<'_>,
        wait: impl FnOnce(Arc<SharedState>) -> F,
    ) -> Waiting
    where
        F: Future<Output = Option<Option<Reservation>>> + Send + 'static,
    {
        let timing = Timing::new(shared.options.heartbeat, shared.options.drop_after, None);
        let wait = wait(Arc::clone(shared));
        let shared = Arc::clone(shared);
        let (environment, secret) = (start.environment, start.secret.to_owned());
        let (context, sdk) = (start.context.to_owned(), start.sdk);
        let last_event_id = start.last_event_id.map(str::to_owned);
        let (address, limited, proof) = (start.address, start.limited, start.proof);
        let opened = Box::pin(async move {
            let Some(reservation) = wait.await else {
                return Self::ending(VecDeque::from([Bytes::from_static(sse::BYE.as_bytes())]));
            };
            let last_event_id = last_event_id.as_deref();
            let (secret, context) = (&*secret, &*context);
            let start =
                Start { environment, secret, context, last_event_id, sdk, address, limited, proof };
            match Self::open_with(&shared, start, reservation) {
                Ok((mut stream, _)) => {
                    // The caller has sent the first event or comment already.
                    stream.ready.pop_front();
                    stream
                }
                // The status of the response was already sent, so only the client's next request for a stream can be answered with status
                // 413.
                Err(why) => {
                    shared.metrics.refused(why);
                    Self::ending([Bytes::from_static(sse::BYE.as_bytes())].into())
                }
            }
        });
        Waiting { opened, timing }
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
                // If two generations look the same to this client, their event is empty and is not sent.
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
