//! Compares successive snapshots of the features, and reports the differences as events.

use std::sync::Arc;

use fh_client::{Readiness, Snapshot};
use fh_eval::{Attributes, Timestamp};

use crate::clock;
use crate::feature_table::Reading;
use crate::systems::flag_system::FlagSystem;

/// A change of one feature, or of its held update.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// The feature is new.
    Appeared(Reading),
    /// The feature has been removed.
    Gone(Reading),
    /// The type, the value or the lock has changed.
    Changed { before: Reading, after: Reading },
    /// The version has changed, but not the type, the value for this context or the lock.
    Updated { before: Reading, after: Reading },
    /// An update of the feature is held back.
    Held(String),
    /// The held update was released by the user.
    Released(String),
    /// The held update is gone without a release, for example because the Edge has undone the change.
    Withdrawn(String),
}

impl Event {
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Appeared(seen) | Self::Gone(seen) => &seen.key,
            Self::Changed { after, .. } | Self::Updated { after, .. } => &after.key,
            Self::Held(key) | Self::Released(key) | Self::Withdrawn(key) => key,
        }
    }
}

/// The differences that one comparison has found.
#[derive(Debug, PartialEq)]
pub(crate) enum ForeignUpdate {
    Nothing,
    /// A list of features is there for the first time.
    First(Timestamp),
    Events(Timestamp, Vec<Event>),
}

/// The last state of the features, with which the next state is compared.
pub(crate) struct Observer {
    pub(super) system: &'static dyn FlagSystem,
    who: Arc<Attributes>,
    wanted: Vec<String>,
    seen: Option<Vec<Reading>>,
    /// The wanted keys with a held update at the last comparison.
    held: Vec<String>,
    /// The wanted keys that the user has released since the last comparison.
    released: Vec<String>,
}

impl Observer {
    /// Creates an observer of the wanted features for this context. If `wanted` is empty, all features are observed.
    pub(crate) fn new(
        system: &'static dyn FlagSystem,
        who: Arc<Attributes>,
        wanted: Vec<String>,
    ) -> Self {
        Self { system, who, wanted, seen: None, held: Vec::new(), released: Vec::new() }
    }

    /// Returns the wanted keys with a held update at the last comparison.
    pub(super) fn held(&self) -> &[String] {
        &self.held
    }

    /// Records keys that the user has released. Keys that are not wanted are left out.
    pub(super) fn released(&mut self, keys: impl IntoIterator<Item = Box<str>>) {
        let keys = keys.into_iter().map(String::from);
        let wanted: Vec<String> = keys.filter(|key| self.is_wanted(key)).collect();
        self.released.extend(wanted);
    }

    fn is_wanted(&self, key: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| wanted == key)
    }

    /// Returns true after a comparison that had a list of features, even an empty one.
    pub(super) const fn has_list(&self) -> bool {
        self.seen.is_some()
    }

    /// Returns the wanted features of the last comparison that had a list of features, in the order of the ruleset.
    pub(super) fn features(&self) -> &[Reading] {
        self.seen.as_deref().unwrap_or_default()
    }

    /// Returns the wanted keys that the server does not have. Before the first list of features has arrived, returns none.
    pub(super) fn missing(&self) -> impl Iterator<Item = &str> {
        let is_there = |key: &str| self.features().iter().any(|seen| seen.key == key);
        self.wanted.iter().map(String::as_str).filter(move |key| self.has_list() && !is_there(key))
    }

    /// Compares a snapshot with the previous snapshot, and returns the differences. Until the client is ready, or has failed
    /// with features, returns [`ForeignUpdate::Nothing`].
    pub(crate) fn compare(&mut self, snapshot: &Snapshot, held: &[Box<str>]) -> ForeignUpdate {
        // Features may arrive shortly before the client is ready.
        let is_there = match snapshot.readiness() {
            Readiness::Ready => true,
            Readiness::Failed => !snapshot.ruleset().is_empty(),
            _ => self.has_list(),
        };
        if !is_there {
            return ForeignUpdate::Nothing;
        }
        let mut now = self.system.readings(snapshot, &self.who);
        now.retain(|reading| self.is_wanted(&reading.key));
        let Some(before) = self.seen.replace(now) else {
            return ForeignUpdate::First(clock::now());
        };
        let mut events = self.held_events(held);
        events.extend(differences(&before, self.features()));
        if events.is_empty() {
            ForeignUpdate::Nothing
        } else {
            ForeignUpdate::Events(clock::now(), events)
        }
    }
}

impl Observer {
    /// Returns an event for each feature whose update is newly held, released or withdrawn.
    fn held_events(&mut self, held: &[Box<str>]) -> Vec<Event> {
        let wanted = held.iter().filter(|key| self.is_wanted(key));
        let now: Vec<String> = wanted.map(|key| String::from(&**key)).collect();
        let before = std::mem::replace(&mut self.held, now);
        let released = std::mem::take(&mut self.released);
        let is_over = |key: &&String| !self.held.contains(key) && !released.contains(key);
        let withdrawn = before.iter().filter(is_over).cloned().map(Event::Withdrawn);
        let withdrawn: Vec<Event> = withdrawn.collect();
        // A feature that was released and has a newer held update is reported as held again.
        let is_new = |key: &&String| !before.contains(key) || released.contains(key);
        let newly = self.held.iter().filter(is_new).cloned().map(Event::Held);
        let newly: Vec<Event> = newly.collect();
        released.into_iter().map(Event::Released).chain(withdrawn).chain(newly).collect()
    }
}

fn differences(before: &[Reading], now: &[Reading]) -> Vec<Event> {
    use std::collections::HashMap;
    let by_key = |list: &[Reading]| -> HashMap<String, Reading> {
        list.iter().map(|seen| (seen.key.clone(), seen.clone())).collect()
    };
    let (old, new) = (by_key(before), by_key(now));
    let gone = before.iter().filter(|seen| !new.contains_key(&seen.key)).cloned().map(Event::Gone);
    let others = now.iter().filter_map(|after| match old.get(&after.key) {
        None => Some(Event::Appeared(after.clone())),
        Some(before) => {
            let (before, after) = (before.clone(), after.clone());
            let is_same = (&before.kind, &before.token, before.is_locked)
                == (&after.kind, &after.token, after.is_locked);
            match is_same {
                false => Some(Event::Changed { before, after }),
                true if before.version != after.version => Some(Event::Updated { before, after }),
                true => None,
            }
        }
    });
    gone.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use fh_eval::Kind;

    use super::*;
    use crate::system::System;
    use crate::systems;

    fn seen(key: &str, token: &str, version: i64) -> Reading {
        Reading {
            names: systems::of(System::Featurehub).names(),
            key: key.to_string(),
            kind: Some(Kind::Number),
            token: Some(token.to_string()),
            text: Some(token.to_string()),
            is_locked: false,
            version: Some(version),
            reason: "STATIC",
            is_match: false,
            strategy_id: None,
            strategy: None,
            variant: None,
            variant_name: None,
            rule: None,
        }
    }

    #[test]
    fn differences_are_found() {
        let before = [seen("A", "1", 1), seen("B", "1", 1), seen("C", "1", 1), seen("D", "1", 1)];
        let locked = Reading { is_locked: true, ..seen("D", "1", 2) };
        let now = [seen("E", "1", 1), seen("B", "2", 2), seen("C", "1", 2), locked.clone()];
        let [a, b, c, d] = before.clone();
        let [new, b2, c2, _] = now.clone();
        assert_eq!(
            differences(&before, &now),
            [
                Event::Gone(a),
                Event::Appeared(new),
                Event::Changed { before: b, after: b2 },
                Event::Updated { before: c, after: c2 },
                Event::Changed { before: d, after: locked },
            ]
        );
        assert!(differences(&now, &now).is_empty());
    }
}
