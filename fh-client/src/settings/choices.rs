//! The transport that the program has chosen, and the features with which a client starts.

use std::sync::Arc;

use fh_eval::Timestamp;
use fh_repository::rules::Rules;

use crate::transport::Transport;

/// The program's choice of the transport.
#[derive(Clone)]
pub(crate) enum TransportChoice {
    /// The default transport, which each client creates for itself.
    Default,
    Given(Arc<dyn Transport>),
    /// The parent process was given a transport that cannot be used in a forked child.
    Lost,
}

/// The features that a client in a forked child process serves until the Edge sends features: those that the client of the parent served last.
#[derive(Clone)]
pub(crate) struct FirstFeatures {
    pub(crate) rules: Arc<Rules>,
    /// The time at which the features were last known to be current.
    pub(crate) confirmed_at: Timestamp,
}
