//! Commands of callers, who wait for the outcome: start, stop, and requests for features.

use std::mem;

use fh_repository::problem::Problem;

use super::{Kernel, Pending, Protocol, State};
use crate::action::{Action, CommandId};

impl<P: Protocol> Kernel<P> {
    pub(crate) fn start(&mut self) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        if !P::prepare_start(self) {
            self.state = State::Offline;
            self.settle(&Ok(()));
        } else if self.is_suspended && self.commands.is_empty() {
            self.await_resumption();
        } else {
            P::begin(self);
        }
    }

    pub(super) fn stop(&mut self) {
        self.give_up();
        self.state = State::Stopped;
        self.settle(&Err(Problem::Closed));
        P::stopped(self);
    }

    /// Requests features as soon as the limit of the request rate allows. The protocol decides if a request is in flight. Succeeds at once if
    /// the client is offline.
    pub(crate) fn refresh(&mut self, pending: Pending) {
        match &self.state {
            State::Stopped | State::Offline => self.confirm(pending.command_id),
            State::Due { .. }
            | State::Fresh { .. }
            | State::Expired
            | State::Done
            | State::Halted => {
                self.commands.push(pending);
                self.connect();
            }
            State::Idle
            | State::Connecting { .. }
            | State::Streaming { .. }
            | State::Fetching(_) => {
                self.commands.push(pending);
                P::command_waits(self);
            }
        }
    }

    /// Reports that a command has succeeded without a request.
    pub(crate) fn confirm(&mut self, command_id: CommandId) {
        let is_stopped = matches!(self.state, State::Stopped);
        self.reply(command_id, if is_stopped { Err(Problem::Closed) } else { Ok(()) });
    }

    /// Queues an outcome for each command that waits for the request in flight, or for the next one.
    pub(crate) fn settle(&mut self, outcome: &Result<(), Problem>) {
        let pending = mem::take(&mut self.commands);
        self.settle_all(pending, outcome);
    }

    /// Queues the outcome of each of these commands.
    pub(crate) fn settle_all(&mut self, pending: Vec<Pending>, outcome: &Result<(), Problem>) {
        for each in pending {
            self.reply(each.command_id, outcome.clone());
        }
    }

    /// Queues the outcome of a command. Outcomes follow all other actions of the same input.
    pub(crate) fn reply(&mut self, command_id: CommandId, outcome: Result<(), Problem>) {
        let readiness = self.readiness();
        self.settled.push(Action::CommandDone(command_id, outcome.map(|()| readiness)));
    }

    /// Reports [`Problem::Superseded`] to the callers that set the current context, because another context replaced it before its features
    /// arrived.
    pub(crate) fn drop_superseded(&mut self) {
        let contexts = self.commands.extract_if(.., |pending| pending.sets_context).collect();
        self.settle_all(contexts, &Err(Problem::Superseded));
    }
}
