//! Readiness, status, and what a session reports besides.

use std::sync::Arc;

use fh_repository::notice::Notice;
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::Rules;
use fh_repository::source::Source;
use fh_repository::status::Connection;

use super::{Kernel, Protocol, State};
use crate::action::Action;

impl<P: Protocol> Kernel<P> {
    pub(crate) fn readiness(&self) -> Readiness {
        match &self.state {
            State::Stopped => Readiness::Closed,
            _ if self.own.is_failed() => Readiness::Failed,
            _ if self.own.is_served() => Readiness::Ready,
            _ => Readiness::NotReady,
        }
    }

    /// Updates the status, and publishes it if it differs from the status that was published last.
    pub(crate) fn show(&mut self) {
        self.status.readiness = self.readiness();
        let (connection, next) = match &self.state {
            _ if self.is_dormant() => (Connection::Suspended, None),
            State::Idle => (Connection::Idle, None),
            State::Due { at, as_ } => (*as_, Some(*at)),
            State::Connecting { .. } | State::Fetching(_) => (Connection::Connecting, None),
            State::Streaming { .. } => (Connection::Streaming, None),
            State::Fresh { .. } | State::Expired => (Connection::Resting, None),
            State::Done => (Connection::Done, None),
            State::Halted => (Connection::Halted, None),
            State::Offline => (Connection::Offline, None),
            State::Stopped => (Connection::Closed, None),
        };
        self.status.connection = connection;
        self.status.next_attempt = next;
        P::complete_status(self);
        if self.status != self.shown {
            self.shown = self.status.clone();
            self.actions.push_back(Action::Status(self.status.clone()));
        }
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.actions.push_back(Action::Notice(notice));
    }

    /// Reports that features of a store have no effect.
    pub(crate) fn ignore_stored(&mut self, source: &Source, why: String) {
        self.notice(Notice::StoreIgnored { source: source.clone(), why });
    }

    /// Serves these features from now on.
    pub(crate) fn publish_rules(&mut self, rules: Rules, cause: Cause) {
        let rules = Arc::new(rules.of_system(P::SYSTEM));
        self.actions.push_back(Action::Publish(Publication { rules, cause }));
    }
}
