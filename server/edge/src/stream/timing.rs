//! The deadlines of a stream. One timer serves all of them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The action that is due, because its deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// The stream sends a heartbeat event.
    Heartbeat,
    /// The wait for a rate limit, which delays the stream's first list of features, is over.
    Turn,
    /// The stream sends `bye` and ends.
    Bye,
    /// The delay after the removal of the stream's key is over, so the stream ends.
    Revocation,
}

/// Ten years. A longer `heartbeat`, `drop_after` or `within` is shortened to this duration, so that adding it to a clock does not overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The longest time between heartbeats of a stream that waits for its first list. Clients that get nothing for 15 seconds take such a stream
/// for one that a proxy holds back.
const WAITING: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Timing {
    /// The time between heartbeats after the first list; zero for none.
    period: Duration,
    /// True until the first list was sent.
    is_waiting: bool,
    heartbeat: Option<Instant>,
    turn: Option<Instant>,
    bye: Option<Instant>,
    /// True once [`Self::close_within`] was called.
    is_closing: bool,
    revocation: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Timing {
    /// Starts the deadlines of a stream that opens now and waits for its first list. The stream ends after `drop_after`, which is varied at
    /// random by up to 10%. A `heartbeat` or `drop_after` of zero is disabled; heartbeats only after the first list. `turn` is the delay of
    /// the first list of features; `None` means no delay.
    pub(crate) fn new(heartbeat: Duration, drop_after: Duration, turn: Option<Duration>) -> Self {
        let now = Instant::now();
        let (heartbeat, drop_after) = (heartbeat.min(LONGEST), drop_after.min(LONGEST));
        let bye = (!drop_after.is_zero()).then(|| now + drop_after.mul_f64(0.9 + 0.2 * random()));
        Self {
            period: heartbeat,
            is_waiting: true,
            heartbeat: Some(now + waiting_period(heartbeat)),
            turn: turn.map(|wait| now + wait),
            bye,
            is_closing: false,
            revocation: None,
            timer: Box::pin(sleep_until(now)),
        }
    }

    /// Records that the first list was sent. Heartbeats follow at the operator's pace from now on. A second call has no effect.
    pub(crate) fn list_was_sent(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.heartbeat = self.next_heartbeat();
        }
    }

    fn next_heartbeat(&self) -> Option<Instant> {
        let period = if self.is_waiting { waiting_period(self.period) } else { self.period };
        (!period.is_zero()).then(|| Instant::now() + period)
    }

    /// Makes the stream end at a random time in the first 80 % of the period `within`, so that not all clients reconnect at once. If the
    /// stream already has an earlier end, that end is kept. A second call has no effect.
    pub(super) fn close_within(&mut self, within: Duration) {
        if std::mem::replace(&mut self.is_closing, true) {
            return;
        }
        let at = Instant::now() + within.min(LONGEST).mul_f64(0.8 * random());
        self.bye = Some(self.bye.map_or(at, |bye| bye.min(at)));
    }

    /// Delays the first list of features again, by `wait` from now. After a wait for the rate limit of the client's address, the rate limit
    /// of the API key may require this second wait.
    pub(super) fn wait_for_turn(&mut self, wait: Duration) {
        self.turn = Some(Instant::now() + wait);
    }

    /// Makes the stream end after the time `wait`, because its key was removed. If an earlier call has set an end, that end is kept.
    pub(super) fn revoke_after(&mut self, wait: Duration) {
        self.revocation.get_or_insert_with(|| Instant::now() + wait);
    }

    /// Cancels the end that [`Self::revoke_after`] has set, because the key is valid again.
    pub(super) fn keep(&mut self) {
        self.revocation = None;
    }

    /// Returns the action with the earliest deadline once that deadline has passed.
    pub(crate) fn poll(&mut self, task: &mut Context<'_>) -> Poll<Due> {
        loop {
            let all = [
                (self.revocation, Due::Revocation),
                (self.bye, Due::Bye),
                (self.turn, Due::Turn),
                (self.heartbeat, Due::Heartbeat),
            ];
            let next =
                all.into_iter().filter_map(|(at, due)| Some((at?, due))).min_by_key(|(at, _)| *at);
            let Some((at, due)) = next else { return Poll::Pending };
            if at <= Instant::now() {
                self.done(due);
                return Poll::Ready(due);
            }
            if self.timer.deadline() != at {
                self.timer.as_mut().reset(at);
            }
            if self.timer.as_mut().poll(task).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn done(&mut self, due: Due) {
        match due {
            Due::Heartbeat => self.heartbeat = self.next_heartbeat(),
            Due::Turn => self.turn = None,
            Due::Bye => self.bye = None,
            Due::Revocation => self.revocation = None,
        }
    }
}

/// Returns the time between heartbeats before the first list, from the time between heartbeats after it.
fn waiting_period(period: Duration) -> Duration {
    if period.is_zero() { WAITING } else { period.min(WAITING) }
}

/// Returns a random number that is at least 0 and less than 1. It comes from the random keys of the standard library's hasher.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    /// Returns the deadlines of a stream that has sent its first list.
    fn sent(heartbeat: Duration, drop_after: Duration, turn: Option<Duration>) -> Timing {
        let mut timing = Timing::new(heartbeat, drop_after, turn);
        timing.list_was_sent();
        timing
    }

    async fn next(timing: &mut Timing) -> (Due, Duration) {
        let start = Instant::now();
        let due = poll_fn(|task| timing.poll(task)).await;
        (due, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn heartbeats_until_it_is_dropped() {
        let second = Duration::from_secs(1);
        let mut timing = sent(20 * second, 50 * second, Some(3 * second));
        assert_eq!(next(&mut timing).await.0, Due::Turn);
        assert_eq!(next(&mut timing).await.0, Due::Heartbeat);
        let (due, waited) = next(&mut timing).await;
        assert_eq!((due, waited.as_secs()), (Due::Heartbeat, 20));
        let (due, waited) = next(&mut timing).await;
        assert_eq!(due, Due::Bye);
        assert!((5 * second..=16 * second).contains(&waited), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_without_a_list_has_a_heartbeat_at_least_every_ten_seconds() {
        for (period, before, after) in [(0, 10, 0), (4, 4, 4), (20, 10, 20)] {
            let drop_after = Duration::from_secs(1_000);
            let mut timing = Timing::new(Duration::from_secs(period), drop_after, None);
            let (due, waited) = next(&mut timing).await;
            assert_eq!((due, waited.as_secs()), (Due::Heartbeat, before), "every {period} s");
            timing.list_was_sent();
            let (due, waited) = next(&mut timing).await;
            match after {
                0 => assert_eq!(due, Due::Bye),
                _ => assert_eq!((due, waited.as_secs()), (Due::Heartbeat, after)),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_comes_back_is_not_revoked() {
        let second = Duration::from_secs(1);
        let mut timing = sent(20 * second, Duration::ZERO, None);
        timing.revoke_after(5 * second);
        timing.keep();
        assert_eq!(next(&mut timing).await.0, Due::Heartbeat);
        timing.revoke_after(5 * second);
        assert_eq!(next(&mut timing).await.0, Due::Revocation);
        timing.close_within(10 * second);
        let (due, waited) = next(&mut timing).await;
        assert!(due == Due::Bye && waited <= 8 * second, "{due:?} {waited:?}");
    }

    /// A half-written file may be published several times.
    #[tokio::test(start_paused = true)]
    async fn the_revocation_delay_is_not_extended() {
        let second = Duration::from_secs(1);
        let mut timing = sent(Duration::ZERO, Duration::ZERO, None);
        timing.revoke_after(5 * second);
        tokio::time::advance(3 * second).await;
        timing.revoke_after(5 * second);
        let (due, waited) = next(&mut timing).await;
        assert_eq!((due, waited.as_secs()), (Due::Revocation, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn streams_end_spread_over_time() {
        let long = Duration::from_secs(1000);
        let (mut dropped, mut closed) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            let mut timing = sent(Duration::ZERO, long, None);
            dropped.push(next(&mut timing).await.1.as_secs());
            let mut timing = sent(Duration::ZERO, Duration::ZERO, None);
            timing.close_within(long);
            closed.push(next(&mut timing).await.1.as_secs());
        }
        let (least, most) =
            (|all: &[u64]| *all.iter().min().unwrap(), |all: &[u64]| *all.iter().max().unwrap());
        assert!(
            (900..950).contains(&least(&dropped)) && (1050..=1100).contains(&most(&dropped)),
            "{dropped:?}"
        );
        assert!(least(&closed) < 200 && (600..=800).contains(&most(&closed)), "{closed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_blocked_stream_gets_one_heartbeat() {
        let second = Duration::from_secs(1);
        let mut timing = sent(20 * second, Duration::ZERO, None);
        tokio::time::advance(110 * second).await;
        let (due, waited) = next(&mut timing).await;
        assert_eq!((due, waited.as_secs()), (Due::Heartbeat, 0));
        let (due, waited) = next(&mut timing).await;
        assert_eq!((due, waited.as_secs()), (Due::Heartbeat, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_durations_do_not_overflow() {
        let mut timing = sent(Duration::ZERO, Duration::MAX, None);
        let (due, waited) = next(&mut timing).await;
        assert!(due == Due::Bye && waited >= LONGEST.mul_f64(0.9), "{due:?} {waited:?}");
        sent(Duration::MAX, Duration::MAX, None).close_within(Duration::MAX);
    }

    #[test]
    fn random_numbers_lie_between_0_and_1_and_differ() {
        let drawn: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(drawn.iter().all(|x| (0.0..1.0).contains(x)));
        assert!(drawn.iter().any(|x| *x < 0.5) && drawn.iter().any(|x| *x > 0.5));
    }
}
