//! The session of a client, of one of several systems.

use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::time::Millis;
use fh_session::{Action, Input, Session};

/// A session with a server of one system. All sessions have the same inputs and actions.
pub(crate) enum Protocol {
    FeatureHub(Box<Session>),
    #[cfg(feature = "featbit")]
    FeatBit(Box<fh_session::featbit::Session>),
    #[cfg(feature = "featuresignals")]
    FeatureSignals(Box<fh_session::featuresignals::Session>),
}

impl Protocol {
    /// Handles an input. `wall` returns the time of day, which not every session needs.
    pub(super) fn handle(&mut self, now: Millis, wall: impl Fn() -> Timestamp, input: Input<'_>) {
        #[cfg(not(feature = "featbit"))]
        let _ = wall;
        match self {
            Self::FeatureHub(session) => session.handle(now, input),
            #[cfg(feature = "featbit")]
            Self::FeatBit(session) => session.handle(now, wall(), input),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals(session) => session.handle(now, input),
        }
    }

    pub(super) fn poll(&mut self) -> Option<Action> {
        match self {
            Self::FeatureHub(session) => session.poll(),
            #[cfg(feature = "featbit")]
            Self::FeatBit(session) => session.poll(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals(session) => session.poll(),
        }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        match self {
            Self::FeatureHub(session) => session.deadline(),
            #[cfg(feature = "featbit")]
            Self::FeatBit(session) => session.deadline(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals(session) => session.deadline(),
        }
    }

    pub(super) const fn last_contact(&self) -> Option<Millis> {
        match self {
            Self::FeatureHub(session) => session.last_contact(),
            #[cfg(feature = "featbit")]
            Self::FeatBit(session) => session.last_contact(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals(session) => session.last_contact(),
        }
    }

    /// Returns the context that was set last, for which a server evaluates features; `None` if the client evaluates all contexts.
    pub(super) fn newest_context(&self) -> Option<&Arc<Attributes>> {
        match self {
            Self::FeatureHub(session) => Some(session.newest_context()),
            #[cfg(feature = "featbit")]
            Self::FeatBit(_) => None,
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals(session) => session.newest_context(),
        }
    }
}
