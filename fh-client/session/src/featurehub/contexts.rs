//! Contexts of server-evaluated keys: at most one request is in flight, and at most one context waits.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;

use super::pending::Pending;
use super::{Session, State};
use crate::action::{Action, CommandId};
use crate::config::WhileSwitching;
use crate::context_header::{ContextHeader, values_with_commas};
use crate::feature_set::Effect;

/// A context that is to become the current context, and the commands that set it.
pub(super) struct NextContext {
    pub(super) attributes: Arc<Attributes>,
    pub(super) header: ContextHeader,
    /// The commands that set this context and are not finished yet.
    pub(super) pending: Vec<Pending>,
}

impl Session {
    /// Sets a context. If its header differs from that of the current context, the Edge has to evaluate the features for it. With a
    /// client-evaluated key, the command is done at once and changes nothing.
    ///
    /// A newer context does not abort the request for which [`Self::awaits_features`] returns true, so that the client makes progress
    /// however often the context changes. The newest context waits until that request has succeeded or failed.
    pub(super) fn change_context(&mut self, command_id: CommandId, context: Arc<Attributes>) {
        if matches!(self.state, State::Stopped) {
            self.reply(command_id, Err(Problem::Closed));
            return;
        }
        if self.evaluates_here() {
            self.reply(command_id, Ok(self.readiness()));
            return;
        }
        let header = match ContextHeader::of(&context) {
            Ok(header) => header,
            Err(why) => {
                self.reply(command_id, Err(Problem::Context(why)));
                return;
            }
        };
        let is_new = header != self.header;
        if self.is_stale() && (is_new || !self.held.is_current()) {
            self.reply(command_id, Err(Problem::Stale));
            return;
        }
        if context != *self.newest_context() {
            for attribute in values_with_commas(&context) {
                self.actions.push_back(Action::Notice(Notice::CommaInValue { attribute }));
            }
        }
        let pending = self.pending_context(command_id);
        if !is_new {
            if self.next_context.is_some() {
                self.refuse_next_context(&Problem::Superseded);
                self.hand_on_kept_values();
            }
            self.set_again(context, pending);
        } else if self.awaits_features() {
            self.set_next_context(context, header, pending);
        } else {
            self.drop_superseded();
            self.adopt(NextContext { attributes: context, header, pending: vec![pending] });
            self.ask_for_context();
        }
    }

    /// Returns the context of a server-evaluated key that was set last: the waiting context, or the current context if no context waits. With a
    /// client-evaluated key, contexts are not set, so that the context of the last server-evaluated key, or an empty context, is returned.
    #[must_use]
    pub fn newest_context(&self) -> &Arc<Attributes> {
        self.next_context.as_ref().map_or(&self.context, |next| &next.attributes)
    }

    /// Sets a context whose header is the same as that of the current context.
    fn set_again(&mut self, context: Arc<Attributes>, pending: Pending) {
        if context != self.context {
            // An Edge cannot distinguish contexts with the same header, such as the value `a,b` and the two values `a`
            // and `b`. The features are valid for both contexts, but reads return values only for the context that was
            // set last.
            self.drop_superseded();
            self.context = context;
            if self.held.is_served() {
                self.serve_again(Effect::Invisible);
            }
        }
        match &self.state {
            State::Idle => self.command_ids.push(pending),
            State::Offline => self.reply(pending.command_id, Ok(self.readiness())),
            _ if self.held.is_current() => self.reply(pending.command_id, Ok(self.readiness())),
            _ => self.refresh(pending),
        }
    }

    /// Makes a context the waiting context. If another context waits already, its commands fail with [`Problem::Superseded`].
    fn set_next_context(
        &mut self,
        attributes: Arc<Attributes>,
        header: ContextHeader,
        pending: Pending,
    ) {
        match &mut self.next_context {
            Some(next) if next.attributes == attributes => {
                next.pending.push(pending);
                return;
            }
            _ => self.refuse_next_context(&Problem::Superseded),
        }
        self.next_context = Some(NextContext { attributes, header, pending: vec![pending] });
        self.hand_on_kept_values();
    }

    /// Serves the kept values for the newest context, if features are served and the settings keep values while the Edge evaluates a new
    /// context.
    fn hand_on_kept_values(&mut self) {
        if self.config.while_switching == WhileSwitching::Keep && self.held.is_served() {
            self.serve_again(Effect::Invisible);
        }
    }

    /// Drops the waiting context and reports `problem` to the callers that set this context.
    pub(super) fn refuse_next_context(&mut self, problem: &Problem) {
        let Some(next) = self.next_context.take() else { return };
        self.settle_all(next.pending, &Err(problem.clone()));
    }

    /// Drops the waiting context, because the Edge wants no more requests. The current context stays in force.
    pub(super) fn refuse_next_context_as_stale(&mut self) {
        self.refuse_next_context(&Problem::Stale);
        self.hand_on_kept_values();
    }

    /// Reports [`Problem::Superseded`] to the callers that set the current context, because another context replaced it before its features
    /// arrived.
    pub(super) fn drop_superseded(&mut self) {
        let pending = self.take_pending_contexts();
        self.settle_all(pending, &Err(Problem::Superseded));
    }

    /// Returns true if a newer context has to wait: a request is in flight, no features of the current context are served, and the
    /// current context was set after the start. A redirected request that is delayed by the limit of the request rate counts as in flight.
    /// A stream counts until its first list.
    fn awaits_features(&self) -> bool {
        let is_in_flight = match &self.state {
            State::Connecting { .. } | State::Fetching(_) => true,
            State::Streaming(stream) => !stream.has_data,
            State::Due { following, .. } => following.is_some(),
            _ => false,
        };
        is_in_flight && self.context_was_set && !self.held.is_current()
    }

    /// Makes the waiting context the current context and requests its features, once the request of the previous context has succeeded or
    /// failed. If the Edge wants no more requests, the waiting context is refused. Returns true if a context was waiting and no longer is.
    pub(super) fn start_next_context(&mut self) -> bool {
        if self.awaits_features() || self.next_context.is_none() {
            return false;
        }
        if self.is_stale() {
            self.refuse_next_context_as_stale();
            return true;
        }
        let Some(next) = self.next_context.take() else { return false };
        self.drop_superseded();
        self.adopt(next);
        self.ask_for_context();
        true
    }

    /// Makes a context the current context. If there are held features, they now belong to an earlier context.
    pub(super) fn adopt(&mut self, next: NextContext) {
        if self.held.is_served() || !self.feature_set.is_empty() {
            self.held.leave_to_earlier_context(self.evaluated_for());
        }
        self.context = next.attributes;
        self.header = next.header;
        self.context_was_set = !matches!(self.state, State::Idle);
        self.etag = None;
        self.command_ids.extend(next.pending);
        match self.config.while_switching {
            // The previous values are served for the new context until the values of the new context arrive.
            WhileSwitching::Keep if self.held.is_served() => {
                self.serve_again(Effect::Invisible);
            }
            _ => {
                self.held.withhold();
                self.access.forget_refusal();
            }
        }
    }

    fn ask_for_context(&mut self) {
        match &self.state {
            // An offline client sends no request, so the command is complete.
            State::Offline => self.settle(&Ok(())),
            State::Idle => {}
            _ => {
                self.give_up();
                self.connect();
            }
        }
    }

    /// Returns the context for which the Edge evaluated the held features; `None` if the client evaluates them.
    pub(super) fn evaluated_for(&self) -> Option<Arc<Attributes>> {
        match self.held.of_earlier_context() {
            Some(of) => of.clone(),
            None => (!self.evaluates_here()).then(|| Arc::clone(&self.context)),
        }
    }

    /// Returns the second context for which the held features are served if the settings keep values: the newest context. Returns `None` if
    /// the settings hide values, or if the held features are not those of an earlier context.
    pub(super) fn kept_for(&self) -> Option<Arc<Attributes>> {
        let is_kept = self.held.of_earlier_context().is_some()
            && self.config.while_switching == WhileSwitching::Keep;
        is_kept.then(|| Arc::clone(self.newest_context()))
    }
}
