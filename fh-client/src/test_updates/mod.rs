//! Test updates, which change features at the Edge with FeatureHub's PUT request. This module holds the
//! change, the command to the driver, and the meaning of the Edge's response.

mod answer;
mod update;

use fh_session::ApiKey;

pub(crate) use self::answer::read_answer;
pub use self::answer::{Outcome, Refusal};
pub use self::update::{NewValue, Update};

/// The outcome of a test update, or the reason why the update failed.
pub(crate) type Sent = Result<Outcome, Refusal>;

/// A test update that the driver sends.
pub(crate) struct UpdateRequest {
    pub(crate) feature: String,
    pub(crate) update: Update,
    pub(crate) then: AfterAccepted,
    /// The API key for this update; `None` to use the client's first API key.
    pub(crate) key: Option<ApiKey>,
}

/// The next step after the Edge has accepted an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterAccepted {
    Return,
    Wait,
}
