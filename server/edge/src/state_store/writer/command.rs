//! The commands of the writer thread, and what it needs to carry them out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Kind, Profile, Timestamp};
use http::HeaderValue;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::notices::Notices;
use crate::reply::Reply;
use crate::serving::AnswerBudget;
use crate::state::State;
use crate::state_store::change::{AWAY, FeatureChange, ReplaceError, UNKNOWN};
use crate::state_store::commit::NotCommitted;
use crate::state_store::{Refusal, Update, UpdateOutcome};
use crate::wire::api_key::UNKNOWN_KEY;

/// The settings of an Edge that apply to all its environments.
#[derive(Debug, Clone)]
pub(crate) struct ServeDefaults {
    /// The profile of environments that state no profile.
    pub(crate) profile: Profile,
    /// The `cache-control` header for all environments. If it is set, the values that environments state themselves are not used.
    pub(crate) cache_control: Option<HeaderValue>,
    /// The memory limit that the evaluated answers of all environments share.
    pub(crate) answers: Arc<AnswerBudget>,
    /// The notices of the Edge, which report changes that cannot be stored.
    pub(crate) notices: Arc<Notices>,
}

/// A command for the writer thread.
pub(super) enum Command {
    /// The rights of the key are looked up when the change is decided, because a command before this one may have revoked them.
    Put {
        place: (Uuid, Arc<str>),
        secret: Box<str>,
        update: Update,
        reply: Reply<Result<UpdateOutcome, PutError>>,
    },
    Patch {
        place: (Uuid, Arc<str>),
        /// The id and the type of the feature for which the strategies of the change were read; `None` for a change without strategies.
        /// Another server may have replaced the feature since.
        definition: Option<(Uuid, Kind)>,
        change: FeatureChange,
        reply: Reply<Result<u64, ReplaceError>>,
    },
    Replace {
        state: Box<State>,
        /// The revisions of which the state must have one; `None` accepts any revision.
        revisions: Option<Vec<u64>>,
        reply: Reply<Result<u64, ReplaceError>>,
    },
    Reload {
        base: Box<State>,
        /// The time from which versions are made; `None` for the current time.
        as_of: Option<Timestamp>,
        reply: Reply<Result<(), ReplaceError>>,
    },
    /// Takes over what other servers have stored.
    #[cfg_attr(
        not(feature = "cluster"),
        allow(dead_code, reason = "only a store that several servers share asks for it")
    )]
    Refresh,
    State(oneshot::Sender<State>),
    Close(Duration, oneshot::Sender<()>),
    /// Ends the writer thread and closes the change store.
    End(oneshot::Sender<()>),
}

impl Command {
    /// Answers a change that was not decided, because the change store could not be locked.
    pub(super) fn refuse(self, why: &NotCommitted) {
        match self {
            Self::Put { reply, .. } => reply.send(Err(PutError::of(why))),
            Self::Patch { reply, .. } => reply.send(Err(ReplaceError::of(why))),
            _ => {}
        }
    }
}

impl ReplaceError {
    pub(super) fn of(why: &NotCommitted) -> Self {
        match why {
            NotCommitted::Refused(why) => Self::NotKept(why.clone()),
            NotCommitted::Away(why) => Self::Away(why.clone()),
            NotCommitted::Unknown(why) => Self::Unknown(why.clone()),
        }
    }
}

/// The reason why a PUT was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PutError {
    Refused(Refusal),
    /// The API key was valid when the request arrived, and was removed before the change was decided.
    UnknownKey,
    /// The change, or another change that was to be stored together with it, could not be stored, so it was not made.
    NotKept,
    /// The database that several servers share cannot be reached, so the change was not made.
    Away,
    /// The database that several servers share has not answered, so it is unknown whether the change was made.
    Unknown,
    /// The writer thread has ended by a panic, or this Edge is a relay.
    Closed,
}

impl PutError {
    pub(super) fn of(why: &NotCommitted) -> Self {
        match why {
            NotCommitted::Refused(_) => Self::NotKept,
            NotCommitted::Away(_) => Self::Away,
            NotCommitted::Unknown(_) => Self::Unknown,
        }
    }

    /// Returns the status and the body of the response to the PUT.
    pub(crate) const fn answer(&self) -> (u16, &'static str) {
        match self {
            Self::Refused(refusal) => refusal.answer(),
            Self::UnknownKey => (404, UNKNOWN_KEY),
            Self::NotKept => (500, "the change could not be stored, so it was not made"),
            Self::Away => (503, AWAY),
            Self::Unknown => (503, UNKNOWN),
            Self::Closed => (503, "the server can make no more changes"),
        }
    }
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.answer().1)
    }
}
