//! What callers ask for: a refresh, another context, other keys; and what a read of a feature sets off.

use std::sync::Arc;

use fh_eval::Attributes;

use super::{Session, State};
use crate::action::{Action, Errand};
use crate::config::{Mode, WhileSwitching};
use crate::context_header::{ContextHeader, values_with_commas};
use crate::key::ApiKeys;
use crate::planted::planted;
use crate::repository::Effect;
use crate::status::{Notice, Problem};

impl Session {
    /// Whatever the state, the Edge is asked now, unless it is being asked or a healthy stream tells all there is.
    pub(super) fn refresh(&mut self, errand: Errand) {
        self.errands.push(errand);
        match &self.state {
            State::Stopped => self.settle(&Err(Problem::Closed)),
            State::Offline => self.settle(&Ok(())),
            State::Streaming(stream) if stream.has_data => self.settle(&Ok(())),
            State::Connecting { .. } | State::Fetching(_) if planted!(RefreshDoubles) => {
                self.connect();
            }
            State::Connecting { .. } | State::Fetching(_) | State::Streaming(_) => {}
            State::Idle => self.start(),
            State::Halted if planted!(HaltsForGood) => self.settle(&Err(Problem::Stale)),
            State::Due { .. }
            | State::Fresh { .. }
            | State::Expired
            | State::Done
            | State::Halted => {
                self.status.is_stale = false;
                self.connect();
            }
        }
    }

    /// A feature was read: a passive client whose features may be old fetches (D-71).
    pub(super) fn touched(&mut self) {
        let fresh = matches!(self.state, State::Fresh { .. });
        if matches!(self.state, State::Expired) || (fresh && planted!(ReadsAlwaysAsk)) {
            self.connect();
        }
    }

    /// Another context: an Edge that evaluates has to evaluate anew, and features of the former one are another's.
    pub(super) fn change_context(&mut self, errand: Errand, context: Arc<Attributes>) {
        if matches!(self.state, State::Stopped) {
            self.reply(errand, Err(Problem::Closed));
            return;
        }
        if self.evaluates_here() {
            #[cfg(planted_bugs)]
            if planted!(ContextAlwaysSent) {
                self.header = ContextHeader::of(&context).unwrap_or_default();
            }
            self.reply(errand, Ok(self.readiness()));
            return;
        }
        let header = match ContextHeader::of(&context) {
            Ok(header) => header,
            Err(why) => {
                self.reply(errand, Err(Problem::Context(why)));
                return;
            }
        };
        let is_new = header != self.header;
        if self.status.is_stale && (is_new || !self.serves()) {
            self.reply(errand, Err(Problem::Stale));
            return;
        }
        if context != self.context {
            for attribute in values_with_commas(&context) {
                self.actions.push_back(Action::Notice(Notice::CommaInValue { attribute }));
            }
            self.context = context;
            if !is_new && self.listed {
                // An Edge cannot tell them apart, `a,b` and the two values `a` and `b`: what holds for one holds for the other.
                self.serve(Effect::Unseen);
            }
        }
        if !is_new {
            match &self.state {
                State::Idle => self.errands.push(errand),
                State::Offline => {
                    self.reply(errand, Ok(self.readiness()));
                }
                _ if self.serves() => {
                    self.reply(errand, Ok(self.readiness()));
                }
                _ => self.refresh(errand),
            }
            return;
        }
        self.header = header;
        if !planted!(EtagOutlivesContext) {
            self.etag = None;
        }
        self.errands.push(errand);
        self.switching |= self.listed || !self.repository.is_empty();
        match self.config.while_switching {
            // The former values answer for the new context until its own are in.
            WhileSwitching::KeepValues if self.listed => self.serve(Effect::Unseen),
            _ if planted!(ReadyWhileSwitching) => {}
            _ => {
                self.listed = false;
                self.failed = false;
            }
        }
        match &self.state {
            // Nothing will ever come; nothing was promised.
            State::Offline => self.settle(&Ok(())),
            State::Idle => {}
            State::Streaming(_) if planted!(ContextLeavesStreamOpen) => self.connect(),
            _ => {
                self.give_up();
                self.connect();
            }
        }
    }

    /// Other keys: what only the former ones opened is dropped.
    pub(super) fn change_keys(&mut self, errand: Errand, keys: ApiKeys) {
        if matches!(self.state, State::Stopped) {
            self.reply(errand, Err(Problem::Closed));
            return;
        }
        let same_kind = keys.kind() == self.config.keys.kind();
        let first = self.repository.first_id();
        self.config.keys = keys;
        self.etag = None;
        self.backoff.reset();
        self.refused.reset();
        // Another key may be one that streams.
        self.poll_until = None;
        self.wrong_types = 0;
        self.failed = false;
        self.status.is_stale = false;
        self.errands.push(errand);
        let dropped = if planted!(KeysLeaveFeatures) {
            Effect::None
        } else {
            self.repository.open(&self.config.keys)
        };
        let another = !self.repository.first_id().eq_ignore_ascii_case(&first);
        if self.listed && dropped == Effect::Seen {
            self.serve(Effect::Seen);
        }
        // Features that were evaluated elsewhere, or are of another environment, say nothing about this one.
        if another || !same_kind {
            self.listed = false;
            self.contacted = false;
            self.switching |= !same_kind && !self.repository.is_empty();
        }
        match &self.state {
            State::Offline => self.settle(&Ok(())),
            State::Idle => {}
            _ => {
                self.give_up();
                self.connect();
            }
        }
    }

    /// The mode, as far as the present keys allow it: a stream has one key.
    pub(super) fn streams(&self) -> bool {
        self.config.mode == Mode::Streaming && !self.config.keys.are_several()
    }
}
