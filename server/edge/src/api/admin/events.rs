//! Answers `GET /admin/v1/events` with an event stream of changes. The stream has no queue. It compares the current generation of each
//! environment with the generation at its last comparison. A slow client may miss intermediate changes, and its next event contains the
//! difference to the current features. If a relay has several cells for an environment, only the first one counts.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
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
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::credential::Credential;
use super::feature::FeatureView;
use super::overview::{Overview, sorted};
use super::problem::Problem;
use super::{Admin, MOST_EVENT_STREAMS};
use crate::api::respond::NOT_STORED_OR_CHANGED;
use crate::serving::{Change, Published, changes};
use crate::wire::sse::{self, write_event};

/// The longest time after which an event stream without events sends a heartbeat. A shorter heartbeat interval in the Edge's options
/// applies to event streams, too.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// The data of an event: the changed features of one environment.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    revision: u64,
    environment: Uuid,
    features: Vec<FeatureView<'a>>,
    /// The keys of the features that were removed from the environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<&'a str>,
}

/// The state of one event stream: the generations that it compared last, and the source of further changes.
struct Feed {
    admin: Arc<Admin>,
    credential: Credential,
    revision: watch::Receiver<u64>,
    /// The generation of each environment at the last comparison; `None` before the first event.
    sent: Option<HashMap<Uuid, Arc<Published>>>,
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
    let feed = Feed { admin, credential, revision, sent: None, _place: place };
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
        // The heartbeat is due at this time, even if a change that produces no event of this stream wakes the stream earlier.
        let beat = Instant::now() + self.heartbeat();
        loop {
            let revision = *self.revision.borrow_and_update();
            if self.admin.shared.environments.is_closed() || self.credential.is_revoked() {
                return (Bytes::from_static(sse::BYE.as_bytes()), None);
            }
            let all = sorted(&self.admin.shared.environments);
            let mut out = String::new();
            self.write(revision, &all, &mut out);
            if !out.is_empty() {
                return (Bytes::from(out), Some(self));
            }
            tokio::select! {
                biased;
                () = self.credential.revoked() => {}
                _ = self.revision.changed() => {}
                () = tokio::time::sleep_until(beat) => {
                    return (Bytes::from_static(b": heartbeat\n\n"), Some(self));
                }
            }
        }
    }

    fn heartbeat(&self) -> Duration {
        match self.admin.shared.options.heartbeat {
            Duration::ZERO => HEARTBEAT,
            told => told.min(HEARTBEAT),
        }
    }

    /// Appends the events for the differences between the last comparison and the current generations in `all`. An event `environments`
    /// lists all environments, if an environment was added or removed, or if its settings or phase changed. An event `features` lists the
    /// changed features of one environment that was known before. The first call appends only an event `environments`.
    fn write(&mut self, revision: u64, all: &[Arc<Published>], out: &mut String) {
        let sent = self.sent.take();
        let is_news = sent.as_ref().is_none_or(|sent| {
            sent.len() != all.len()
                || all.iter().any(|new| {
                    sent.get(&new.id)
                        .is_none_or(|old| old.settings != new.settings || old.phase != new.phase)
                })
        });
        if is_news {
            event(out, "environments", &Overview::of(&self.admin.shared));
        }
        for new in all {
            let Some(old) = sent.as_ref().and_then(|sent| sent.get(&new.id)) else { continue };
            if Arc::ptr_eq(old, new) {
                continue;
            }
            let (mut features, mut gone) = (Vec::new(), Vec::new());
            for change in changes(&old.features, &new.features) {
                match change {
                    Change::Now(feature) => features.push(FeatureView::of(new, feature)),
                    Change::Gone(feature) => gone.push(&*feature.key),
                }
            }
            if !features.is_empty() || !gone.is_empty() {
                let environment = new.id;
                event(out, "features", &Changed { revision, environment, features, gone });
            }
        }
        self.sent = Some(all.iter().map(|each| (each.id, Arc::clone(each))).collect());
    }
}

fn event(out: &mut String, name: &str, data: &impl Serialize) {
    // The data of these events can always be serialised, and its JSON has no line break.
    write_event(out, name, None, &serde_json::to_string(data).unwrap_or_default());
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
