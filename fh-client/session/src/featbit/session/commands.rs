//! The commands of programs: refresh, and the suspension of a program that is hidden, asleep or in the background.

use std::mem;

use fh_repository::problem::Problem;
use fh_repository::status::Connection;

use super::{Purpose, Session, State};
use crate::action::{Action, CommandId};

impl Session {
    /// Requests everything as soon as the limit of the request rate allows, unless such a request is in flight. Succeeds at once if the client is
    /// offline.
    pub(super) fn refresh(&mut self, command_id: CommandId) {
        match &self.state {
            State::Stopped => self.reply(command_id, Err(Problem::Closed)),
            State::Offline => self.confirm(command_id),
            State::Due { .. } => {
                self.commands.push(command_id);
                self.connect();
            }
            State::Connecting { purpose: Purpose::Poll, .. } | State::Fetching(_)
                if !self.polls_all =>
            {
                self.commands.push(command_id);
                self.give_up();
                self.connect();
            }
            State::Idle | State::Connecting { .. } | State::Open(_) | State::Fetching(_) => {
                self.commands.push(command_id);
                self.ask_for_all();
            }
        }
    }

    /// Reports that a command has succeeded without a request.
    pub(super) fn confirm(&mut self, command_id: CommandId) {
        let outcome = match self.state {
            State::Stopped => Err(Problem::Closed),
            _ => Ok(()),
        };
        self.reply(command_id, outcome);
    }

    /// Queues an outcome for each command that waits for the current or next request.
    pub(super) fn settle(&mut self, outcome: &Result<(), Problem>) {
        for command_id in mem::take(&mut self.commands) {
            self.reply(command_id, outcome.clone());
        }
    }

    fn reply(&mut self, command_id: CommandId, outcome: Result<(), Problem>) {
        let readiness = self.readiness();
        self.settled.push(Action::CommandDone(command_id, outcome.map(|()| readiness)));
    }

    /// Suspends the session. The request in flight is aborted, unless it is a poll for which a command waits.
    pub(super) fn suspend(&mut self) {
        if matches!(self.state, State::Stopped) || mem::replace(&mut self.is_suspended, true) {
            return;
        }
        let command_waits = !self.commands.is_empty();
        self.absent(self.now);
        match &self.state {
            State::Connecting { purpose: Purpose::Poll, .. } | State::Fetching(_)
                if command_waits => {}
            State::Connecting { .. }
            | State::Fetching(_)
            | State::Open(_)
            | State::Due { as_: Connection::Connecting, .. } => {
                self.give_up();
                if command_waits {
                    self.connect();
                } else {
                    self.await_resumption();
                }
            }
            State::Idle | State::Due { .. } | State::Offline | State::Stopped => {}
        }
    }

    /// Ends the suspension. A request that became due meanwhile is sent at once.
    pub(super) fn resume(&mut self) {
        if mem::take(&mut self.is_suspended) {
            self.tick();
        }
    }

    /// Makes a request due as soon as the suspension ends.
    pub(super) fn await_resumption(&mut self) {
        self.state = State::Due { at: self.now, as_: Connection::Resting };
    }

    /// Returns true if the session waits, and the suspension keeps it from acting when the time comes. A request that only the limit of the
    /// request rate delays is sent nevertheless, because a command needs it.
    pub(super) fn is_dormant(&self) -> bool {
        self.is_suspended
            && matches!(&self.state, State::Due { as_, .. } if *as_ != Connection::Connecting)
    }
}
