//! The session of a client, of one of several systems.

use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::time::Millis;
use fh_session::{Action, Input, Session};

/// A session with a server of one system. All sessions have the same inputs and actions.
pub(crate) trait Protocol: Send {
    /// Handles an input. `wall` returns the time of day, which not every session needs.
    fn handle(&mut self, now: Millis, wall: &dyn Fn() -> Timestamp, input: Input<'_>);

    fn poll(&mut self) -> Option<Action>;

    fn deadline(&self) -> Option<Millis>;

    fn last_contact(&self) -> Option<Millis>;

    /// Returns the context that was set last, for which a server evaluates features; `None` if the client evaluates all contexts.
    fn newest_context(&self) -> Option<&Arc<Attributes>>;
}

impl Protocol for Session {
    fn handle(&mut self, now: Millis, _: &dyn Fn() -> Timestamp, input: Input<'_>) {
        self.handle(now, input);
    }

    fn poll(&mut self) -> Option<Action> {
        self.poll()
    }

    fn deadline(&self) -> Option<Millis> {
        self.deadline()
    }

    fn last_contact(&self) -> Option<Millis> {
        self.last_contact()
    }

    fn newest_context(&self) -> Option<&Arc<Attributes>> {
        Some(self.newest_context())
    }
}
