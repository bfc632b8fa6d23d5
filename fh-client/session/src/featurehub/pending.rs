//! The time limits of commands that set a context.

use fh_repository::problem::{Problem, Stage};
use fh_repository::time::Millis;

use super::state::FeatureHub;
use crate::action::CommandId;
use crate::kernel::{Kernel, Pending, State};

impl Kernel<FeatureHub> {
    /// Returns the pending form of a command that sets a context. The command's time limit is `Limits::poll`, from now.
    pub(super) fn pending_context(&self, command_id: CommandId) -> Pending {
        let expires = Some(self.now.after(self.config.limits.poll));
        Pending { command_id, sets_context: true, expires }
    }

    /// Returns the earliest time at which a pending command expires; `None` if no pending command has a time limit, or if the session has
    /// not started. The limits begin anew at the start, because no request is sent before.
    pub(super) fn command_deadline(&self) -> Option<Millis> {
        if matches!(self.state, State::Idle) {
            return None;
        }
        let next = self.own.next_context.iter().flat_map(|next| &next.pending);
        self.commands.iter().chain(next).filter_map(|pending| pending.expires).min()
    }

    /// Restarts the time limits of commands that were given before the start.
    pub(super) fn restart_command_limits(&mut self) {
        let expires = self.now.after(self.config.limits.poll);
        for pending in self.commands.iter_mut().filter(|pending| pending.sets_context) {
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
        let next = self.own.next_context.iter_mut().map(|next| &mut next.pending);
        for pending in [&mut self.commands].into_iter().chain(next) {
            expired.extend(pending.extract_if(.., |each| each.expires.is_some_and(|at| at <= now)));
        }
        self.settle_all(expired, &Err(Problem::TimedOut(Stage::Context)));
    }
}
