//! The result of looking up an API key for a request, and the wait for features that are not there yet.

use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use crate::rate::Beyond;
use crate::serving::{
    Changes, Environments, Grant, PendingRevocation, Phase, Published, PublishedCell, View,
};
use crate::wire::api_key::RequestKey;

/// The kind of a client's request. A stream can wait for features, or for a connection. All other requests count as polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerKind {
    Poll,
    Stream,
}

/// The result of checking whether a key may be valid, without looking up its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Yes,
    /// The Edge has no state yet, so it is unknown whether the key is valid.
    NotYet,
    No,
}

/// The result of looking up a key for a request.
#[derive(Debug)]
pub(crate) enum Opening {
    Open(Opened),
    /// The key may be valid, but the request exceeds a rate limit.
    Busy(Opened, Beyond),
    /// The origin sends no upstream request for this request now. The fields are the number of seconds to wait, and the reason.
    Full(u64, &'static str),
    Unknown,
    /// The key may be valid, but there are no features for it yet.
    Pending(Pending),
}

/// The reason why a request that needs features gets none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOpen {
    /// The fields are the number of seconds to wait, and the reason.
    TooMany(u64, &'static str),
    Unknown,
    NotReady,
}

impl From<Beyond> for NotOpen {
    fn from(beyond: Beyond) -> Self {
        Self::TooMany(beyond.seconds(), beyond.as_str())
    }
}

/// The wait for the first features of a key.
pub(crate) struct Pending {
    /// Resolves when the caller can look up the key again, or to false if the Edge stops before.
    pub(super) change: Pin<Box<dyn Future<Output = bool> + Send>>,
    pub(super) poll: PollWait,
}

/// The wait of a poll for the first features of a key.
pub(super) enum PollWait {
    /// Polls do not wait.
    None,
    /// A poll waits until this time for features that are fetched.
    Fetch(Opened, Instant),
    /// A poll waits until this time, and then looks the key up again.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))]
    Again(Box<dyn FnOnce() -> Opening + Send>, Instant),
}

/// Whether an origin may have to find out whether a key is unknown that no environment contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "cluster"), allow(dead_code))]
pub(crate) enum KeyProof {
    /// The origin may return [`Opening::Pending`] until it is certain that the key is unknown.
    Wanted,
    /// The request has waited for the proof already.
    Given,
}

/// The grant of a key, together with the generation that the key can read now.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The cell to which the next generations are published.
    pub(crate) cell: Arc<PublishedCell>,
    pub(crate) published: Arc<Published>,
    pub(crate) grant: Grant,
    /// The time until which a removed key can still read this generation, because the key may come back. `None` for a valid key,
    /// and for every key of a relay.
    pub(crate) leaves: Option<Instant>,
    /// The fetch of the features from upstream; `None` unless this Edge is a relay that fetches the features of this key on demand.
    fetching: Option<Fetching>,
}

/// A fetch of features from upstream by a relay. While this value exists, the upstream connection counts as in use.
#[derive(Debug)]
struct Fetching {
    changes: Changes,
    /// The instant until which a poll waits for the first features.
    until: Instant,
}

impl Opened {
    /// Looks up a key for reading in the environments that are served, without counting a request. A key that a new state file does not
    /// contain can still read during its revocation delay. Returns `None` if no environment contains the key and no revocation of the key
    /// is pending. Keys whose features a relay fetches on demand are in no environment.
    pub(crate) fn find(environments: &Environments, key: &RequestKey<'_>) -> Option<Self> {
        if let Some((cell, published, grant)) = environments.open(key.environment, key.secret) {
            return Some(Self { cell, published, grant, leaves: None, fetching: None });
        }
        let left = environments.open_leaving(key.environment, key.secret)?;
        let PendingRevocation { cell, published, grant, until } = left;
        Some(Self { cell, published, grant, leaves: Some(until), fetching: None })
    }

    /// Returns access to the features in the cell of an upstream connection. A poll waits for the first features until this instant.
    pub(super) fn fetching(cell: &Arc<PublishedCell>, grant: Grant, until: Instant) -> Self {
        let fetching = Some(Fetching { changes: cell.watch(), until });
        let (cell, published) = (Arc::clone(cell), cell.current());
        Self { cell, published, grant, leaves: None, fetching }
    }

    /// Returns the view of the key; `None` if the generation has no such view.
    pub(crate) fn view(&self) -> Option<&View> {
        self.published.view(self.grant.view)
    }

    /// Returns the result for a request that was counted with the result `counted`. A stream opens also without features.
    pub(super) fn counted(self, caller: CallerKind, counted: Result<(), Beyond>) -> Opening {
        match (counted, caller) {
            (Err(beyond), _) => Opening::Busy(self, beyond),
            (Ok(()), CallerKind::Stream) => Opening::Open(self),
            (Ok(()), CallerKind::Poll) => self.for_poll(),
        }
    }

    pub(super) fn for_poll(self) -> Opening {
        if self.published.grants.is_empty() {
            return Opening::Unknown;
        }
        if self.published.phase != Phase::Waiting {
            return Opening::Open(self);
        }
        let Some(Fetching { changes, until }) = &self.fetching else {
            return Opening::Pending(Pending { change: Box::pin(pending()), poll: PollWait::None });
        };
        let (cell, mut changes, until) = (Arc::clone(&self.cell), changes.clone(), *until);
        let change = async move {
            while !is_over(&cell.current()) && changes.changed().await.is_ok() {}
            true
        };
        Opening::Pending(Pending { change: Box::pin(change), poll: PollWait::Fetch(self, until) })
    }
}

/// Returns true if the fetch of features that this generation waits for is over.
fn is_over(published: &Published) -> bool {
    published.phase != Phase::Waiting || published.grants.is_empty() || published.closing.is_some()
}

impl Opening {
    /// Returns the features for a request. If there are none yet, waits until there are, at most as long as the origin allows a poll to
    /// wait.
    pub(crate) async fn settled(self) -> Result<Opened, NotOpen> {
        let opening = match self {
            Self::Pending(Pending { change, poll: PollWait::Fetch(opened, until) }) => {
                // The wait may also end by a timeout. The current generation is the result in each case.
                drop(timeout_at(until, change).await);
                Opened { published: opened.cell.current(), ..opened }.for_poll()
            }
            Self::Pending(Pending { change, poll: PollWait::Again(look_up, until) }) => {
                match timeout_at(until, change).await {
                    Ok(true) => look_up(),
                    _ => return Err(NotOpen::NotReady),
                }
            }
            other => other,
        };
        match opening {
            Self::Open(opened) => Ok(opened),
            Self::Busy(_, beyond) => Err(beyond.into()),
            Self::Full(seconds, why) => Err(NotOpen::TooMany(seconds, why)),
            Self::Unknown => Err(NotOpen::Unknown),
            Self::Pending(_) => Err(NotOpen::NotReady),
        }
    }
}

impl Pending {
    /// Waits until the caller can look up the key again. Returns false if the Edge stops before.
    pub(crate) async fn wait(self) -> bool {
        self.change.await
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let poll = match &self.poll {
            PollWait::None => "none",
            PollWait::Fetch(..) => "fetch",
            PollWait::Again(..) => "again",
        };
        f.debug_struct("Pending").field("poll", &poll).finish_non_exhaustive()
    }
}
