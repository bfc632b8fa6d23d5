//! What handles ask of the driver.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_session::{ApiKeys, Problem, Readiness, Source};
use tokio::sync::oneshot;

use crate::test_updates::{Sent, UpdateRequest};

/// How an errand ended.
pub(crate) type Settled = Result<Readiness, Problem>;

pub(crate) enum Command {
    /// A feature was read (passive polling).
    Touched,
    /// Ask the Edge now.
    Refresh(oneshot::Sender<Settled>),
    /// Another context for a server-evaluated key.
    Context(Arc<Attributes>, oneshot::Sender<Settled>),
    /// Other keys.
    Keys(ApiKeys, oneshot::Sender<Settled>),
    /// Other headers for all further requests, and ask the Edge with them.
    Headers(Vec<(String, String)>, oneshot::Sender<Settled>),
    /// Change a feature, for tests.
    Update(UpdateRequest, oneshot::Sender<Sent>),
    /// A list of features, or one feature, from a store.
    Stored { source: Source, environment: Arc<str>, json: Vec<u8>, shape: StoredShape },
    /// Write what is not written yet.
    Flush(oneshot::Sender<()>),
    /// End.
    Stop,
    /// End, and serve nothing from then on.
    StopAndForget,
}

/// What a store offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredShape {
    List,
    Feature,
}
