//! A stream that goes on: what it wrote last, and what leads from there to now.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::context::StreamContext;
use super::timing::{Due, Timing};
use crate::connections::Listed;
use crate::core::Core;
use crate::serving::{
    Answer, Changes, Grant, Phase, Published, Shown, Slot, View, ViewKey, changes, write_change,
};
use crate::wire::sse::{self, write_event};
use crate::world::now;

/// Clients that hold features which have expired are told to come again within this time, so that they may find another server.
const EXPIRED_BYE: Duration = Duration::from_secs(5);

/// A stream that goes on.
pub(super) struct Live {
    /// Held, so that a place that is taken away can still say how it ends.
    pub(super) slot: Arc<Slot>,
    pub(super) changed: Pin<Box<dyn Future<Output = Option<Changes>> + Send>>,
    pub(super) secret: Box<str>,
    pub(super) grant: Grant,
    pub(super) view: ViewKey,
    pub(super) context: StreamContext,
    /// What the client holds.
    pub(super) sent: Option<Arc<Shown>>,
    /// Waits for its turn, because the key asked too often (D-98).
    pub(super) postponed: bool,
    pub(super) told_stale: bool,
    pub(super) timing: Timing,
    pub(super) listed: Listed,
    pub(super) core: Arc<Core>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.core.metrics.stream_lasted(self.listed.since.elapsed());
    }
}

/// Resolves with the next generation.
pub(super) fn wait_for_change(
    mut changes: Changes,
) -> Pin<Box<dyn Future<Output = Option<Changes>> + Send>> {
    Box::pin(async move {
        changes.changed().await.ok()?;
        Some(changes)
    })
}

/// Does the stream go on?
#[derive(PartialEq, Eq)]
pub(super) enum Then {
    GoesOn,
    Ends,
}

impl Live {
    pub(super) fn seen<'a>(&self, published: &'a Published) -> Option<&'a View> {
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
        if published.phase == Phase::Waiting {
            if self.sent.is_some() {
                self.timing.close_within(EXPIRED_BYE);
            }
            return Then::GoesOn;
        }
        if self.postponed {
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
    pub(super) fn write(
        &self,
        published: &Published,
        ready: &mut VecDeque<Bytes>,
    ) -> Option<Arc<Shown>> {
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
                Answer::of(published, view, self.context.tag(), |list| {
                    published.write_view(view, &attributes, now, list);
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
    pub(super) fn poll(
        &mut self,
        task: &mut TaskContext<'_>,
        ready: &mut VecDeque<Bytes>,
    ) -> Poll<Then> {
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
