//! The commands of handles to the driver.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_session::{ApiKeys, Problem, Readiness, Source};
use tokio::sync::oneshot;

use crate::test_updates::{Sent, UpdateRequest};

/// The outcome of a command that a caller waits for.
pub(crate) type CommandResult = Result<Readiness, Problem>;

pub(crate) enum Command {
    /// A feature was read (passive polling).
    FeatureRead,
    /// Requests the features from the Edge now.
    Refresh(oneshot::Sender<CommandResult>),
    /// Sets the context of a server-evaluated key.
    Context(Arc<Attributes>, oneshot::Sender<CommandResult>),
    /// Replaces the API keys.
    Keys(ApiKeys, oneshot::Sender<CommandResult>),
    /// Replaces the headers of all further requests, and requests the features with them.
    Headers(Vec<(String, String)>, oneshot::Sender<CommandResult>),
    /// Changes a feature at the Edge, for tests.
    Update(UpdateRequest, oneshot::Sender<Sent>),
    /// Adds a list of features, or one feature, from a store.
    Stored { source: Source, environment: Arc<str>, json: Vec<u8>, shape: StoredShape },
    /// Writes the snapshot if it is not written yet.
    Flush(oneshot::Sender<()>),
    /// Ends the driver.
    Stop,
    /// Ends the driver, after which no features are served.
    StopAndForget,
}

/// The form of the features from a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredShape {
    List,
    Feature,
}
