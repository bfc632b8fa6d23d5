//! Commands of callers that wait for their outcome, and the time within which it has to come.

use std::mem;

use super::{Session, State};
use crate::action::{Action, Errand};
use crate::planted::planted;
use crate::status::{Problem, Readiness, Stage};
use crate::time::Millis;

/// A command without an outcome yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) errand: Errand,
    /// When the caller is told that it takes too long. Only a new context has such a limit (D-120).
    pub(super) expires: Option<Millis>,
}

impl Pending {
    pub(super) const fn without_limit(errand: Errand) -> Self {
        Self { errand, expires: None }
    }

    const fn sets_a_context(&self) -> bool {
        self.expires.is_some()
    }
}

impl Session {
    /// A command that sets a context: its outcome is known within the limit of a poll.
    pub(super) fn pending_context(&self, errand: Errand) -> Pending {
        Pending { errand, expires: Some(self.now.after(self.config.limits.poll)) }
    }

    /// Gives this outcome to the commands that wait for the present request.
    pub(super) fn settle(&mut self, outcome: &Result<(), Problem>) {
        if planted!(TroubleSettlesNothing) && matches!(outcome, Err(Problem::Unreachable(_))) {
            return;
        }
        let pending = mem::take(&mut self.errands);
        self.settle_all(pending, outcome);
    }

    /// Gives these commands their outcome.
    pub(super) fn settle_all(&mut self, pending: Vec<Pending>, outcome: &Result<(), Problem>) {
        let readiness = self.readiness();
        for each in pending {
            self.reply(each.errand, outcome.clone().map(|()| readiness));
        }
    }

    /// Gives a command its outcome. Outcomes are reported after all other actions.
    pub(super) fn reply(&mut self, errand: Errand, outcome: Result<Readiness, Problem>) {
        self.settled.push(Action::Settled(errand, outcome));
    }

    /// Takes the commands that set the present context out of those that wait for the present request.
    pub(super) fn take_pending_contexts(&mut self) -> Vec<Pending> {
        let (contexts, others) =
            mem::take(&mut self.errands).into_iter().partition(Pending::sets_a_context);
        self.errands = others;
        contexts
    }

    /// The earliest limit of a pending command. Before the start nothing is asked, so nothing takes too long.
    pub(super) fn command_deadline(&self) -> Option<Millis> {
        if matches!(self.state, State::Idle) || planted!(ContextsWaitForEver) {
            return None;
        }
        let next = self.next_context.iter().flat_map(|next| &next.pending);
        self.errands.iter().chain(next).filter_map(|pending| pending.expires).min()
    }

    /// Limits of commands that came before the start begin with it.
    pub(super) fn restart_command_limits(&mut self) {
        let expires = self.now.after(self.config.limits.poll);
        for pending in self.errands.iter_mut().filter(|pending| pending.sets_a_context()) {
            pending.expires = Some(expires);
        }
    }

    /// Ends the commands whose limit has passed. What they set stays set.
    pub(super) fn expire_commands(&mut self) {
        if planted!(ContextsWaitForEver) {
            return;
        }
        let now = self.now;
        let mut expired = Vec::new();
        let next = self.next_context.iter_mut().map(|next| &mut next.pending);
        for pending in [&mut self.errands].into_iter().chain(next) {
            expired.extend(pending.extract_if(.., |each| each.expires.is_some_and(|at| at <= now)));
        }
        self.settle_all(expired, &Err(Problem::TimedOut(Stage::Context)));
    }
}
