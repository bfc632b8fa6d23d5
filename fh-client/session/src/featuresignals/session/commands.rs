//! The commands of programs: refresh, and the suspension of a program that is hidden, asleep or in the background.

use std::mem;

use fh_repository::problem::Problem;
use fh_repository::status::Connection;

use super::contexts::Pending;
use super::stream::Stream;
use super::{Session, State};
use crate::action::{Action, CommandId};

impl Session {
    /// Polls as soon as the limit of the rate allows, unless a poll is in flight. Succeeds at once if the client sends no requests.
    pub(super) fn refresh(&mut self, pending: Pending) {
        match &self.state {
            State::Stopped => self.reply(pending.command_id, Err(Problem::Closed)),
            State::Offline => self.confirm(pending.command_id),
            State::Due { .. } | State::Done => {
                self.commands.push(pending);
                self.begin_poll();
            }
            State::Idle | State::Polling(_) => self.commands.push(pending),
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

    /// Queues an outcome for each command that waits for the poll in flight, or for the next one.
    pub(super) fn settle(&mut self, outcome: &Result<(), Problem>) {
        for pending in mem::take(&mut self.commands) {
            self.reply(pending.command_id, outcome.clone());
        }
    }

    pub(super) fn reply(&mut self, command_id: CommandId, outcome: Result<(), Problem>) {
        let readiness = self.readiness();
        self.settled.push(Action::CommandDone(command_id, outcome.map(|()| readiness)));
    }

    /// Suspends the session. The stream is ended, and the poll in flight is aborted, unless a command waits for it.
    pub(super) fn suspend(&mut self) {
        if matches!(self.state, State::Stopped) || mem::replace(&mut self.is_suspended, true) {
            return;
        }
        self.is_streaming = false;
        // A delay of the next stream continues, because a failure or a refusal caused it.
        if !matches!(self.stream, Stream::Due { .. }) {
            self.end_stream();
        }
        match &self.state {
            State::Polling(_) | State::Due { as_: Connection::Connecting, .. }
                if self.commands.is_empty() =>
            {
                self.give_up();
                self.await_resumption();
                // A command waits for the next context, whose poll is sent nevertheless.
                self.begin_next();
            }
            _ => {}
        }
    }

    /// Ends the suspension. A poll that became due meanwhile is sent at once, and a new stream is opened.
    pub(super) fn resume(&mut self) {
        if !mem::take(&mut self.is_suspended) {
            return;
        }
        self.tick();
        let runs = !matches!(self.state, State::Idle | State::Offline | State::Stopped);
        if runs && matches!(self.stream, Stream::Closed) {
            self.begin_stream();
        }
    }

    /// Makes a poll due as soon as the suspension ends.
    pub(super) fn await_resumption(&mut self) {
        self.state = State::Due { at: self.now, as_: Connection::Resting };
    }

    /// Returns true if the session waits, and the suspension keeps it from polling when the time comes. A poll that only the limit of the rate
    /// delays is sent nevertheless, because a command needs it.
    pub(super) fn is_dormant(&self) -> bool {
        self.is_suspended
            && matches!(&self.state, State::Due { as_, .. } if *as_ != Connection::Connecting)
    }
}
