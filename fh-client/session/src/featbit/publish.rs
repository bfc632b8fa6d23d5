//! Applies flags to the store, and publishes them.

use std::sync::Arc;

use fh_repository::notice::Notice;
use fh_repository::publication::{Cause, RawKind, RawUpdate};
use fh_repository::rules::{Environments, Rules};
use fh_repository::source::Source;
use fh_repository::system::System;

use super::message::Sync;
use super::state::FeatBit;
use super::store::Applied;
use crate::action::Action;
use crate::kernel::Kernel;

impl Kernel<FeatBit> {
    /// Applies flags that the server or a bootstrap document has sent, and publishes them.
    pub(super) fn apply(&mut self, sync: &Sync<'_>, source: Source) -> Applied {
        let mut applied = self.own.store.apply(sync);
        for what in std::mem::take(&mut applied.ignored).into_texts() {
            self.notice(Notice::Ignored { what });
        }
        let is_first = self.status.updated.is_none();
        if applied.is_changed || is_first {
            let cause = if is_first { Cause::First } else { Cause::Change };
            let environments = Environments::One(Arc::clone(&self.own.environment));
            let rules = Rules::client_evaluated(self.own.store.ruleset().clone(), environments);
            // A publication that waits would be replaced at once, so that listeners would see flags come and go.
            let waiting = self.actions.iter_mut().find_map(|action| match action {
                Action::Publish(waiting) => Some(waiting),
                _ => None,
            });
            match waiting {
                Some(waiting) => waiting.rules = Arc::new(rules.of_system(System::FeatBit)),
                None => self.publish_rules(rules, cause),
            }
            if !sync.text.is_empty() {
                let environment = Some(Arc::clone(&self.own.environment));
                let (source, kind) = (source.clone(), RawKind::List);
                let json = sync.text.clone();
                self.actions.push_back(Action::Raw(RawUpdate { source, environment, kind, json }));
            }
        }
        self.serves(source);
        applied
    }

    /// Records that this source has sent or confirmed the flags.
    pub(super) fn serves(&mut self, source: Source) {
        self.own.is_served = true;
        self.own.is_failed = false;
        self.status.updated = Some(self.now);
        self.status.source = Some(source);
        self.status.cursor = Some(self.own.store.cursor());
    }

    /// Returns the version from which the next request asks for changes; `None` if it asks for everything.
    pub(super) fn cursor(&self) -> Option<i64> {
        (!self.asks_for_all()).then(|| self.read_until())
    }

    /// Returns the version up to which nothing is missing.
    pub(super) fn read_until(&self) -> i64 {
        let before = self.own.unanswered.into_iter().chain(self.own.unread).min();
        before.unwrap_or_else(|| self.own.store.cursor())
    }
}
