//! Other keys, which a caller sets.

use fh_repository::problem::Problem;

use super::access::Access;
use super::state::FeatureHub;
use crate::action::{Action, CommandId};
use crate::config::Mode;
use crate::feature_set::Effect;
use crate::kernel::{Kernel, Pending, State};
use crate::key::{ApiKeys, KeyKind};

impl Kernel<FeatureHub> {
    /// Replaces the keys, and drops the features of environments to which the new keys give no access.
    pub(super) fn change_keys(&mut self, command_id: CommandId, keys: ApiKeys) {
        if matches!(self.state, State::Stopped) {
            return self.reply(command_id, Err(Problem::Closed));
        }
        if let Some(next) = self.own.next_context.take() {
            if keys.kind() == KeyKind::ServerEvaluated {
                self.drop_superseded();
            }
            self.adopt(next);
        }
        let same_kind = keys.kind() == self.config.keys.kind();
        let first = self.own.feature_set.first_id();
        let holder = self.evaluated_for();
        self.config.keys = keys;
        self.own.etag = None;
        self.backoff.reset();
        self.refused.reset();
        // The Edge may be able to stream with the new key, so streaming is tried again.
        self.poll_until = None;
        self.gap = None;
        self.own.wrong_types = 0;
        self.own.held_streams = 0;
        self.own.access.forget_refusal();
        self.commands.push(Pending::new(command_id));
        let closed = self.own.feature_set.open(&self.config.keys);
        if !closed.environments.is_empty() {
            // The revocation comes before any publication, because a publication may be held back, or there may be none.
            self.actions.push_back(Action::Revoke(closed.environments));
        }
        let another = !self.own.feature_set.first_id().eq_ignore_ascii_case(&first);
        if self.own.held.is_served() && closed.had_features {
            self.serve_again(Effect::Seen);
        }
        // If the first environment or the kind of the keys has changed, the held features are withheld.
        if another || !same_kind {
            self.own.held.withhold();
            self.own.access = Access::Unknown;
            if !same_kind && !self.own.feature_set.is_empty() {
                self.own.held.leave_to_earlier_context(holder);
            }
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

    /// Returns true if the mode is streaming and there is a single key, because a stream has only one key.
    pub(super) fn streams(&self) -> bool {
        self.config.mode == Mode::Streaming && !self.config.keys.are_several()
    }
}
