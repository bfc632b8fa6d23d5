//! The pauses between requests with events, after failures and refusals.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::queue::Queue;

/// The delay after the first failure, which doubles with each further one, and its maximum.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));
/// The pause after the first refusal, which doubles with each further one, and its maximum.
const REFUSED: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(600));

/// The time before which a client sends no events. All its requests share it.
#[derive(Default)]
pub(super) struct Pace(Mutex<State>);

#[derive(Default)]
struct State {
    until: Option<Instant>,
    is_refused: bool,
    failures: u32,
    refusals: u32,
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn succeeded(&self) {
        let mut state = self.state();
        (state.failures, state.refusals) = (0, 0);
    }

    /// Starts a delay, of at least `wanted`.
    pub(super) fn failed(&self, wanted: Option<Duration>) {
        let mut state = self.state();
        let failures = state.failures;
        if state.pause(RETRY, failures, wanted) {
            (state.failures, state.is_refused) = (state.failures + 1, false);
        }
    }

    /// Starts a pause, of at least `wanted`. Returns true if this is the first refusal since an answer that took events.
    pub(super) fn refused(&self, wanted: Option<Duration>) -> bool {
        let mut state = self.state();
        let refusals = state.refusals;
        if state.pause(REFUSED, refusals, wanted) || refusals == 0 {
            (state.refusals, state.is_refused) = (refusals + 1, true);
        }
        refusals == 0
    }

    /// Waits until a request may be sent. Once the queue is closed, the delay after a failure is short. Returns false if the queue is closed
    /// while the server refuses events, so that a request is of no use.
    pub(super) async fn wait(&self, queue: &Queue) -> bool {
        let (Some(until), is_refused) = ({
            let state = self.state();
            (state.until, state.is_refused)
        }) else {
            return true;
        };
        if timeout_at(until, queue.closed()).await.is_ok() && Instant::now() < until {
            if is_refused {
                return false;
            }
            sleep_until(until.min(Instant::now() + RETRY.0)).await;
        }
        true
    }
}

impl State {
    /// Extends the present pause. Returns true if there was none, so that requests that end together count once.
    fn pause(
        &mut self,
        (first, longest): (Duration, Duration),
        times: u32,
        wanted: Option<Duration>,
    ) -> bool {
        let now = Instant::now();
        let delay = first.saturating_mul(1 << times.min(8)).min(longest);
        let until = now + delay.max(wanted.unwrap_or_default());
        let is_new = self.until.is_none_or(|present| present <= now);
        self.until = Some(self.until.map_or(until, |present| present.max(until)));
        is_new
    }
}
