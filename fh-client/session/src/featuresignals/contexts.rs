//! Contexts for which the server evaluates: at most one is asked for, and at most one waits.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::problem::Problem;

use super::context::check;
use super::state::{FeatureSignals, Next};
use crate::action::CommandId;
use crate::config::WhileSwitching;
use crate::kernel::{Kernel, Pending, State};

impl Kernel<FeatureSignals> {
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
        let pending = Pending { sets_context: true, ..Pending::new(command_id) };
        if context == self.own.context {
            if self.own.next.is_some() {
                self.refuse_next(&Problem::Superseded);
                self.keep_values_if_kept();
            }
            match &self.state {
                State::Idle => self.commands.push(pending),
                _ if self.own.is_served && self.holds(&context) => self.confirm(command_id),
                _ => self.refresh(pending),
            }
        } else if self.must_wait() {
            match &mut self.own.next {
                Some(next) if next.context == context => next.commands.push(pending),
                _ => {
                    self.refuse_next(&Problem::Superseded);
                    self.own.next = Some(Next { context, commands: vec![pending] });
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
    pub(super) fn newest_context(&self) -> Option<&Arc<Attributes>> {
        let newest = self.own.next.as_ref().map_or(&self.own.context, |next| &next.context);
        self.is_remote().then_some(newest)
    }

    /// Returns true if a newer context has to wait: a poll is in flight for the current context, whose values are not served yet, and a program
    /// has set that context after the start.
    fn must_wait(&self) -> bool {
        self.state.request_id().is_some()
            && self.own.context_was_set
            && !self.holds(&self.own.context)
    }

    /// Makes the waiting context, if there is one, the current one, and asks for its values.
    pub(super) fn begin_next(&mut self) {
        if let Some(next) = self.own.next.take() {
            self.adopt(next);
            self.ask_for_context();
        }
    }

    /// Drops the waiting context and reports `problem` to the callers that set it.
    pub(super) fn refuse_next(&mut self, problem: &Problem) {
        let Some(next) = self.own.next.take() else { return };
        self.settle_all(next.commands, &Err(problem.clone()));
    }

    /// Makes a context the current one. Values that are served belong to an earlier context then.
    fn adopt(&mut self, next: Next) {
        self.drop_superseded();
        self.own.context = next.context;
        self.own.context_was_set = !matches!(self.state, State::Idle);
        self.own.is_failed = false;
        self.commands.extend(next.commands);
        if self.config.while_switching == WhileSwitching::Keep && self.own.held.is_some() {
            self.keep_values();
        } else {
            self.own.is_served = self.holds(&self.own.context);
        }
    }

    fn keep_values_if_kept(&mut self) {
        if self.config.while_switching == WhileSwitching::Keep {
            self.keep_values();
        }
    }

    fn ask_for_context(&mut self) {
        if !matches!(self.state, State::Idle) {
            self.give_up();
            self.connect();
        }
    }
}
