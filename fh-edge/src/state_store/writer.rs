//! The writer thread, which alone changes the state. It decides, stores the change, publishes it, and then answers the caller. Streams are
//! woken last, by another thread.

mod writer_thread;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fh_eval::{Profile, Timestamp};
use http::HeaderValue;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::change::{FeatureChange, ReplaceError};
use super::record::ChangeStore;
use super::{Refusal, StateStore, Update, UpdateOutcome};
use crate::serving::{AnswerBudget, Environments};
use crate::state::{Permissions, State};
use writer_thread::WriterThread;

/// The settings of an Edge that apply to all its environments.
#[derive(Debug, Clone)]
pub(crate) struct ServeDefaults {
    /// The profile of environments that do not state one.
    pub(crate) profile: Profile,
    /// The `cache-control` of all environments; it overrides theirs.
    pub(crate) cache_control: Option<HeaderValue>,
    /// The memory limit of evaluated answers.
    pub(crate) answers: Arc<AnswerBudget>,
}

/// The writer thread has ended, because the Edge was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriterGone;

type Reply<T> = oneshot::Sender<T>;

enum Command {
    Put {
        place: (Uuid, Arc<str>),
        filters: BTreeSet<String>,
        permissions: Permissions,
        update: Update,
        reply: Reply<Result<UpdateOutcome, PutError>>,
    },
    Patch {
        place: (Uuid, Arc<str>),
        change: FeatureChange,
        reply: Reply<Result<u64, ReplaceError>>,
    },
    Replace {
        state: Box<State>,
        revision: Option<u64>,
        reply: Reply<Result<u64, ReplaceError>>,
    },
    Reload {
        base: Box<State>,
        reply: Reply<()>,
    },
    State(Reply<State>),
    Close(Duration, Reply<()>),
}

/// The reason why a PUT was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PutError {
    Refused(Refusal),
    /// The change could not be stored, so it was not made.
    NotKept,
    /// The Edge was closed.
    Closed,
}

impl PutError {
    /// Returns the status and the body of the response.
    pub(crate) const fn answer(&self) -> (u16, &'static str) {
        match self {
            Self::Refused(refusal) => refusal.answer(),
            Self::NotKept => (500, "the change could not be stored, so it was not made"),
            Self::Closed => (503, "the server is stopping"),
        }
    }
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The response with status 404 has no body, so the log gets a text of its own.
            Self::Refused(Refusal::NotFound) => f.write_str("there is no such feature"),
            _ => f.write_str(self.answer().1),
        }
    }
}

/// A handle to the writer thread, which ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    commands: Sender<Command>,
}

impl Writer {
    /// Publishes the state and starts the thread. Without a base, nothing is served until one is loaded.
    pub(crate) fn start(
        (base, store): (State, StateStore),
        change_store: Box<dyn ChangeStore>,
        settings: ServeDefaults,
        environments: Arc<Environments>,
    ) -> std::io::Result<Self> {
        let (sender, commands) = channel();
        let mut work =
            WriterThread::new(commands, (base, store), change_store, settings, environments)?;
        work.begin();
        thread::Builder::new().name("fh-edge-writer".into()).spawn(move || work.run())?;
        Ok(Self { commands: sender })
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, WriterGone> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| WriterGone)?;
        answer.await.map_err(|_| WriterGone)
    }

    /// Carries out a PUT. When this returns, readers see the change and the store holds it.
    pub(crate) async fn put(
        &self,
        place: (Uuid, Arc<str>),
        filters: BTreeSet<String>,
        permissions: Permissions,
        update: Update,
    ) -> Result<Result<UpdateOutcome, PutError>, WriterGone> {
        self.ask(|reply| Command::Put { place, filters, permissions, update, reply }).await
    }

    /// Changes one value. Returns the new revision.
    pub(crate) async fn patch(
        &self,
        place: (Uuid, Arc<str>),
        change: FeatureChange,
    ) -> Result<u64, ReplaceError> {
        let answer = self.ask(|reply| Command::Patch { place, change, reply }).await;
        answer.unwrap_or(Err(ReplaceError::Closed))
    }

    /// Replaces the whole state. Returns the new revision.
    pub(crate) async fn replace(
        &self,
        state: State,
        revision: Option<u64>,
    ) -> Result<u64, ReplaceError> {
        state.check().map_err(ReplaceError::Duplicate)?;
        let state = Box::new(state);
        let answer = self.ask(|reply| Command::Replace { state, revision, reply }).await;
        answer.unwrap_or(Err(ReplaceError::Closed))
    }

    /// Loads a base that was read again.
    pub(crate) async fn reload(&self, base: State) -> Result<(), ReplaceError> {
        base.check().map_err(ReplaceError::Duplicate)?;
        let base = Box::new(base);
        let answer = self.ask(|reply| Command::Reload { base, reply }).await;
        answer.map_err(|_| ReplaceError::Closed)
    }

    /// Returns the state that is served.
    pub(crate) async fn state(&self) -> Result<State, WriterGone> {
        self.ask(Command::State).await
    }

    /// Ends all streams with `bye`, spread over this time.
    pub(crate) async fn close(&self, within: Duration) -> Result<(), WriterGone> {
        self.ask(|reply| Command::Close(within, reply)).await
    }
}

/// Returns the time of the system clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
