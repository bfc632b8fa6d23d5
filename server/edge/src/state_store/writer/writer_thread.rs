//! The loop of the writer thread, which carries out the commands.

mod news;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use fh_eval::Timestamp;
use http::HeaderValue;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::command::{Command, PutError, ServeDefaults};
use crate::clock::now;
use crate::notices::Topic;
use crate::reply::Reply;
use crate::serving::{Environments, Grants, Published, Settings, WakeOnDrop};
use crate::state::{Environment, State};
use crate::state_store::change::{ReplaceError, Undo};
use crate::state_store::commit::{ChangeStore, Commit, NotCommitted};
use crate::state_store::loading::Loading;
use crate::state_store::logged_change::LoggedChange;
use crate::state_store::{Refusal, StateStore, Update, UpdateOutcome};

/// The largest number of changes that are stored and published together, so that one fsync serves many callers. Further changes form the
/// next batch.
const BATCH: usize = 256;
/// The time for which a key that a new state file does not contain can still read features.
const REVOCATION_DELAY: Duration = Duration::from_secs(5);
/// The data of the writer thread.
pub(super) struct WriterThread {
    pub(super) commands: Receiver<Command>,
    pub(super) store: StateStore,
    /// The base that was read last. A replacement by the admin API overrides it.
    pub(super) base: State,
    pub(super) change_store: Box<dyn ChangeStore>,
    pub(super) loading: Loading,
    /// False after a failed write, when the content of the change store is unknown. The next change then rewrites the whole store. Always
    /// true for a store that other servers change, too.
    pub(super) is_change_store_current: bool,
    pub(super) settings: ServeDefaults,
    pub(super) environments: Arc<Environments>,
    /// Published changes whose streams have not been woken yet. Callers are answered before streams are woken.
    pub(super) wakes: Vec<WakeOnDrop>,
    /// The sender to the thread that wakes streams.
    pub(super) waking: Sender<WakeOnDrop>,
}

/// The effects of a batch of changes that is not stored yet.
#[derive(Default)]
struct Batch {
    /// The revision of the state before the changes.
    before: u64,
    undo: Vec<Undo>,
    changed: BTreeMap<Uuid, BTreeSet<Arc<str>>>,
    answers: Vec<Answer>,
}

enum Answer {
    Put(Reply<Result<UpdateOutcome, PutError>>, Result<UpdateOutcome, PutError>),
    Patch(Reply<Result<u64, ReplaceError>>, Result<(), ReplaceError>),
}

impl WriterThread {
    /// Publishes the initial state, and brings the change store up to date.
    pub(super) fn begin(&mut self) {
        if self.store.is_open() && !self.change_store.is_shared() {
            // The change store is rewritten first. Otherwise a change that the file has overridden would come back if a later file equalled
            // the earlier one.
            self.rewrite_change_store();
        }
        self.publish_all(Duration::ZERO);
        self.wake_streams();
    }

    /// Carries out commands until the command to end, or until all handles to the thread are dropped.
    pub(super) fn run(mut self) {
        loop {
            let Ok(command) = self.commands.recv() else { return };
            let (changes, other) = self.collect(command);
            self.carry_out(changes);
            let ended = other.and_then(|other| self.other(other));
            self.wake_streams();
            if let Some(ended) = ended {
                drop(self);
                let _ = ended.send(());
                return;
            }
        }
    }

    /// Returns the changes that wait, at most [`BATCH`], and the command after them if it is not a change.
    fn collect(&self, first: Command) -> (Vec<Command>, Option<Command>) {
        let (mut changes, mut next) = (Vec::new(), Some(first));
        while let Some(command) = next.take() {
            if !matches!(command, Command::Put { .. } | Command::Patch { .. }) {
                return (changes, Some(command));
            }
            changes.push(command);
            if changes.len() < BATCH {
                next = self.commands.try_recv().ok();
            }
        }
        (changes, None)
    }

    /// Decides on a batch of changes, stores it, publishes it, and answers its callers. Each change is decided on the newest state, also
    /// if other servers change it: nothing is decided before the store is locked.
    fn carry_out(&mut self, changes: Vec<Command>) {
        if changes.is_empty() {
            return;
        }
        if let Err(why) = self.begin_batch() {
            tracing::warn!(%why, "changes could not be decided, so they were not made");
            changes.into_iter().for_each(|command| command.refuse(&why));
            return;
        }
        let mut batch = Batch { before: self.store.state().revision, ..Batch::default() };
        for command in changes {
            self.change(command, &mut batch);
        }
        self.finish(batch);
    }

    /// Passes the pending wake-ups to the thread that wakes streams.
    fn wake_streams(&mut self) {
        // If the thread has ended, `send` returns the value, and dropping it wakes the streams here.
        self.wakes.drain(..).for_each(|wakes| drop(self.waking.send(wakes)));
    }

    /// Decides on a change, and adds it to the batch. Does nothing for a command that is not a change.
    fn change(&mut self, command: Command, batch: &mut Batch) {
        match command {
            Command::Put { place, secret, update, reply } => {
                let outcome = self.put(&place, &secret, &update).map(|(outcome, undo)| {
                    batch.note(place, undo);
                    outcome
                });
                batch.answers.push(Answer::Put(reply, outcome));
            }
            Command::Patch { place, definition, change, reply } => {
                let feature = self.store.state().feature(&place.1);
                let outcome = match (feature, definition) {
                    (Some(feature), Some(read)) if (feature.id, feature.kind) != read => {
                        Err(ReplaceError::Redefined)
                    }
                    _ => self.store.patch(&place, &change, now()),
                };
                let outcome = outcome.map(|undo| batch.note(place, undo));
                batch.answers.push(Answer::Patch(reply, outcome));
            }
            _ => {}
        }
    }

    /// Decides on a PUT with the rights of the key in the generation that was published last.
    fn put(
        &mut self,
        place: &(Uuid, Arc<str>),
        secret: &str,
        update: &Update,
    ) -> Result<(UpdateOutcome, Option<Undo>), PutError> {
        let open = self.environments.open(place.0, secret).ok_or(PutError::UnknownKey)?;
        let (_, published, grant) = open;
        let view = published.grants.views().get(grant.view).ok_or(PutError::UnknownKey)?;
        let outcome = self.store.put(place, &view.filters, grant.permissions, update, now());
        let by = |undo: Option<Undo>| undo.map(|undo| undo.by(&grant.account));
        outcome.map(|(outcome, undo)| (outcome, by(undo))).map_err(PutError::Refused)
    }

    /// Stores a batch of changes, publishes it, and answers its callers. If the batch cannot be stored, all its changes are undone.
    fn finish(&mut self, mut batch: Batch) {
        let mut kept = Ok(());
        if batch.undo.is_empty() {
            self.change_store.abandon();
        } else {
            kept = self.store_batch(&batch);
            self.note_stored(&kept);
            match &kept {
                Ok(()) => self.publish_batch(&batch.changed),
                Err(why) => {
                    for undo in std::mem::take(&mut batch.undo).into_iter().rev() {
                        self.store.undo(undo);
                    }
                    if let NotCommitted::Unknown(_) = why {
                        kept = self.settle();
                    }
                }
            }
        }
        match &kept {
            Ok(()) => {}
            Err(NotCommitted::Unknown(why)) => {
                tracing::error!(
                    why,
                    "the database has not answered, so it is unknown whether changes were made"
                );
            }
            Err(why) => {
                tracing::error!(%why, "changes could not be stored, so they were not made");
            }
        }
        let revision = self.store.state().revision;
        for answer in batch.answers {
            match answer {
                Answer::Put(reply, outcome) => {
                    let kept_or_not = match (&kept, outcome) {
                        // These outcomes may depend on earlier changes of the batch, which were undone.
                        (Err(why), Ok(_) | Err(PutError::Refused(Refusal::Locked))) => {
                            Err(PutError::of(why))
                        }
                        (_, outcome) => outcome,
                    };
                    reply.send(kept_or_not);
                }
                Answer::Patch(reply, outcome) => {
                    let kept_or_not = match (&kept, outcome) {
                        (Err(why), Ok(()) | Err(ReplaceError::Overtaken(_))) => {
                            Err(ReplaceError::of(why))
                        }
                        (_, Err(why)) => Err(why),
                        (Ok(()), Ok(())) => Ok(revision),
                    };
                    reply.send(kept_or_not);
                }
            }
        }
    }

    fn store_batch(&mut self, batch: &Batch) -> Result<(), NotCommitted> {
        if !self.is_change_store_current {
            return self.change_store.rewrite(&self.store);
        }
        let made = batch.undo.iter().filter_map(|undo| undo.made.clone());
        let changes: Vec<LoggedChange> = made.collect();
        let commit = Commit { before: batch.before, store: &self.store, changes: &changes };
        self.change_store.commit(&commit)
    }

    /// Publishes these features of these environments.
    fn publish_batch(&mut self, changed: &BTreeMap<Uuid, BTreeSet<Arc<str>>>) {
        self.environments.set_revision(self.store.state().revision);
        for (id, keys) in changed {
            self.publish_changed(*id, keys);
        }
        self.environments.note_served();
    }

    /// Carries out a command that is not a change. Returns the reply that is due once this value is dropped, if the thread has to end.
    fn other(&mut self, command: Command) -> Option<oneshot::Sender<()>> {
        match command {
            Command::Put { .. } | Command::Patch { .. } => {}
            Command::Replace { state, revisions, reply } => {
                reply.send(self.replace(*state, revisions.as_deref()));
            }
            Command::Reload { base, as_of, reply } => {
                let as_of = as_of.unwrap_or_else(now);
                let loaded = match self.change_store.is_shared() {
                    true => self.import(*base, as_of),
                    false => {
                        self.reload(*base, as_of);
                        Ok(())
                    }
                };
                reply.send(loaded);
            }
            Command::Refresh => self.refresh(),
            // Sending fails if the caller no longer waits, which needs no handling.
            Command::State(reply) => {
                let _ = reply.send(self.store.state().clone());
            }
            Command::Close(within, reply) => {
                self.environments.close(within);
                let _ = reply.send(());
            }
            Command::End(reply) => return Some(reply),
        }
        None
    }

    fn reload(&mut self, base: State, as_of: Timestamp) {
        // The file was read again without a change of its content, so no stream needs to be woken.
        if self.store.is_open() && self.is_change_store_current && base == self.base {
            return;
        }
        self.base = base;
        self.store.reload(self.base.clone(), as_of);
        self.rewrite_change_store();
        self.publish_all(REVOCATION_DELAY);
    }

    /// Loads a base into the store that several servers share. Removed keys are refused at once, since a base is imported as a whole.
    fn import(&mut self, base: State, as_of: Timestamp) -> Result<(), ReplaceError> {
        self.rewrite_with(|store| {
            store.import(base, as_of);
            Ok(())
        })
        .map(drop)
    }

    /// Changes the whole state, stores and publishes it, and returns its new revision. If it cannot be stored, the change is undone.
    fn rewrite_with(
        &mut self,
        change: impl FnOnce(&mut StateStore) -> Result<(), ReplaceError>,
    ) -> Result<u64, ReplaceError> {
        self.begin_batch().map_err(|why| ReplaceError::of(&why))?;
        let before = self.store.clone();
        if let Err(why) = change(&mut self.store) {
            self.change_store.abandon();
            return Err(why);
        }
        let kept = self.change_store.rewrite(&self.store);
        self.note_stored(&kept);
        let revision = self.store.state().revision;
        if let Err(why) = kept {
            self.store = before;
            let settled = match why {
                NotCommitted::Unknown(_) => self.settle(),
                why => Err(why),
            };
            return settled.map(|()| revision).map_err(|why| ReplaceError::of(&why));
        }
        self.publish_all(Duration::ZERO);
        Ok(revision)
    }

    /// Rewrites the change store, so that it holds only the changes that are in force with the current base. A failure is logged.
    fn rewrite_change_store(&mut self) {
        let kept = self.change_store.rewrite(&self.store);
        self.note_stored(&kept);
        if let Err(why) = kept {
            tracing::error!(%why, "the change store could not be rewritten for the new state");
        }
    }

    /// Remembers whether the last write to a change store of this server's own succeeded. Readiness and the metrics report a failure until
    /// a write succeeds. A store that several servers share reports its own failures.
    fn note_stored(&mut self, kept: &Result<(), NotCommitted>) {
        if self.change_store.is_shared() {
            return;
        }
        self.is_change_store_current = kept.is_ok();
        let notice = kept.as_ref().err().map(|why| {
            format!("the data folder cannot store changes, so changes are refused: {why}")
        });
        self.settings.notices.set(Topic::Changes, notice);
    }

    fn replace(&mut self, state: State, revisions: Option<&[u64]>) -> Result<u64, ReplaceError> {
        let base = std::mem::take(&mut self.base);
        let replaced = self.rewrite_with(|store| {
            let current = store.state().revision;
            if revisions.is_some_and(|revisions| !revisions.contains(&current)) {
                return Err(ReplaceError::Outdated(current));
            }
            store.replace(&base, state, now());
            Ok(())
        });
        self.base = base;
        replaced
    }

    fn settings_of(&self, environment: &Environment) -> Settings {
        let own = environment.cache_control.as_deref();
        let own = own.and_then(|text| HeaderValue::from_str(text).ok());
        let accepting = environment.values.iter().filter(|(_, value)| !value.accept.is_empty());
        let accepted = accepting.map(|(key, value)| (Arc::clone(key), value.accept.clone()));
        Settings {
            name: environment.name.as_str().into(),
            // As on a FeatureHub server, the server's setting overrides the environment's own value.
            cache_control: self.settings.cache_control.clone().or(own),
            stale: environment.stale,
            profile: environment.profile.unwrap_or(self.settings.profile),
            accepted: Arc::new(accepted.collect()),
        }
    }

    /// Publishes every environment of the state, and removes all other environments. A key that is no longer valid can still read for the
    /// time `revocation_delay`.
    fn publish_all(&mut self, revocation_delay: Duration) {
        let state = self.store.state();
        self.environments.set_revision(state.revision);
        for published in self.environments.all() {
            if state.environment(published.id).is_none() {
                self.environments.leave(published.id, &Grants::default(), revocation_delay);
                let wakes = self.environments.remove(published.id, |last| {
                    let mut last = last.with_grants(Arc::default());
                    last.revocation_delay = revocation_delay;
                    last
                });
                self.wakes.extend(wakes);
            }
        }
        for environment in &state.environments {
            let grants = Arc::new(Grants::of(environment.id, &state.accounts));
            let settings = self.settings_of(environment);
            let before = self.environments.get(environment.id);
            let before = before.as_ref().map_or(&[][..], |before| &before.features);
            let features = self.store.served(environment, before);
            let first = || {
                let (settings, grants) = (settings.clone(), Arc::clone(&grants));
                Published::waiting(environment.id, settings, grants, &self.settings.answers)
            };
            self.environments.leave(environment.id, &grants, revocation_delay);
            let wakes = self.environments.publish(environment.id, first, |mut next| {
                // A delay of zero always applies, since it ends streams that wait after an earlier removal. Any other delay matters only if
                // a key is removed. Otherwise the old delay stays, so that an unchanged environment needs no new generation.
                if revocation_delay.is_zero() || !next.grants.are_all_in(&grants) {
                    next.revocation_delay = revocation_delay;
                }
                if *next.grants != *grants {
                    next = next.with_grants(Arc::clone(&grants));
                }
                next.with_features(features, settings.clone(), now())
            });
            self.wakes.extend(wakes);
        }
        self.environments.note_served();
    }

    /// Publishes an environment in which only the values of these features changed.
    fn publish_changed(&mut self, id: Uuid, keys: &BTreeSet<Arc<str>>) {
        let Some(environment) = self.store.state().environment(id) else { return };
        let changed = keys.iter().filter_map(|key| self.store.served_one(environment, key));
        let changed = changed.collect();
        self.wakes.extend(self.environments.change(id, |next| next.with_changed(changed, now())));
    }
}

impl Batch {
    fn note(&mut self, (environment, feature): (Uuid, Arc<str>), undo: Option<Undo>) {
        if let Some(undo) = undo {
            self.undo.push(undo);
            self.changed.entry(environment).or_default().insert(feature);
        }
    }
}

#[cfg(test)]
mod tests;
