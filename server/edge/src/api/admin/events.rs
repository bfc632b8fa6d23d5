//! Answers `GET /admin/v1/events` with an event stream of changes. The stream has no queue. It compares the current generation of each
//! environment with the generation at its last comparison. A slow client may miss intermediate changes, and its next event contains the
//! difference to the current features. If a relay has several cells for an environment, only the first one counts.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use http_body::Frame;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::comparison::{Generations, environments};
use super::credential::Credential;
use super::problem::Problem;
use super::shared::{Admin, MOST_EVENT_STREAMS};
use crate::api::respond::NOT_STORED_OR_CHANGED;
use crate::stream::{Due, Timing};
use crate::wire::sse;

/// The longest interval of the heartbeats of an event stream. A shorter interval in the Edge's options applies to event streams, too.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// The state of one event stream: the generations that it sent last, and the reasons for its next event or its end.
struct Feed {
    admin: Arc<Admin>,
    credential: Credential,
    revision: watch::Receiver<u64>,
    timing: Timing,
    /// The generations at the last comparison; `None` before the first event.
    sent: Option<Arc<Generations>>,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    Extension(credential): Extension<Credential>,
) -> Result<Response, Problem> {
    let place = Arc::clone(&admin.event_streams).try_acquire_owned();
    let place = place.map_err(|_| {
        let why = format!(
            "too many event streams of the admin API are open: at most {MOST_EVENT_STREAMS} are allowed"
        );
        Problem::too_many(10, why)
    })?;
    let revision = admin.shared.environments.revision();
    let heartbeat = match admin.shared.options.heartbeat {
        Duration::ZERO => HEARTBEAT,
        given => given.min(HEARTBEAT),
    };
    let timing = Timing::new(heartbeat, admin.shared.options.drop_after, None);
    let feed = Feed { admin, credential, revision, timing, sent: None, _place: place };
    let events = Events { next: Some(Box::pin(feed.next())) };
    let mut response = Response::new(Body::new(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, NOT_STORED_OR_CHANGED.clone());
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

impl Feed {
    /// Waits for the next event or heartbeat, and returns its bytes. The returned feed is `None` after the last event.
    async fn next(mut self) -> (Bytes, Option<Self>) {
        let bye = || (Bytes::from_static(sse::BYE.as_bytes()), None);
        loop {
            self.revision.mark_unchanged();
            let shared = &self.admin.shared;
            if shared.environments.is_closed() || self.credential.is_revoked() {
                return bye();
            }
            let current = self.admin.generations.get(&shared.environments);
            let events = match self.sent.replace(Arc::clone(&current)) {
                Some(sent) => current.events_since(&sent, shared),
                None => Bytes::from(environments(shared)),
            };
            if !events.is_empty() {
                self.timing.list_was_sent();
                return (events, Some(self));
            }
            tokio::select! {
                biased;
                () = self.credential.revoked() => {}
                // The time comes before the changes, so that changes without an event of this stream delay no heartbeat.
                due = poll_fn(|task| self.timing.poll(task)) => return match due {
                    Due::Heartbeat => (Bytes::from_static(b": heartbeat\n\n"), Some(self)),
                    _ => bye(),
                },
                // The sender of revisions is in the Edge's environments, which this stream holds.
                _ = self.revision.changed() => {}
            }
        }
    }
}

type Next = Pin<Box<dyn Future<Output = (Bytes, Option<Feed>)> + Send>>;

/// The body of an event stream's response. `next` is `None` after the last event.
struct Events {
    next: Option<Next>,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        next.as_mut().poll(task).map(|(bytes, feed)| {
            self.next = feed.map(|feed| -> Next { Box::pin(feed.next()) });
            Some(Ok(Frame::data(bytes)))
        })
    }
}
