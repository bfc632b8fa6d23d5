//! Timeouts of peers that send no request in time.
//!
//! An HTTP/1 connection needs a timer only while it waits for a request. A timer that still runs during a response is dropped once it
//! elapses. An HTTP/2 connection has a timer that elapses at intervals, also during streams.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::connection_state::{ConnectionState, Waiting};

/// A timeout of a connection, which resolves when the peer has not sent a request in time.
pub(super) trait PeerTimeout {
    fn poll_over(&mut self, state: &ConnectionState, context: &mut Context<'_>) -> Poll<()>;
}

/// The timeout of an HTTP/1 connection, which handles one request at a time.
#[derive(Debug, Default)]
pub(super) struct Http1Timeout {
    timer: Option<Pin<Box<Sleep>>>,
    waiting: Option<Waiting>,
    deadline: Option<Instant>,
}

impl PeerTimeout for Http1Timeout {
    fn poll_over(&mut self, state: &ConnectionState, context: &mut Context<'_>) -> Poll<()> {
        let Some(waiting) = state.waiting() else {
            // A request is being answered. The timer is kept until it elapses, because the response may be finished before that.
            if self.timer.as_ref().is_some_and(|timer| timer.is_elapsed()) {
                self.timer = None;
            }
            return Poll::Pending;
        };
        if self.waiting != Some(waiting) {
            self.waiting = Some(waiting);
            self.deadline = limit(state, waiting).map(|limit| Instant::now() + limit);
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // A timer is postponed only when it elapses. Otherwise a busy connection would reset the timer at every request.
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// The timeout of an HTTP/2 connection. The requests of such a connection may overlap, and other tasks end them. The timeout therefore
/// checks at intervals whether there were any requests.
#[derive(Debug)]
pub(super) struct Http2Timeout {
    timer: Option<Pin<Box<Sleep>>>,
    last: Option<Waiting>,
}

impl Http2Timeout {
    pub(super) fn new(state: &ConnectionState) -> Self {
        let options = &state.server.options;
        let limit = limit_of(state, options.header_timeout.or(options.idle_timeout));
        let last = state.waiting().map(Waiting::whole);
        Self { timer: limit.map(|limit| Box::pin(sleep(limit))), last }
    }
}

impl PeerTimeout for Http2Timeout {
    fn poll_over(&mut self, state: &ConnectionState, context: &mut Context<'_>) -> Poll<()> {
        let Some(timer) = &mut self.timer else { return Poll::Pending };
        while timer.as_mut().poll(context).is_ready() {
            let waiting = state.waiting().map(Waiting::whole);
            if waiting.is_some() && waiting == self.last {
                self.timer = None;
                return Poll::Ready(());
            }
            self.last = waiting;
            let Some(limit) = state.server.options.idle_timeout else {
                self.timer = None;
                return Poll::Pending;
            };
            timer.as_mut().reset(Instant::now() + limit);
        }
        Poll::Pending
    }
}

/// The maximum time that a reserved connection has for its handshake, and again for its request head.
const RESERVED: Duration = Duration::from_secs(1);

/// Returns the time limit of a connection: `limit`, but at most [`RESERVED`] on a reserved connection. `None` means no limit.
pub(super) fn limit_of(state: &ConnectionState, limit: Option<Duration>) -> Option<Duration> {
    match state.is_reserved() {
        true => Some(limit.map_or(RESERVED, |limit| limit.min(RESERVED))),
        false => limit,
    }
}

fn limit(state: &ConnectionState, waiting: Waiting) -> Option<Duration> {
    let options = &state.server.options;
    match waiting {
        Waiting::FirstHead => limit_of(state, options.header_timeout),
        Waiting::RestOfHead { .. } => options.header_timeout,
        Waiting::NextRequest { .. } => options.idle_timeout,
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::task::Waker;

    use super::*;
    use crate::ListenOptions;
    use crate::connection_state::ServerState;

    /// A stream without events needs no memory for a timer.
    #[tokio::test(start_paused = true)]
    async fn no_timer_is_kept_while_a_request_is_answered() {
        let server =
            Arc::new(ServerState::new(axum::Router::new().into(), ListenOptions::default()));
        let peer = "[::ffff:192.0.2.7]:5".parse().unwrap();
        let state = Arc::new(ConnectionState::admit(server, peer, None).unwrap().0);
        assert_eq!(state.peer.to_string(), "192.0.2.7:5", "the IPv4 address in its usual form");
        let mut turns = Http1Timeout::default();
        let mut task = Context::from_waker(Waker::noop());
        assert!(turns.poll_over(&state, &mut task).is_pending());
        assert!(turns.timer.is_some());
        let in_flight = state.begin();
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(turns.poll_over(&state, &mut task).is_pending());
        assert!(turns.timer.is_none());
        drop(in_flight);
        poll_fn(|task| turns.poll_over(&state, task)).await;
    }
}
