//! The origin of the features that an Edge serves: the Edge's own state, which may come from a state file, or another Edge.

/// A state file, and a thread that reads the file again when it changes.
pub mod file {
    pub(crate) mod last_good;
    mod places;
    mod state_file;
    mod watch;

    pub(crate) use state_file::parse;
    pub use state_file::{FileError, FileProblem, Loaded, StateFile, check};
    pub use watch::Watch;
}
mod opening;
pub(crate) mod own_state;
pub mod relay;

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode};

pub(crate) use self::opening::{
    Admission, CallerKind, KeyProof, NotOpen, Opened, Opening, Pending,
};
use self::relay::{RelayError, RelayKeys, UpstreamStatus};
use crate::rate::{Beyond, Bucket, KeyVerification, Rates};
use crate::reply::Effect;
use crate::serving::{Environments, PublishedCell};
use crate::state_store::{ReplaceError, Writer};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The origin of the features that an Edge serves.
pub(crate) trait Origin: fmt::Debug + Send + Sync {
    /// Returns whether a key may be valid that no environment contains. This check makes no upstream connection.
    fn admits(&self, key: &RequestKey<'_>) -> Admission;

    /// Returns what a key opens that no environment contains. If the key may be valid, the request is counted in the rate limits.
    fn open(&self, request: &KeyRequest<'_>) -> Opening;

    /// Fetches the features in this cell again, because a client has requested them and their environment is stale.
    fn asked_for_stale(&self, _: &Arc<PublishedCell>) {}

    /// Carries out a PUT.
    fn put<'a>(&'a self, put: Put<'a>) -> BoxFuture<'a, Result<PutAnswer, NotPut>>;

    /// Returns the writer of this Edge's own state, or the reason why there is none.
    fn writer(&self) -> Result<&Writer, ReplaceError> {
        Err(ReplaceError::Relayed)
    }

    /// Returns the writer for changes that are not loaded from the source of the state, or the reason why features cannot be changed here.
    fn writer_of_changes(&self) -> Result<&Writer, ReplaceError> {
        self.writer()
    }

    /// Returns true if the Edge can serve features.
    fn is_ready(&self) -> bool;

    /// Returns the status of the connection to the database that several servers share; `None` if this Edge is not one of them.
    #[cfg(feature = "cluster")]
    fn cluster(&self) -> Option<crate::cluster::ClusterStatus> {
        None
    }

    /// Waits until it is certain that this Edge serves the newest state. Returns false if that cannot be found out now. An Edge without a
    /// cluster serves the newest state.
    fn is_newest(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }

    /// Returns the status of the upstream connections.
    fn upstreams(&self) -> Vec<UpstreamStatus> {
        Vec::new()
    }

    /// Replaces the configured keys of a relay.
    fn set_relay_keys(&self, _: &[RelayKeys]) -> Result<(), RelayError> {
        Err(RelayError::NotARelay)
    }

    /// Replaces the headers of a relay's upstream requests.
    fn set_relay_headers(&self, _: &[(String, String)]) -> Result<(), RelayError> {
        Err(RelayError::NotARelay)
    }

    /// Ends all waits for a first state, because the Edge stops.
    fn stop(&self) {}

    /// Ends all streams with `bye` within the time `within`. All upstream connections are closed.
    fn close(&self, within: Duration) -> BoxFuture<'_, ()>;

    /// Completes and closes the files with the changes.
    fn end(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A request with a key, and what is needed to look the key up and to count the request.
#[derive(Clone, Copy)]
pub(crate) struct KeyRequest<'a> {
    pub(crate) key: &'a RequestKey<'a>,
    pub(crate) caller: CallerKind,
    /// The address of the client; `None` if the server does not provide it.
    pub(crate) address: Option<IpAddr>,
    /// Reads the evaluation context. Only an origin that fetches features on demand calls this function.
    pub(crate) context: &'a (dyn Fn() -> RequestContext + Sync),
    pub(crate) environments: &'a Environments,
    pub(crate) rates: &'a Rates,
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))]
    pub(crate) proof: KeyProof,
}

impl KeyRequest<'_> {
    /// Looks up the key. If the key may be valid, counts the request in the rate limits.
    pub(crate) fn open(&self, origin: &dyn Origin) -> Opening {
        let Some(opened) = Opened::find(self.environments, self.key) else {
            return origin.open(self);
        };
        let counted = self.count(|| KeyVerification::Verified);
        self.counted(origin, opened, counted)
    }

    /// Returns what this request gets, which was counted with the result `counted`.
    fn counted(&self, origin: &dyn Origin, opened: Opened, counted: Result<(), Beyond>) -> Opening {
        if opened.published.settings.stale {
            origin.asked_for_stale(&opened.cell);
        }
        opened.counted(self.caller, counted)
    }

    /// Counts the request in the rate limits. A stream that exceeds a limit is accepted all the same, and gets its features later.
    fn count(&self, verification: impl FnOnce() -> KeyVerification) -> Result<(), Beyond> {
        let take = match self.caller {
            CallerKind::Poll => Bucket::take_one,
            CallerKind::Stream => Bucket::queue_one,
        };
        self.rates.take(self.key, self.address, verification, take)
    }
}

/// A PUT, which changes a feature.
pub(crate) struct Put<'a> {
    pub(crate) request: KeyRequest<'a>,
    pub(crate) feature: &'a str,
    /// Reads the body, once the key is known to open something. The error is the response to a PUT whose body cannot be read.
    pub(crate) body: BoxFuture<'a, Result<Bytes, Box<Response>>>,
    /// Runs with the answer, also if the caller drops the future of the PUT.
    pub(crate) effect: Effect<PutAnswer>,
}

/// The answer of the origin to a PUT.
#[derive(Debug, Clone)]
pub(crate) struct PutAnswer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) retry_after: Option<HeaderValue>,
    pub(crate) body: Bytes,
    /// The line of the audit log; `None` if the PUT has none.
    pub(crate) line: Option<PutLine>,
}

/// The parts of a line of the audit log that depend on the origin.
#[derive(Debug, Clone)]
pub(crate) struct PutLine {
    pub(crate) action: &'static str,
    /// The name of the key's service account; `None` if it is not known.
    pub(crate) account: Option<Arc<str>>,
    pub(crate) outcome: Result<String, &'static str>,
    /// True if the PUT was refused, so that it certainly changed nothing.
    pub(crate) is_refused: bool,
}

/// The reason why a PUT did not get to the origin. Its effect does not run.
#[derive(Debug)]
pub(crate) enum NotPut {
    NotOpen(NotOpen),
    /// The field is the response.
    NoBody(Box<Response>),
}
