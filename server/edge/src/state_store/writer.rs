//! The writer thread, the only thread that changes the state. It checks a change, stores it, publishes it, and then answers the caller.
//! Another thread wakes the streams last.

pub(super) mod command;
mod writer_thread;

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use fh_eval::{Kind, Timestamp};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::change::{FeatureChange, ReplaceError};
use super::commit::ChangeStore;
use super::loading::Loading;
use super::{StateStore, Update, UpdateOutcome};
use crate::reply::{Effect, Reply};
use crate::serving::{Environments, start_waking};
use crate::state::State;
use command::{Command, PutError, ServeDefaults};
use writer_thread::WriterThread;

/// The error for a command that the writer thread does not answer, because the thread has ended by a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriterGone;

/// A handle to the writer thread. The thread ends when its last handle is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    commands: Sender<Command>,
    pub(crate) loading: Loading,
}

impl Writer {
    /// Publishes the state and starts the writer thread. If `store` has no base, no features are served until a state is loaded.
    pub(crate) fn start(
        (base, store): (State, StateStore),
        change_store: Box<dyn ChangeStore>,
        settings: ServeDefaults,
        environments: Arc<Environments>,
    ) -> std::io::Result<Self> {
        let (sender, commands) = channel();
        let loading = Loading::new(store.is_open());
        let mut work = WriterThread {
            commands,
            store,
            base,
            change_store,
            loading: loading.clone(),
            is_change_store_current: true,
            settings,
            environments,
            wakes: Vec::new(),
            waking: start_waking()?,
        };
        work.begin();
        thread::Builder::new().name("fh-edge-writer".into()).spawn(move || work.run())?;
        Ok(Self { commands: sender, loading })
    }

    /// Returns a function that asks the writer thread to read what other servers have stored.
    #[cfg(feature = "cluster")]
    pub(crate) fn refresher(&self) -> impl Fn() + Send + Sync + use<> {
        let commands = self.commands.clone();
        // The thread has ended if sending fails.
        move || drop(commands.send(Command::Refresh))
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, WriterGone> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| WriterGone)?;
        answer.await.map_err(|_| WriterGone)
    }

    /// Sends a command that changes the state. `effect` runs on the writer thread with the outcome, also if the caller drops this future.
    async fn change<T>(
        &self,
        effect: Effect<T>,
        lost: fn() -> T,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> T {
        let (reply, answer) = Reply::new(effect, lost);
        // Without a writer thread, the command is dropped, which sends the outcome of a lost command.
        let _ = self.commands.send(command(reply));
        answer.await.unwrap_or_else(|_| lost())
    }

    /// Carries out a PUT with the rights that the key with this secret has when the change is decided. When this function returns successfully, readers see the change and the change store holds it.
    pub(crate) async fn put(
        &self,
        place: (Uuid, Arc<str>),
        secret: &str,
        update: Update,
        effect: Effect<Result<UpdateOutcome, PutError>>,
    ) -> Result<UpdateOutcome, PutError> {
        let command = |reply| Command::Put { place, secret: secret.into(), update, reply };
        self.change(effect, || Err(PutError::Closed), command).await
    }

    /// Changes the value of one feature in one environment. If the change has strategies, `definition` is the id and the type of the
    /// feature for which they were read, and the change is not made if the feature has another id or type. Returns a revision of the state that contains the change. A change to the same
    /// value does not increment the revision.
    pub(crate) async fn patch(
        &self,
        place: (Uuid, Arc<str>),
        definition: Option<(Uuid, Kind)>,
        change: FeatureChange,
        effect: Effect<Result<u64, ReplaceError>>,
    ) -> Result<u64, ReplaceError> {
        let command = |reply| Command::Patch { place, definition, change, reply };
        self.change(effect, || Err(ReplaceError::Closed), command).await
    }

    /// Replaces the whole state, and returns its new revision. Fails, for example, if `revisions` is given and does not contain the current
    /// revision of the state.
    pub(crate) async fn replace(
        &self,
        state: State,
        revisions: Option<Vec<u64>>,
        effect: Effect<Result<u64, ReplaceError>>,
    ) -> Result<u64, ReplaceError> {
        if let Err(duplicate) = state.check().map_err(ReplaceError::Duplicate).map_err(Err) {
            effect(&duplicate);
            return duplicate;
        }
        let effect = self.with_loading(effect);
        let command = |reply| Command::Replace { state: Box::new(state), revisions, reply };
        self.change(effect, || Err(ReplaceError::Closed), command).await
    }

    /// Loads a base that was read for the first time or again. Values without a version of their own get one from the time `as_of`, or from the
    /// current time. Fails if two parts of the base have the same key or id, or if the writer
    /// thread has ended.
    pub(crate) async fn reload(
        &self,
        base: State,
        as_of: Option<Timestamp>,
        effect: Effect<Result<(), ReplaceError>>,
    ) -> Result<(), ReplaceError> {
        if let Err(duplicate) = base.check().map_err(ReplaceError::Duplicate).map_err(Err) {
            effect(&duplicate);
            return duplicate;
        }
        let effect = self.with_loading(effect);
        let command = |reply| Command::Reload { base: Box::new(base), as_of, reply };
        self.change(effect, || Err(ReplaceError::Closed), command).await
    }

    /// Returns an effect that also records that a state is loaded, unless the outcome is an error.
    fn with_loading<T: 'static>(
        &self,
        effect: Effect<Result<T, ReplaceError>>,
    ) -> Effect<Result<T, ReplaceError>> {
        let loading = self.loading.clone();
        Box::new(move |outcome| {
            effect(outcome);
            if outcome.is_ok() {
                loading.set_loaded();
            }
        })
    }

    /// Returns the state that is served.
    pub(crate) async fn state(&self) -> Result<State, WriterGone> {
        self.ask(Command::State).await
    }

    /// Ends all streams with a `bye` event. The ends are spread over the time `within`.
    pub(crate) async fn close(&self, within: Duration) {
        // An error means that the writer thread has ended by a panic. The streams then get no `bye`.
        let _ = self.ask(|reply| Command::Close(within, reply)).await;
    }

    /// Ends the writer thread, and waits until the change store is closed. Earlier commands are carried out first, and later ones fail.
    pub(crate) async fn end(&self) {
        // An error means that the thread has ended already.
        let _ = self.ask(Command::End).await;
    }
}
