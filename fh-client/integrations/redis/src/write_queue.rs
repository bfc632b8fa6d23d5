//! The queue of updates between the client's listener thread and the worker. The queue is ordered and bounded. The listener
//! thread never waits for the worker.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{RawKind, RawUpdate};
use tokio::sync::Notify;

/// The maximum number of waiting jobs. If an update would exceed the limit, one [`Job::Resync`] replaces all jobs. Jobs that
/// are not updates are added beyond the limit.
const MOST: usize = 1_024;
/// The maximum total size of the waiting updates' JSON in bytes. If the limit is exceeded, one [`Job::Resync`] replaces all
/// jobs. A single update may be larger.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A job of the thread that communicates with Redis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Job {
    /// Writes an update that the client has received.
    Update(RawUpdate),
    /// Merges all features of the client into Redis.
    Resync,
    /// Records that the client has a list from the Edge, which may have arrived before the store subscribed to updates. If the
    /// worker did not know yet that the Edge has sent features, a [`Self::Resync`] follows.
    Received,
}

/// The result of waiting for a job.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// The next job of the worker.
    Job(Job),
    /// The time given to [`WriteQueue::next`] has passed, and no job is waiting.
    Due,
    /// The queue is closed.
    Closed,
}

#[derive(Default)]
pub(crate) struct WriteQueue {
    state: Mutex<State>,
    condvar: Condvar,
    /// Wakes the waiting futures whenever `condvar` wakes the waiting threads.
    changed: Notify,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: usize,
    dropped: u64,
    /// True after the worker has begun to wait for a job, until a job or the end of the waiting time ends the wait.
    is_idle: bool,
    is_closed: bool,
    has_ended: bool,
}

impl State {
    /// Returns true if the worker is connected and has no job in progress or waiting, or if the worker has ended. A closed queue is only
    /// settled once the worker has ended.
    fn is_settled(&self) -> bool {
        self.has_ended || (self.is_idle && self.jobs.is_empty() && !self.is_closed)
    }

    fn recount(&mut self) {
        self.bytes = self.jobs.iter().map(size).sum();
    }
}

fn size(job: &Job) -> usize {
    match job {
        Job::Update(update) => update.json.len(),
        Job::Resync | Job::Received => 0,
    }
}

impl WriteQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an update. A list from the Edge replaces the waiting lists and features of its environment, or of all environments if
    /// the update names none. Waiting deletions stay, because a list without a newer feature is not written. If the queue is full,
    /// one [`Job::Resync`] replaces all jobs. A closed queue ignores the update.
    pub(crate) fn put(&self, update: RawUpdate) {
        let mut state = self.state();
        if state.is_closed {
            return;
        }
        if update.kind == RawKind::List && update.source.is_edge() {
            let environment = &update.environment;
            state.jobs.retain(|job| match job {
                Job::Update(old) => {
                    let is_other = environment.is_some() && old.environment != *environment;
                    is_other || old.kind == RawKind::Delete
                }
                Job::Resync | Job::Received => true,
            });
            state.recount();
        }
        let bytes = state.bytes.saturating_add(update.json.len());
        if state.jobs.len() >= MOST || (bytes > MOST_BYTES && !state.jobs.is_empty()) {
            let lost = state.jobs.len().saturating_add(1);
            state.dropped = state.dropped.saturating_add(u64::try_from(lost).unwrap_or(u64::MAX));
            state.jobs.clear();
            state.jobs.push_back(Job::Resync);
            state.bytes = 0;
        } else {
            state.bytes = bytes;
            state.jobs.push_back(Job::Update(update));
        }
        drop(state);
        self.notify();
    }

    /// Adds a [`Job::Resync`] after the waiting jobs, unless a [`Job::Resync`] is already waiting.
    pub(crate) fn resync(&self) {
        self.put_once(Job::Resync);
    }

    /// Adds a [`Job::Received`] after the waiting jobs, unless a [`Job::Received`] is already waiting.
    pub(crate) fn received(&self) {
        self.put_once(Job::Received);
    }

    fn put_once(&self, job: Job) {
        let mut state = self.state();
        if !state.is_closed && !state.jobs.contains(&job) {
            state.jobs.push_back(job);
        }
        drop(state);
        self.notify();
    }

    /// Waits for a job, or until the time `moment`. If `moment` is `None`, waits until there is a job. Returns at once if the
    /// queue is closed.
    pub(crate) fn next(&self, moment: Option<Instant>) -> Next {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return Next::Closed;
            }
            if let Some(job) = state.jobs.pop_front() {
                state.bytes = state.bytes.saturating_sub(size(&job));
                state.is_idle = false;
                return Next::Job(job);
            }
            let left = moment.map(|moment| moment.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                state.is_idle = false;
                return Next::Due;
            }
            state.is_idle = true;
            self.notify();
            state = self.wait(state, left);
        }
    }

    /// Blocks the worker for this time, and then returns true. Returns false as soon as the queue is closed.
    pub(crate) fn pause(&self, duration: Duration) -> bool {
        let waited =
            self.condvar.wait_timeout_while(self.state(), duration, |state| !state.is_closed);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.is_closed
    }

    /// Waits until the worker is connected and has no job in progress or waiting, or until the worker has ended.
    pub(crate) async fn settled(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.state().is_settled() {
                return;
            }
            changed.await;
        }
    }

    /// Blocks this thread until the worker is connected and has no job in progress or waiting, or until the worker has ended.
    /// Returns false if `end` passes first.
    pub(crate) fn wait_until_settled(&self, end: Option<Instant>) -> bool {
        let mut state = self.state();
        loop {
            if state.is_settled() {
                return true;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return false;
            }
            state = self.wait(state, left);
        }
    }

    /// Wakes all waiting threads and futures.
    fn notify(&self) {
        self.condvar.notify_all();
        self.changed.notify_waiters();
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        left: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        match left {
            None => self.condvar.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(left) => {
                self.condvar.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Closes the queue. Waiting jobs are dropped, and further jobs are ignored.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.jobs.clear();
        state.bytes = 0;
        drop(state);
        self.notify();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Closes the queue, and records that the worker has ended.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.has_ended = true;
        drop(state);
        self.notify();
    }

    /// Returns true if no job is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().jobs.is_empty()
    }

    /// Returns the number of waiting jobs without [`Job::Received`], and the number of jobs that were dropped because the queue was full.
    pub(crate) fn counts(&self) -> (usize, u64) {
        let state = self.state();
        let waiting = state.jobs.iter().filter(|job| **job != Job::Received).count();
        (waiting, state.dropped)
    }
}

#[cfg(test)]
mod tests {
    use fh_client::Source;

    use super::*;

    fn update(environment: Option<&str>, kind: RawKind, json: &str) -> RawUpdate {
        let source = Source::Streaming;
        RawUpdate { source, environment: environment.map(Into::into), kind, json: json.into() }
    }

    fn drain(queue: &WriteQueue) -> Vec<String> {
        let mut found = Vec::new();
        // With a time in the past, `next` does not wait.
        while let Next::Job(job) = queue.next(Some(Instant::now())) {
            found.push(match job {
                Job::Update(update) => update.json.to_string(),
                Job::Resync => "resync".to_string(),
                Job::Received => "received".to_string(),
            });
        }
        found
    }

    #[test]
    fn updates_come_out_in_order() {
        let queue = WriteQueue::default();
        queue.put(update(Some("a"), RawKind::Feature, "1"));
        queue.put(update(Some("b"), RawKind::Delete, "2"));
        queue.resync();
        queue.resync();
        assert_eq!(queue.counts(), (3, 0));
        assert_eq!(drain(&queue), ["1", "2", "resync"]);
    }

    #[test]
    fn a_list_replaces_earlier_updates_except_deletes() {
        let queue = WriteQueue::default();
        queue.put(update(Some("a"), RawKind::Feature, "a1"));
        queue.put(update(Some("a"), RawKind::Delete, "a2"));
        queue.put(update(Some("b"), RawKind::Feature, "b1"));
        queue.put(update(Some("a"), RawKind::List, "a3"));
        queue.put(update(Some("a"), RawKind::List, "a4"));
        assert_eq!(drain(&queue), ["a2", "b1", "a4"]);
        queue.put(update(Some("a"), RawKind::Feature, "a5"));
        queue.put(update(None, RawKind::List, "all"));
        assert_eq!(drain(&queue), ["all"]);
    }

    #[test]
    fn lists_of_stores_replace_nothing() {
        let queue = WriteQueue::default();
        queue.put(update(Some("a"), RawKind::Feature, "1"));
        let source = Source::Store("yaml".into());
        queue.put(RawUpdate { source, ..update(Some("a"), RawKind::List, "2") });
        assert_eq!(drain(&queue), ["1", "2"]);
    }

    #[test]
    fn too_many_updates_end_in_a_resync() {
        let queue = WriteQueue::default();
        for _ in 0..MOST {
            queue.put(update(Some("a"), RawKind::Feature, "1"));
        }
        assert_eq!(queue.counts(), (MOST, 0));
        queue.put(update(Some("a"), RawKind::Feature, "2"));
        assert_eq!(queue.counts(), (1, MOST as u64 + 1));
        assert_eq!(drain(&queue), ["resync"]);
    }

    #[test]
    fn too_many_bytes_end_in_a_resync() {
        let queue = WriteQueue::default();
        let large = "x".repeat(MOST_BYTES);
        queue.put(update(Some("a"), RawKind::Feature, &large));
        assert_eq!(queue.counts(), (1, 0), "a single one may always wait");
        queue.put(update(Some("a"), RawKind::Feature, "2"));
        assert_eq!(queue.counts(), (1, 2));
        queue.put(update(Some("a"), RawKind::Feature, "3"));
        assert_eq!(drain(&queue), ["resync", "3"], "the bytes that went are not counted");
    }

    #[test]
    fn a_closed_queue_accepts_nothing_and_ends_waits() {
        let queue = WriteQueue::default();
        queue.put(update(Some("a"), RawKind::Feature, "1"));
        queue.close();
        queue.put(update(Some("a"), RawKind::Feature, "2"));
        assert_eq!(queue.counts(), (0, 0));
        assert_eq!(queue.next(None), Next::Closed);
        assert!(!queue.pause(Duration::from_secs(3_600)));
        assert!(!queue.wait_until_settled(Some(Instant::now())), "its worker may be at work still");
        queue.end();
        assert!(queue.wait_until_settled(Some(Instant::now())));
    }

    #[test]
    fn a_closed_queue_stays_empty() {
        let queue = WriteQueue::default();
        queue.resync();
        queue.close();
        queue.put(update(None, RawKind::Feature, "{}"));
        queue.resync();
        queue.received();
        assert!(queue.is_empty());
    }

    #[test]
    fn only_jobs_that_may_write_count_as_waiting() {
        let queue = WriteQueue::default();
        queue.received();
        assert_eq!((queue.counts(), queue.is_empty()), ((0, 0), false));
        queue.resync();
        queue.put(update(None, RawKind::Feature, "{}"));
        assert_eq!(queue.counts(), (2, 0));
    }
}
