//! The protocol of a FeatureHub client as a state machine. The session decides which actions are due, and a driver performs them.
//!
//! Every state in which the session waits for the Edge has a deadline, so that no failure can stop a client silently. There is no deadline
//! before the start, and none for a client that is offline, halted or closed, or suspended without a poll in flight. A passive client whose
//! features may be outdated has no deadline either, nor has a one-off client that is done.

mod access;
mod answer;
mod connect;
mod contexts;
mod held;
mod open_stream;
mod outcome;
mod pending;
mod protocol;
mod request;
mod state;
mod stream;
mod update;

use std::fmt;
use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;

use crate::action::{Action, Input};
use crate::config::Config;
use crate::kernel::Kernel;
use state::FeatureHub;

/// The state of one client's communication with an Edge.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns; see [`Input`] and [`Action`].
/// At most one request is in flight: before [`Action::Send`] for the next request, the previous request has ended or gets
/// [`Action::Abort`].
///
/// ```
/// use fh_repository::time::Millis;
/// use fh_session::{Action, ApiKeys, Config, EdgeUrl, End, Input, ResponseHead, Session};
/// let edge = EdgeUrl::parse("https://edge.example")?;
/// let mut session = Session::new(Config::new(edge, ApiKeys::parse(["env/key*"])?), 42);
/// session.handle(Millis::new(0), Input::Start);
/// let Some(Action::Send(request_id, request)) = session.poll() else { panic!() };
/// assert_eq!(request.url.expose(), "https://edge.example/features/env/key*");
/// let head = ResponseHead::new(200).header("content-type", "text/event-stream");
/// session.handle(Millis::new(80), Input::Opened { request_id, head: &head });
/// session.handle(Millis::new(90), Input::Bytes { request_id, bytes: b"event: features\ndata: []\n\n" });
/// assert!(std::iter::from_fn(|| session.poll()).any(|action| matches!(action, Action::Publish(_))));
/// session.handle(Millis::new(30_000), Input::Closed { request_id, end: End::Complete });
/// assert!(session.deadline().unwrap() <= Millis::new(31_000)); // soon again
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session(Kernel<FeatureHub>);

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let own = FeatureHub::new(&config);
        Self(Kernel::new(config, own, seed))
    }

    /// Handles an event or a command that arrived at the time `now`. Call [`Self::poll`] afterwards until it returns `None`.
    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        self.0.handle(now, input);
    }

    /// Removes the next action for the driver, and returns it; `None` if no action is left.
    pub fn poll(&mut self) -> Option<Action> {
        self.0.actions.pop_front()
    }

    /// Returns the time at which the driver must pass in [`Input::Tick`] if no other event comes before; `None` if the session waits for no
    /// time.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.0.deadline()
    }

    /// Returns the time when the Edge last sent data for a request that was in flight: the head of a response, or a chunk of its body.
    /// Returns `None` before the first data.
    #[must_use]
    pub const fn last_contact(&self) -> Option<Millis> {
        self.0.last_contact
    }

    /// Returns the current status of the client.
    #[must_use]
    pub const fn status(&self) -> &SessionStatus {
        &self.0.status
    }

    /// Returns the context of a server-evaluated key that was set last: the waiting context, or the current context if no context waits. With a
    /// client-evaluated key, contexts are not set, so that the context of the last server-evaluated key, or an empty context, is returned.
    #[must_use]
    pub fn newest_context(&self) -> &Arc<Attributes> {
        self.0.newest_context()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
