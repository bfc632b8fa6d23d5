//! Updates of the snapshot, and catch & release, which decides whether updates are served or held back.

use std::collections::HashMap;
use std::sync::Arc;

use super::difference::differences;
use super::listen::{NewState, ReadinessChange, RepositoryEvent, is_other_state};
use super::snapshot::RepositorySnapshot;
use super::write::Write;
use super::{Inner, Repository};
use crate::publication::{Cause, Publication};
use crate::readiness::Readiness;
use crate::rules::{Environments, Rules, ServerEvaluated};
use crate::status::SessionStatus;
use crate::sync::{MutexGuard, Ordering, lock};

impl Repository {
    /// Holds updates back from now on. The last held update is kept, but not served before it is [released](Self::release).
    ///
    /// A list that is published with [`Cause::First`] is served nevertheless, such as the first list of features, or the first list for
    /// another context of a server-evaluated key. Features of environments to which no API key gives access any more are removed
    /// nevertheless. Status and readiness are never held back.
    pub fn catch_updates(&self) {
        let _write = self.inner.write();
        self.inner.is_catching.store(true, Ordering::Release);
    }

    /// Returns true from a call of `catch_updates` to the next call of `stop_catching`, even while no update is held. Takes no lock.
    #[must_use]
    pub fn is_catching(&self) -> bool {
        self.inner.is_catching.load(Ordering::Acquire)
    }

    /// Returns true if features are held back: if a release of all features would change what a reader sees. This ends when the last visible
    /// change is released, or when an update undoes it.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.inner.write().is_holding
    }

    /// Returns the keys of the held features: those that the last update adds, removes, or changes visibly, compared with the served
    /// features. The list is empty if and only if [`Self::is_holding`] is false.
    #[must_use]
    pub fn held(&self) -> Vec<Box<str>> {
        let write = self.inner.write();
        self.inner.held(&write).unwrap_or_default()
    }

    /// Serves the last update. If updates are held back, later updates continue to be held back. Change listeners compare their features
    /// with the last update only, however many updates were held. Has no effect after [`close`](Self::close).
    pub fn release(&self) {
        self.inner.release(true);
    }

    /// Serves the last state of the features with these keys only, and continues to hold back all other changes. A feature that was deleted
    /// meanwhile is removed. If the last update was evaluated for another context than the served features, or with another kind of API
    /// key, the whole update is served. Has no effect without keys, and after [`close`](Self::close).
    pub fn release_only<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) {
        let keys: Vec<K> = keys.into_iter().collect();
        self.inner.release_only(&keys.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    }

    /// Serves the last update, and all later updates as they arrive. Serves no held update after [`close`](Self::close).
    pub fn stop_catching(&self) {
        self.inner.release(false);
    }
}

impl Inner {
    pub(crate) fn publish(&self, publication: Publication) {
        let Publication { rules, cause } = publication;
        let mut write = self.write();
        if write.is_closed {
            return;
        }
        let live = self.live.load_full();
        let is_visible = cause == Cause::Change;
        let is_first = cause == Cause::First;
        let is_held = self.is_catching.load(Ordering::Acquire) && !is_first;
        let before = write.latest.replace(Arc::clone(&rules));
        let is_news =
            is_visible && live.has_list() && lock(&self.core.event_queue).wants_new_states();
        let keys =
            is_news.then(|| self.differences(before.as_ref().unwrap_or(live.rules()), &rules));
        if is_held {
            if is_visible {
                write.is_holding = self.are_different(live.rules(), &rules);
            }
            if !is_visible && let Some(relabelled) = relabelled(live.rules(), &rules) {
                self.store(&mut write, live.with_rules(Arc::new(relabelled), live.has_list()));
                self.core.mark_changed();
            }
        } else {
            write.is_holding = false;
            self.store(&mut write, live.with_rules(rules, live.has_list() || is_first));
            self.core.mark_changed();
        }
        if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
            self.core.push(RepositoryEvent::NewState(NewState { is_held, keys: keys.into() }));
        }
        let woken = write.waiting_tasks.updated();
        drop(write);
        woken.wake();
        self.core.dispatcher.wake();
    }

    pub(crate) fn revoke(&self, environments: &[Arc<str>]) {
        let mut write = self.write();
        if write.is_closed {
            return;
        }
        let live = self.live.load_full();
        let left = |rules: &Rules| rules.without_environments(environments).map(Arc::new);
        let served = left(live.rules());
        if let Some(latest) = &write.latest {
            let is_served = Arc::ptr_eq(latest, live.rules());
            let latest = if is_served { served.clone() } else { left(latest) };
            write.latest = latest.or_else(|| write.latest.take());
        }
        let Some(served) = served else {
            let woken = write.waiting_tasks.updated();
            drop(write);
            return woken.wake();
        };
        let is_other = |latest: &Arc<Rules>| self.are_different(&served, latest);
        write.is_holding = write.is_holding && write.latest.as_ref().is_some_and(is_other);
        if live.has_list() && lock(&self.core.event_queue).wants_new_states() {
            let keys = self.differences(live.rules(), &served).into();
            self.core.push(RepositoryEvent::NewState(NewState { is_held: false, keys }));
        }
        self.serve(write, &live, served);
    }

    /// Returns the keys of the held features that visibly differ from the served features; `None` if `is_holding` is false.
    pub(crate) fn held(&self, write: &Write) -> Option<Vec<Box<str>>> {
        let latest = write.latest.as_ref().filter(|_| write.is_holding)?;
        Some(self.differences(self.live.load().rules(), latest))
    }

    fn differences(&self, older: &Rules, newer: &Rules) -> Vec<Box<str>> {
        differences(older, newer, self.core.is_visible_change)
    }

    /// Returns true if a feature visibly differs between two sets of rules.
    fn are_different(&self, older: &Rules, newer: &Rules) -> bool {
        !self.differences(older, newer).is_empty()
    }

    pub(crate) fn set_status(&self, status: SessionStatus) {
        let mut write = self.write();
        if write.is_closed {
            return;
        }
        let is_news = self.show(&mut write, status);
        let woken = write.waiting_tasks.updated();
        drop(write);
        woken.wake();
        if is_news {
            self.core.dispatcher.wake();
        }
    }

    pub(crate) fn close(&self) {
        let mut write = self.write();
        if std::mem::replace(&mut write.is_closed, true) {
            return;
        }
        let status = SessionStatus::clone(self.live.load().status());
        self.show(&mut write, SessionStatus { readiness: Readiness::Closed, ..status });
        self.is_closed.store(true, Ordering::Release);
        let woken = write.waiting_tasks.updated();
        drop(write);
        woken.wake();
        self.core.dispatcher.wake();
    }

    /// Stores a status in the snapshot. If connection, problem or readiness changed, queues events for listeners and returns true;
    /// otherwise returns false.
    fn show(&self, write: &mut Write, status: SessionStatus) -> bool {
        let live = self.live.load_full();
        let status = Arc::new(status);
        let readiness = status.readiness;
        let is_other = live.readiness() != readiness;
        self.store(write, live.with_status(Arc::clone(&status)));
        if is_other {
            let is_first = readiness == Readiness::Ready && !write.was_ready;
            match readiness {
                Readiness::Ready => write.was_ready = true,
                Readiness::NotReady => write.was_ready = false,
                _ => {}
            }
            self.core.mark_changed();
            let status = Arc::clone(&status);
            self.core.push(RepositoryEvent::Readiness(ReadinessChange {
                readiness,
                is_first,
                status,
            }));
        }
        let is_other_state = is_other_state(live.status(), &status);
        if is_other_state {
            self.core.push(RepositoryEvent::Status(status));
        }
        is_other_state
    }

    fn release(&self, goes_on: bool) {
        let mut write = self.write();
        if !goes_on {
            self.is_catching.store(false, Ordering::Release);
        }
        if write.is_closed {
            return;
        }
        write.is_holding = false;
        let live = self.live.load_full();
        let latest = write.latest.as_ref().filter(|latest| !Arc::ptr_eq(latest, live.rules()));
        let Some(latest) = latest.cloned() else { return };
        self.serve(write, &live, latest);
    }

    fn release_only(&self, keys: &[&str]) {
        if keys.is_empty() {
            return;
        }
        let mut write = self.write();
        if write.is_closed {
            return;
        }
        let live = self.live.load_full();
        let latest = write.latest.as_ref().filter(|latest| !Arc::ptr_eq(latest, live.rules()));
        let Some(latest) = latest.cloned() else { return };
        let next = merged(live.rules(), &latest, keys);
        // If the served features no longer differ from the last update, the last update itself is served.
        let next = if same_features(&next, &latest) { latest } else { Arc::new(next) };
        let is_other = |latest: &Arc<Rules>| self.are_different(&next, latest);
        write.is_holding = write.is_holding && write.latest.as_ref().is_some_and(is_other);
        self.serve(write, &live, next);
    }

    /// Serves `rules` in place of the rules of the snapshot `live`.
    fn serve(
        &self,
        mut write: MutexGuard<'_, Write>,
        live: &RepositorySnapshot,
        rules: Arc<Rules>,
    ) {
        self.store(&mut write, live.with_rules(rules, live.has_list()));
        let woken = write.waiting_tasks.updated();
        drop(write);
        woken.wake();
        self.compare_again();
    }
}

/// Returns `live` with the contexts of `latest`; `None` if the contexts are the same, or if the client evaluates the features of one of the
/// two. A client that keeps its values while the Edge evaluates a new context keeps the served values, not the held values.
fn relabelled(live: &Rules, latest: &Rules) -> Option<Rules> {
    let (old, new) = (live.evaluated_for()?, latest.evaluated_for()?);
    if old.context == new.context && old.kept_for == new.kept_for {
        return None;
    }
    let (context, kept_for) = (Arc::clone(&new.context), new.kept_for.clone());
    let evaluated = ServerEvaluated { context, kept_for, strategies: old.strategies.clone() };
    let environments = live.environments().clone();
    Some(Rules::server_evaluated(live.ruleset().clone(), environments, Arc::new(evaluated)))
}

/// Returns a copy of `live`, in which the features with these keys have the state that they have in `latest`. Returns a copy of `latest` if
/// the two sets of rules are for different contexts or for different kinds of API keys.
fn merged(live: &Rules, latest: &Rules, keys: &[&str]) -> Rules {
    let mut strategies = match (live.evaluated_for(), latest.evaluated_for()) {
        (None, None) => None,
        (Some(old), Some(new)) if old.context == new.context => Some(old.strategies.clone()),
        // Features for two contexts, or for two kinds of keys, are not merged.
        _ => return latest.clone(),
    };
    let mut ruleset = live.ruleset().clone();
    for key in keys {
        ruleset = match latest.ruleset().feature(key) {
            Some(feature) => ruleset.with(&feature),
            None => ruleset.without([*key]),
        };
        if let (Some(strategies), Some(new)) = (&mut strategies, latest.evaluated_for()) {
            match new.strategies.get(*key) {
                Some(id) => strategies.insert((*key).into(), id.clone()),
                None => strategies.remove(*key),
            };
        }
    }
    let environments = match (live.environments(), latest.environments()) {
        (Environments::One(old), Environments::One(new)) if old == new => {
            Environments::One(Arc::clone(old))
        }
        (Environments::Unknown, Environments::Unknown) => Environments::Unknown,
        _ => {
            let from = |key: &str| if keys.contains(&key) { latest } else { live };
            let known = ruleset.iter().filter_map(|feature| {
                let environment = from(feature.key()).environment_of(feature.key())?;
                Some((Box::from(feature.key()), Arc::clone(environment)))
            });
            Environments::Several(known.collect::<HashMap<_, _>>())
        }
    };
    match (strategies, live.evaluated_for()) {
        (Some(strategies), Some(old)) => {
            let (context, kept_for) = (Arc::clone(&old.context), old.kept_for.clone());
            let evaluated = Arc::new(ServerEvaluated { context, kept_for, strategies });
            Rules::server_evaluated(ruleset, environments, evaluated)
        }
        _ => Rules::client_evaluated(ruleset, environments),
    }
}

/// Returns true if both sets of rules hold the same features with the same JSON.
fn same_features(left: &Rules, right: &Rules) -> bool {
    left.ruleset().len() == right.ruleset().len()
        && right.ruleset().iter().all(|feature| {
            let other = left.ruleset().get(feature.key());
            other.is_some_and(|other| other.json() == feature.json())
        })
}
