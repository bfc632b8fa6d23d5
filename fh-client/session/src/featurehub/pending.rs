//! Commands whose callers wait for the outcome, and their time limits.

use std::mem;

use fh_repository::problem::{Problem, Stage};
use fh_repository::readiness::Readiness;
use fh_repository::time::Millis;

use super::{Session, State};
use crate::action::{Action, CommandId};

/// A command that has no outcome yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) command_id: CommandId,
    /// The time at which the caller gets a timeout as the outcome; `None` for commands without a time limit. Only a command that sets a
    /// context has a limit.
    pub(super) expires: Option<Millis>,
}

impl Pending {
    pub(super) const fn without_limit(command_id: CommandId) -> Self {
        Self { command_id, expires: None }
    }

    const fn sets_a_context(&self) -> bool {
        self.expires.is_some()
    }
}

impl Session {
    /// Returns the pending form of a command that sets a context. The command's time limit is `Limits::poll`, from now.
    pub(super) fn pending_context(&self, command_id: CommandId) -> Pending {
        Pending { command_id, expires: Some(self.now.after(self.config.limits.poll)) }
    }

    /// Queues an outcome for each command that waits for the current or next request, and removes these commands.
    pub(super) fn settle(&mut self, outcome: &Result<(), Problem>) {
        let pending = mem::take(&mut self.command_ids);
        self.settle_all(pending, outcome);
    }

    /// Queues `outcome` as the outcome of each command in `pending`.
    pub(super) fn settle_all(&mut self, pending: Vec<Pending>, outcome: &Result<(), Problem>) {
        let readiness = self.readiness();
        for each in pending {
            self.reply(each.command_id, outcome.clone().map(|()| readiness));
        }
    }

    /// Queues the outcome of a command. Outcomes follow all other actions of the same input.
    pub(super) fn reply(&mut self, command_id: CommandId, outcome: Result<Readiness, Problem>) {
        self.settled.push(Action::CommandDone(command_id, outcome));
    }

    /// Removes the commands that set the current context from the commands that wait for the current request, and returns the removed
    /// commands.
    pub(super) fn take_pending_contexts(&mut self) -> Vec<Pending> {
        let (contexts, others) =
            mem::take(&mut self.command_ids).into_iter().partition(Pending::sets_a_context);
        self.command_ids = others;
        contexts
    }

    /// Returns the earliest time at which a pending command expires; `None` if no pending command has a time limit, or if the session has
    /// not started. The limits begin anew at the start, because no request is sent before.
    pub(super) fn command_deadline(&self) -> Option<Millis> {
        if matches!(self.state, State::Idle) {
            return None;
        }
        let next = self.next_context.iter().flat_map(|next| &next.pending);
        self.command_ids.iter().chain(next).filter_map(|pending| pending.expires).min()
    }

    /// Restarts the time limits of commands that were given before the start.
    pub(super) fn restart_command_limits(&mut self) {
        let expires = self.now.after(self.config.limits.poll);
        for pending in self.command_ids.iter_mut().filter(|pending| pending.sets_a_context()) {
            pending.expires = Some(expires);
        }
    }

    /// Reports a timeout to the commands whose time limit has passed. The contexts that these commands have set remain set. Before the
    /// start, no time limit passes.
    pub(super) fn expire_commands(&mut self) {
        if matches!(self.state, State::Idle) {
            return;
        }
        let now = self.now;
        let mut expired = Vec::new();
        let next = self.next_context.iter_mut().map(|next| &mut next.pending);
        for pending in [&mut self.command_ids].into_iter().chain(next) {
            expired.extend(pending.extract_if(.., |each| each.expires.is_some_and(|at| at <= now)));
        }
        self.settle_all(expired, &Err(Problem::TimedOut(Stage::Context)));
    }
}
