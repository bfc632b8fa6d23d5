//! Commands of callers: a refresh, other keys, and the request that a read of a feature causes.

use fh_repository::problem::Problem;

use super::access::Access;
use super::pending::Pending;
use super::{Session, State};
use crate::action::{Action, CommandId};
use crate::config::Mode;
use crate::feature_set::Effect;
use crate::key::{ApiKeys, KeyKind};

impl Session {
    /// Requests features from the Edge, as soon as the limit of the request rate allows. No request is sent if a request is in flight, if a
    /// stream that has sent a list of features is open, or if the client is offline or closed.
    pub(super) fn refresh(&mut self, pending: Pending) {
        self.command_ids.push(pending);
        match &self.state {
            State::Stopped => self.settle(&Err(Problem::Closed)),
            State::Offline => self.settle(&Ok(())),
            State::Streaming(stream) if stream.has_data => self.settle(&Ok(())),
            State::Connecting { .. } | State::Fetching(_) | State::Streaming(_) => {}
            State::Idle => self.start(),
            State::Due { .. }
            | State::Fresh { .. }
            | State::Expired
            | State::Done
            | State::Halted => self.connect(),
        }
    }

    /// Handles the read of a feature: sends a request if the client polls passively and the time of its next poll has come.
    pub(super) fn feature_read(&mut self) {
        if matches!(self.state, State::Expired) && !self.is_suspended {
            self.connect();
        }
    }

    /// Replaces the keys, and drops the features of environments to which the new keys give no access.
    pub(super) fn change_keys(&mut self, command_id: CommandId, keys: ApiKeys) {
        if matches!(self.state, State::Stopped) {
            self.reply(command_id, Err(Problem::Closed));
            return;
        }
        if let Some(next) = self.next_context.take() {
            if keys.kind() == KeyKind::ServerEvaluated {
                self.drop_superseded();
            }
            self.adopt(next);
        }
        let same_kind = keys.kind() == self.config.keys.kind();
        let first = self.feature_set.first_id();
        let holder = self.evaluated_for();
        self.config.keys = keys;
        self.etag = None;
        self.backoff.reset();
        self.refused.reset();
        // The Edge may be able to stream with the new key, so streaming is tried again.
        self.poll_until = None;
        self.gap = None;
        self.wrong_types = 0;
        self.held_streams = 0;
        self.access.forget_refusal();
        self.command_ids.push(Pending::without_limit(command_id));
        let closed = self.feature_set.open(&self.config.keys);
        if !closed.environments.is_empty() {
            // The revocation comes before any publication, because a publication may be held back, or there may be none.
            self.actions.push_back(Action::Revoke(closed.environments));
        }
        let another = !self.feature_set.first_id().eq_ignore_ascii_case(&first);
        if self.held.is_served() && closed.had_features {
            self.serve_again(Effect::Seen);
        }
        // If the first environment or the kind of the keys has changed, the held features are withheld.
        if another || !same_kind {
            self.held.withhold();
            self.access = Access::Unknown;
            if !same_kind && !self.feature_set.is_empty() {
                self.held.leave_to_earlier_context(holder);
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
