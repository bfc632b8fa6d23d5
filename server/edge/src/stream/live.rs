//! An open stream with a known key: the features that it sent last, and the events that update these features to the current generation.

use std::collections::VecDeque;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;

use super::copy::{Copy, EvaluationThread};
use super::timing::{Due, Timing};
use crate::connections::Listed;
use crate::evaluations::{Caller, Effort};
use crate::rate::Beyond;
use crate::request_memory::Reservation;
use crate::serving::{Changes, Grant, Phase, Published, PublishedCell, Shown, View};
use crate::shared_state::SharedState;
use crate::wire::api_key::RequestKey;
use crate::wire::sse;

/// The time within which a stream ends after the features that it serves were dropped, in most cases because they expired. Its client
/// connects again, and may then reach another server.
const EXPIRED_BYE: Duration = Duration::from_secs(5);

/// An open stream with a known key.
pub(super) struct Live {
    /// The cell of the environment. The stream keeps it to see the last generation after the environment was removed.
    pub(super) cell: Arc<PublishedCell>,
    pub(super) changed: Pin<Box<dyn Future<Output = Option<Changes>> + Send>>,
    pub(super) secret: Box<str>,
    pub(super) grant: Grant,
    pub(super) copy: Copy,
    /// An evaluation on another thread, or a wait for the memory of an answer; `None` if there is none. Further changes wait until it ends.
    pub(super) working: Option<Working>,
    /// The rate limit that delays the first list of features; `None` if no rate limit delays the list now.
    pub(super) postponed: Option<Beyond>,
    pub(super) sent_stale: bool,
    pub(super) timing: Timing,
    pub(super) listed: Listed,
    /// The memory that the stream reserves; `None` if the stream shares all its answers with others, and has no context.
    pub(super) memory: Option<Box<StreamMemory>>,
    pub(super) shared: Arc<SharedState>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.connections.remove(&self.listed);
        self.shared.metrics.stream_lasted(self.listed.since.elapsed());
    }
}

/// The memory that a stream reserves, besides the memory of its events.
pub(super) struct StreamMemory {
    /// The address for the limit of memory per address; `None` if that limit does not apply.
    pub(super) address: Option<IpAddr>,
    pub(super) _context: Option<Reservation>,
}

/// Work for a stream that does not end at once.
type Working = Pin<Box<dyn Future<Output = Done> + Send>>;

/// The result of work for a stream.
pub(super) enum Done {
    /// The features that the client will hold, and the events that update the client to these features.
    Evaluated(Copy, VecDeque<Bytes>),
    /// Memory for the next events.
    Reserved(Reservation),
    /// The evaluation panicked, or the server stops.
    Failed,
}

/// Returns a future that resolves when `changes` is notified of a generation, or at once if a notification is pending. The result of the
/// future is `None` if the cell was dropped.
pub(super) fn wait_for_change(
    mut changes: Changes,
) -> Pin<Box<dyn Future<Output = Option<Changes>> + Send>> {
    Box::pin(async move {
        changes.changed().await.ok()?;
        Some(changes)
    })
}

/// The result of handling an event: the stream goes on or ends.
#[derive(PartialEq, Eq)]
pub(super) enum Then {
    GoesOn,
    Ends,
}

impl Live {
    /// Handles the current generation: adds its events to `ready`, starts to evaluate them on another thread, or ends the stream.
    fn advance(
        &mut self,
        published: &Arc<Published>,
        reservation: Option<Reservation>,
        ready: &mut VecDeque<Bytes>,
    ) -> Then {
        if let Some(within) = published.closing {
            // The features of this generation are still sent, because some SDKs never reconnect after a stream that ended without features.
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
        let is_other = grant.permissions != self.grant.permissions || view != Some(&self.copy.view);
        if is_other || self.follows_other_rules(published) {
            ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
            return Then::Ends;
        }
        if published.phase == Phase::Waiting {
            if self.copy.sent.is_some() {
                self.timing.close_within(EXPIRED_BYE);
            }
            return Then::GoesOn;
        }
        if self.postponed.is_some() {
            return Then::GoesOn;
        }
        match self.shared.evaluations.effort(self.copy.steps(published)) {
            effort @ (Effort::Small | Effort::Large) => {
                self.write(published, effort, reservation, ready);
                if self.working.is_none() {
                    self.send_stale(published.settings.stale, ready);
                }
            }
            // The client keeps its last values. While the work is too large, its requests for a stream are refused with status 413 (D-115).
            Effort::TooLarge => {
                self.shared.metrics.stream_over_budget();
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                return Then::Ends;
            }
        }
        Then::GoesOn
    }

    fn send_stale(&mut self, is_stale: bool, ready: &mut VecDeque<Bytes>) {
        if is_stale && !self.sent_stale {
            ready.push_back(Bytes::from_static(sse::STALE.as_bytes()));
        }
        self.sent_stale = is_stale;
    }

    /// Adds the events of this generation to `ready`, or begins to evaluate them on another thread, or to wait for their memory. Events that
    /// all streams of a view share need no memory.
    pub(super) fn write(
        &mut self,
        published: &Arc<Published>,
        effort: Effort,
        reservation: Option<Reservation>,
        ready: &mut VecDeque<Bytes>,
    ) {
        if self.copy.shares_events(published) {
            return self.copy.write(published, EvaluationThread::Request, ready);
        }
        let address = self.memory.as_ref().and_then(|memory| memory.address);
        let bytes = self.copy.seen(published).map_or(0, View::answer_bytes);
        let memory = &self.shared.memory;
        let Some(reservation) = reservation.or_else(|| memory.try_reserve(address, bytes)) else {
            let memory = Arc::clone(memory);
            let wait = async move { memory.wait(address, bytes).await };
            self.working =
                Some(Box::pin(async { wait.await.map_or(Done::Failed, Done::Reserved) }));
            return;
        };
        if effort == Effort::Large {
            self.working = Some(self.evaluate_in_background(Arc::clone(published), reservation));
            return;
        }
        let mut events = VecDeque::new();
        self.copy.write(published, EvaluationThread::Request, &mut events);
        ready.extend(reservation.hold_events(events));
    }

    /// Evaluates the events of this generation on another thread, because the evaluation may take long. The evaluation stops early if the
    /// returned future is dropped, for example because the client disconnects.
    fn evaluate_in_background(
        &self,
        published: Arc<Published>,
        reservation: Reservation,
    ) -> Working {
        let (shared, mut copy) = (Arc::clone(&self.shared), self.copy.clone());
        Box::pin(async move {
            let work = move |caller: &Caller| {
                let mut events = VecDeque::new();
                copy.write(&published, EvaluationThread::Background(caller), &mut events);
                (copy, events)
            };
            match shared.evaluations.run(work).await {
                Some((copy, events)) => {
                    Done::Evaluated(copy, reservation.hold_events(events).collect())
                }
                None => Done::Failed,
            }
        })
    }

    /// Handles the result of work, and adds its events to `ready`. If the work failed, the stream ends with `bye`, so that the client
    /// connects again.
    fn done(&mut self, done: Done, ready: &mut VecDeque<Bytes>) -> Then {
        match done {
            Done::Evaluated(copy, mut events) => {
                self.copy = copy;
                ready.append(&mut events);
            }
            Done::Reserved(reservation) => {
                let published = self.cell.current();
                return self.advance(&published, Some(reservation), ready);
            }
            Done::Failed => {
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                return Then::Ends;
            }
        }
        let is_stale = self.cell.current().settings.stale;
        self.send_stale(is_stale, ready);
        Then::GoesOn
    }

    /// Returns true if this Edge evaluated the values that the client holds under another profile, so that any of them may differ now.
    fn follows_other_rules(&self, published: &Published) -> bool {
        let is_other = |sent: &Arc<Shown>| sent.profile != published.settings.profile;
        !self.copy.view.is_shared() && self.copy.sent.as_ref().is_some_and(is_other)
    }

    /// Handles a deadline that has passed, and returns whether the stream continues.
    fn on_time(&mut self, due: Due, ready: &mut VecDeque<Bytes>) -> Then {
        match due {
            Due::Heartbeat => {
                ready.push_back(Bytes::from_static(sse::HEARTBEAT.as_bytes()));
                Then::GoesOn
            }
            Due::Turn => {
                let environment = self.cell.current().id;
                let key = RequestKey { environment, secret: &self.secret };
                if let Some(Beyond::PerAddress(_)) = self.postponed
                    && let Err(seconds) = self.shared.rates.queue_for_key(&key)
                {
                    self.postponed = Some(Beyond::PerKey(seconds));
                    self.timing.wait_for_turn(Duration::from_secs(seconds));
                    return Then::GoesOn;
                }
                self.postponed = None;
                if self.working.is_some() {
                    return Then::GoesOn;
                }
                let published = self.cell.current();
                self.advance(&published, None, ready)
            }
            Due::Bye => {
                ready.push_back(Bytes::from_static(sse::BYE.as_bytes()));
                Then::Ends
            }
            Due::Revocation => {
                // If the environment was removed and added again, it has another cell, which this stream does not watch.
                let environment = self.cell.current().id;
                let is_back = self.shared.environments.open(environment, &self.secret).is_some();
                let last = if is_back { sse::BYE } else { sse::UNKNOWN_KEY };
                ready.push_back(Bytes::from_static(last.as_bytes()));
                Then::Ends
            }
        }
    }

    /// Polls for the next change, evaluation or deadline, and handles it.
    pub(super) fn poll(
        &mut self,
        task: &mut TaskContext<'_>,
        ready: &mut VecDeque<Bytes>,
    ) -> Poll<Then> {
        if self.copy.sent.is_some() {
            self.timing.list_was_sent();
        }
        if let Some(working) = &mut self.working {
            if let Poll::Ready(done) = working.as_mut().poll(task) {
                self.working = None;
                return Poll::Ready(self.done(done, ready));
            }
        } else if let Poll::Ready(changes) = self.changed.as_mut().poll(task) {
            // Without a sender, no further generation can be published.
            let Some(changes) = changes else { return Poll::Ready(Then::Ends) };
            self.changed = wait_for_change(changes);
            let published = self.cell.current();
            return Poll::Ready(self.advance(&published, None, ready));
        }
        self.timing.poll(task).map(|due| self.on_time(due, ready))
    }
}
