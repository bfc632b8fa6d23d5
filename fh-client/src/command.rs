//! The commands that the client's handles send to the driver.

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_session::ApiKeys;
use tokio::sync::oneshot;

use crate::test_updates::{Sent, UpdateRequest};

/// The outcome of a refresh, or of a change of the context, the API keys or the headers: the client's readiness afterwards, or
/// the reason why the command failed.
pub(crate) type CommandResult = Result<Readiness, Problem>;

pub(crate) enum Command {
    /// Reports that the program has read a feature. In passive polling, the read starts a poll if the interval has passed.
    FeatureRead,
    /// Reports that a delivery to listeners has begun, whose calls may block.
    DeliveryBegun,
    /// Logs a notice about an interceptor. The repository itself passes such notices to listeners.
    LogNotice(Notice),
    /// Answers the caller once the commands before it were performed.
    Barrier(std::sync::mpsc::Sender<()>),
    /// Logs a notice and passes it to listeners.
    #[cfg(any(feature = "featbit", feature = "featuresignals"))]
    Notice(Notice),
    /// Requests the features from the Edge as `Client::refresh` describes, and reports the outcome to the caller.
    Refresh(oneshot::Sender<CommandResult>),
    /// Sets the context of a server-evaluated key.
    Context(Arc<Attributes>, oneshot::Sender<CommandResult>),
    /// Replaces the API keys, and requests the features with them as `Client::set_api_keys` describes.
    Keys(ApiKeys, oneshot::Sender<CommandResult>),
    /// Replaces the headers of later requests, and then requests the features as `Self::Refresh` does. A running test update
    /// keeps its headers.
    Headers(Vec<(String, String)>, oneshot::Sender<CommandResult>),
    /// Suspends the client: aborts the request in flight, and sends only the polls that commands need.
    Suspend,
    /// Ends the suspension.
    Resume,
    /// Changes a feature at the Edge through the API for tests.
    Update(UpdateRequest, oneshot::Sender<Sent>),
    /// Adds a list of features, or one feature, from a store to the client's features. `shape` says whether `json` holds a list
    /// or one feature.
    Stored { source: Source, environment: Arc<str>, json: Vec<u8>, shape: StoredShape },
    /// Writes the snapshot file if a write is needed, and answers the caller after the write has ended or failed.
    Flush(oneshot::Sender<()>),
    /// Ends the driver. Later reads use the last features.
    Stop,
    /// Ends the driver and removes the features, so that later reads return defaults or the values of interceptors.
    StopAndForget,
}

/// The form in which a store gives its features: a list of features, or one feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredShape {
    List,
    Feature,
}
