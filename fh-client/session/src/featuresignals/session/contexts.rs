//! Contexts for which the server evaluates: at most one is asked for, and at most one waits.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::problem::Problem;

use super::{Session, State};
use crate::action::CommandId;
use crate::config::WhileSwitching;
use crate::featuresignals::context::check;

/// A command that waits for the outcome of a poll.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) command_id: CommandId,
    kind: PendingKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PendingKind {
    Refresh,
    Context,
}

impl Pending {
    pub(super) const fn refresh(command_id: CommandId) -> Self {
        Self { command_id, kind: PendingKind::Refresh }
    }

    const fn context(command_id: CommandId) -> Self {
        Self { command_id, kind: PendingKind::Context }
    }
}

/// A context that becomes the current one as soon as the poll in flight has succeeded or failed.
pub(super) struct Next {
    context: Arc<Attributes>,
    commands: Vec<Pending>,
}

impl Session {
    /// Sets the context for which the server evaluates. If the client evaluates, the command is done at once and changes nothing.
    ///
    /// A newer context does not abort a poll for a context that a program has set, so that the client makes progress however often the context
    /// changes. The newest context waits until that poll has succeeded or failed.
    pub(super) fn change_context(&mut self, command_id: CommandId, context: Arc<Attributes>) {
        if matches!(self.state, State::Stopped) || !self.is_remote() {
            return self.confirm(command_id);
        }
        if let Err(problem) = check(&context) {
            return self.reply(command_id, Err(problem));
        }
        let pending = Pending::context(command_id);
        if context == self.context {
            if self.next.is_some() {
                self.refuse_next(&Problem::Superseded);
                self.keep_values_if_kept();
            }
            match &self.state {
                State::Idle => self.commands.push(pending),
                _ if self.is_served && self.holds(&context) => self.confirm(command_id),
                _ => self.refresh(pending),
            }
        } else if self.must_wait() {
            match &mut self.next {
                Some(next) if next.context == context => next.commands.push(pending),
                _ => {
                    self.refuse_next(&Problem::Superseded);
                    self.next = Some(Next { context, commands: vec![pending] });
                    self.keep_values_if_kept();
                }
            }
        } else {
            self.adopt(Next { context, commands: vec![pending] });
            self.ask_for_context();
        }
    }

    /// Returns the context that was set last: the waiting context, or the current one if no context waits; `None` if the
    /// client evaluates.
    #[must_use]
    pub fn newest_context(&self) -> Option<&Arc<Attributes>> {
        let newest = self.next.as_ref().map_or(&self.context, |next| &next.context);
        self.is_remote().then_some(newest)
    }

    /// Returns true if a newer context has to wait: a poll is in flight for the current context, whose values are not served yet, and a program
    /// has set that context after the start.
    fn must_wait(&self) -> bool {
        matches!(self.state, State::Polling(_))
            && self.context_was_set
            && !self.holds(&self.context)
    }

    /// Makes the waiting context, if there is one, the current one, and asks for its values.
    pub(super) fn begin_next(&mut self) {
        if let Some(next) = self.next.take() {
            self.adopt(next);
            self.ask_for_context();
        }
    }

    /// Drops the waiting context and reports `problem` to the callers that set it.
    pub(super) fn refuse_next(&mut self, problem: &Problem) {
        let Some(next) = self.next.take() else { return };
        for pending in next.commands {
            self.reply(pending.command_id, Err(problem.clone()));
        }
    }

    /// Makes a context the current one. Values that are served belong to an earlier context then.
    fn adopt(&mut self, next: Next) {
        self.drop_superseded();
        self.context = next.context;
        self.context_was_set = !matches!(self.state, State::Idle);
        self.is_failed = false;
        self.commands.extend(next.commands);
        if self.config.while_switching == WhileSwitching::Keep && self.held.is_some() {
            self.keep_values();
        } else {
            self.is_served = self.holds(&self.context);
        }
    }

    fn keep_values_if_kept(&mut self) {
        if self.config.while_switching == WhileSwitching::Keep {
            self.keep_values();
        }
    }

    /// Reports [`Problem::Superseded`] to the callers that set the current context, because another context replaced it before its values
    /// arrived.
    fn drop_superseded(&mut self) {
        let (contexts, others) = std::mem::take(&mut self.commands)
            .into_iter()
            .partition(|pending: &Pending| pending.kind == PendingKind::Context);
        self.commands = others;
        let contexts: Vec<Pending> = contexts;
        for pending in contexts {
            self.reply(pending.command_id, Err(Problem::Superseded));
        }
    }

    fn ask_for_context(&mut self) {
        if !matches!(self.state, State::Idle) {
            self.give_up();
            self.begin_poll();
        }
    }
}
