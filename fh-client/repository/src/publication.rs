//! Features to serve, and updates in the form in which they were received.

use std::sync::Arc;

use fh_eval::SharedText;

use crate::rules::Rules;
use crate::source::Source;

/// Features to serve, and the cause of their publication.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The features of all environments.
    pub rules: Arc<Rules>,
    /// The cause of the publication, which decides if catch & release may hold the features back.
    pub cause: Cause,
}

/// The reason why features are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The features are the first list, or the first list after a change of the API keys or of the context for which the earlier features
    /// are not valid. They are served at once, even while updates are held back by catch & release.
    First,
    /// A reader may see a difference, for example in a value, a strategy or a lock, or because a feature was added or removed.
    Change,
    /// The features have no visible difference. Only parts such as versions may have changed, or the contexts for which the values are
    /// valid.
    Invisible,
}

/// An update in the form in which it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawUpdate {
    /// The source that sent the update, for example a poll or a store.
    pub source: Source,
    /// The id of the environment to which the update belongs; `None` if the update may hold several environments.
    pub environment: Option<Arc<str>>,
    /// The kind of the update, which determines the form of `json`.
    pub kind: RawKind,
    /// The JSON of the update, for example a list of features, a list of environments (the body of a poll), one feature, or the data of a
    /// delete event.
    pub json: SharedText,
}

/// The kind of a raw update, which determines the form of its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RawKind {
    /// A list of features, or of environments with their features, or a message `data-sync` of FeatBit.
    List,
    /// The state of one feature.
    Feature,
    /// The deletion of one feature.
    Delete,
}
