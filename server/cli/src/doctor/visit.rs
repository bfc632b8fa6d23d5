//! The Edge to examine, and what the checks of its answers share.

use std::time::Duration;

use fh_eval::Attributes;
use fh_session::{ApiKeys, ContextHeader, EdgeUrl, KeyKind};
use tokio::time::Instant;

use super::exchange::Http;
use super::tls::Watched;
use crate::edge::Edge;
use crate::failure::Failure;

/// The Edge to examine, and the options of the examination.
pub(crate) struct Examination<'a> {
    pub(crate) edge: &'a Edge,
    /// The context that some requests with a server-evaluated key carry.
    pub(crate) who: Attributes,
    /// The time to listen to a stream after its features have arrived.
    pub(crate) listen: Duration,
    /// The origin that the simulated requests of a browser carry.
    pub(crate) origin: &'a str,
    /// The key of the feature on which to try a change to its current value or lock. `None` means that no change is tried.
    pub(crate) update: Option<&'a str>,
    /// The time at which the checks end, even if they are not finished.
    pub(crate) deadline: Instant,
}

/// The values that all HTTP checks share.
pub(super) struct Visit<'a> {
    pub(super) examination: &'a Examination<'a>,
    pub(super) http: Http,
    pub(super) watched: Watched,
}

impl Visit<'_> {
    pub(super) fn keys(&self) -> &ApiKeys {
        &self.examination.edge.keys
    }

    pub(super) fn url(&self) -> &EdgeUrl {
        &self.examination.edge.url
    }

    /// Returns the URL of a poll with this context.
    pub(super) fn poll_url(&self, context: &ContextHeader) -> String {
        self.url().poll(self.keys(), context).expose().to_string()
    }

    /// Returns the context that polls and streams carry. It is empty for client-evaluated keys, and if `--context` was not
    /// given. Fails if the context cannot be sent as a header.
    pub(super) fn given_context(&self) -> Result<ContextHeader, Failure> {
        match self.keys().kind() {
            KeyKind::ClientEvaluated => Ok(ContextHeader::default()),
            KeyKind::ServerEvaluated => ContextHeader::of(&self.examination.who)
                .map_err(|error| Failure::Input(error.to_string())),
        }
    }
}
