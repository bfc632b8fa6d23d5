//! Suspension: a program that is hidden, asleep or in the background keeps its features and sends no request that no command needs.

use std::mem;

use fh_repository::status::Connection;

use super::{Kernel, Protocol, State};
use crate::action::Action;

impl<P: Protocol> Kernel<P> {
    /// Suspends the session. The request in flight is aborted, unless a command waits for it.
    pub(super) fn suspend(&mut self) {
        if matches!(self.state, State::Stopped) || mem::replace(&mut self.is_suspended, true) {
            return;
        }
        P::suspending(self);
        let command_waits = !self.commands.is_empty();
        let is_active = self.state.request_id().is_some()
            || matches!(self.state, State::Due { as_: Connection::Connecting, .. });
        if !is_active || command_waits && P::answers_commands(self) {
            return;
        }
        self.give_up();
        if command_waits {
            self.connect();
        } else {
            self.await_resumption();
            P::aborted_by_suspension(self);
        }
    }

    /// Ends the suspension. A request that became due meanwhile is sent at once.
    pub(super) fn resume(&mut self) {
        if !mem::take(&mut self.is_suspended) {
            return;
        }
        if matches!(self.state, State::Expired) {
            // A read that the driver reported during the suspension had no effect, so the session asks for a report again.
            self.actions.push_back(Action::ReportReads);
        } else {
            self.tick();
        }
        P::resumed(self);
    }

    /// Makes a request due as soon as the suspension ends.
    pub(super) fn await_resumption(&mut self) {
        self.state = State::Due { at: self.now, as_: Connection::Resting };
    }

    /// Returns true if the session waits, and the suspension keeps it from acting when the time comes. A request that only the limit of the
    /// request rate delays is sent nevertheless, because a command needs it.
    pub(crate) fn is_dormant(&self) -> bool {
        self.is_suspended
            && match &self.state {
                State::Due { as_, .. } => *as_ != Connection::Connecting,
                State::Fresh { .. } | State::Expired => true,
                _ => false,
            }
    }
}
