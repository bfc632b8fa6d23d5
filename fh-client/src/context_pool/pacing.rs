//! The limit on the requests per second that all contexts of a pool send together.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fh_session::EdgeUrl;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::transport::{
    BoxFuture, InvalidSetting, Response, Transport, TransportError, TransportRequest,
};

const SECOND: Duration = Duration::from_secs(1);
/// The value of the field `want` of a [`PacedTransport`] if its client has not tried to send a request since the last request that
/// was sent.
const NONE: u64 = 0;

/// A limit on the number of requests that are sent in any second. The oldest request is sent first. A request that is retried
/// before it was sent keeps the age of its first attempt.
pub(super) struct Pacer(Mutex<State>);

struct State {
    rate: usize,
    /// The times at which the requests of the last second were sent, in ascending order. Older times are removed at the next
    /// check.
    sent: VecDeque<Instant>,
    /// The requests that wait to be sent, the oldest first.
    waiting: BTreeMap<Key, Option<Waker>>,
    count: u64,
}

/// The key by which waiting requests are ordered: the number of the member's first attempt, and then the number of the request
/// itself. A member keeps the first number until one of its requests is sent.
type Key = (u64, u64);

impl Pacer {
    pub(super) const fn new(rate: usize) -> Self {
        let sent = VecDeque::new();
        Self(Mutex::new(State { rate, sent, waiting: BTreeMap::new(), count: NONE }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_rate(&self, rate: usize) {
        let mut state = self.state();
        state.rate = rate;
        state.wake_first();
    }
}

impl State {
    fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn wake_first(&mut self) {
        let first = self.waiting.first_entry().and_then(|mut first| first.get_mut().take());
        first.into_iter().for_each(Waker::wake);
    }

    /// Removes the sent requests that are at least a second old, and returns the time at which the next request may be sent.
    /// Returns `None` if the request may be sent now.
    fn next(&mut self, now: Instant) -> Option<Instant> {
        while self.sent.front().is_some_and(|sent| *sent + SECOND <= now) {
            self.sent.pop_front();
        }
        let over = self.sent.len().checked_sub(self.rate)?;
        self.sent.get(over).map(|sent| *sent + SECOND)
    }
}

/// The transport of one member. Each request waits until the pacer permits it to be sent.
pub(super) struct PacedTransport {
    transport: Arc<dyn Transport>,
    pacer: Arc<Pacer>,
    /// The number of the member's first attempt since its last sent request, or [`NONE`] if there was no attempt since. An
    /// aborted attempt keeps its number for the next attempt.
    want: Arc<AtomicU64>,
}

impl PacedTransport {
    pub(super) fn new(transport: &Arc<dyn Transport>, pacer: &Arc<Pacer>) -> Self {
        let want = Arc::new(AtomicU64::new(NONE));
        Self { transport: Arc::clone(transport), pacer: Arc::clone(pacer), want }
    }

    fn turn(&self) -> Turn {
        let mut state = self.pacer.state();
        let number = state.next_number();
        let first = self.want.compare_exchange(NONE, number, Ordering::Relaxed, Ordering::Relaxed);
        let key = (first.map_or_else(|older| older, |_| number), number);
        state.waiting.insert(key, None);
        Turn { pacer: Arc::clone(&self.pacer), key, timer: None }
    }
}

impl Transport for PacedTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let (turn, transport, want) =
            (self.turn(), Arc::clone(&self.transport), Arc::clone(&self.want));
        Box::pin(async move {
            turn.await;
            want.store(NONE, Ordering::Relaxed);
            transport.send(request).await
        })
    }

    fn check(&self, edge: &EdgeUrl) -> Result<(), InvalidSetting> {
        self.transport.check(edge)
    }

    /// Returns the inner transport for the child process, because the pool's limit does not apply to a client outside of the pool.
    fn after_fork(&self) -> Option<Arc<dyn Transport>> {
        self.transport.after_fork()
    }
}

/// The position of a request among the waiting requests. Dropping the position removes the request.
struct Turn {
    pacer: Arc<Pacer>,
    key: Key,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            let mut state = this.pacer.state();
            let is_first = state.waiting.first_key_value().is_some_and(|(key, _)| *key == this.key);
            let now = Instant::now();
            let next = if is_first { state.next(now) } else { None };
            if is_first && next.is_none() {
                state.sent.push_back(now);
                state.waiting.remove(&this.key);
                state.wake_first();
                return Poll::Ready(());
            }
            state.waiting.insert(this.key, Some(cx.waker().clone()));
            drop(state);
            // The first request waits until the rate permits it. The other requests wait until the first request wakes them.
            let Some(next) = next else { return Poll::Pending };
            let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(next)));
            timer.as_mut().reset(next);
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.pacer.state();
        let was_first = state.waiting.first_key_value().is_some_and(|(key, _)| *key == self.key);
        if state.waiting.remove(&self.key).is_some() && was_first {
            state.wake_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::transport::OfflineTransport;

    fn is_ready(turn: &mut Pin<Box<Turn>>) -> bool {
        turn.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn members<const N: usize>(rate: usize) -> [PacedTransport; N] {
        let pacer = Arc::new(Pacer::new(rate));
        let transport: Arc<dyn Transport> = Arc::new(OfflineTransport);
        std::array::from_fn(|_| PacedTransport::new(&transport, &pacer))
    }

    #[tokio::test(start_paused = true)]
    async fn requests_in_any_second_are_limited() {
        let [member] = members(3);
        let mut went = Vec::new();
        let start = Instant::now();
        for _ in 0..8 {
            member.turn().await;
            went.push(start.elapsed().as_millis());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(went, [0, 200, 400, 1_000, 1_200, 1_400, 2_000, 2_200]);
    }

    /// A retried request is sent before a request that was made after the first try.
    #[tokio::test(start_paused = true)]
    async fn a_retried_request_keeps_the_age_of_its_first_try() {
        let [first, old, young] = members(1);
        first.turn().await;
        let given_up = old.turn();
        let mut younger = Box::pin(young.turn());
        drop(given_up);
        let mut again = Box::pin(old.turn());
        tokio::time::sleep(SECOND).await;
        assert!(!is_ready(&mut younger));
        assert!(is_ready(&mut again));
        tokio::time::sleep(SECOND).await;
        assert!(is_ready(&mut younger));
    }

    /// The next waiting request is woken when the request before it is dropped, and when a higher rate is set.
    #[tokio::test(start_paused = true)]
    async fn the_next_one_is_woken() {
        let [first, second, third] = members(1);
        first.turn().await;
        let leaving = Box::pin(second.turn());
        let waiting = tokio::spawn(third.turn());
        tokio::task::yield_now().await;
        drop(leaving);
        waiting.await.unwrap();
        let waiting = tokio::spawn(second.turn());
        tokio::task::yield_now().await;
        let before = Instant::now();
        first.pacer.set_rate(2);
        waiting.await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
