//! Suspension: a program that is hidden, asleep or in the background keeps its features and sends no request that no command needs.

use std::mem;

use fh_repository::status::Connection;

use super::{Session, State};
use crate::action::{Action, RequestKind};

impl Session {
    /// Suspends the session. The request in flight is aborted, unless it is a poll for which a command waits. If commands wait for a stream,
    /// a poll answers them instead. A stream with status 236 ends as [`Self::stream_given_up`] describes.
    pub(super) fn suspend(&mut self) {
        if matches!(self.state, State::Stopped) || mem::replace(&mut self.is_suspended, true) {
            return;
        }
        let command_waits = !self.command_ids.is_empty();
        match &self.state {
            State::Streaming(stream) if self.is_last(stream) => {
                self.give_up();
                self.halt_stale();
            }
            State::Connecting { kind: RequestKind::Poll, .. }
            | State::Fetching(_)
            | State::Due { following: Some((RequestKind::Poll, _)), .. }
                if command_waits => {}
            State::Connecting { .. }
            | State::Fetching(_)
            | State::Streaming(_)
            | State::Due { as_: Connection::Connecting, .. } => {
                self.give_up();
                if command_waits {
                    self.connect();
                } else {
                    self.await_resumption();
                }
            }
            State::Idle
            | State::Due { .. }
            | State::Fresh { .. }
            | State::Expired
            | State::Done
            | State::Halted
            | State::Offline
            | State::Stopped => {}
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
    }

    /// Makes a request due as soon as the suspension ends.
    pub(super) fn await_resumption(&mut self) {
        self.state = State::Due { at: self.now, as_: Connection::Resting, following: None };
    }

    /// Returns true if the session waits, and the suspension keeps it from acting when the time comes. A request that only the limit of the
    /// request rate delays is sent nevertheless, because a command needs it.
    pub(super) fn is_dormant(&self) -> bool {
        self.is_suspended
            && match &self.state {
                State::Due { as_, .. } => *as_ != Connection::Connecting,
                State::Fresh { .. } | State::Expired => true,
                _ => false,
            }
    }
}
