//! The time of the next request for everything, and the last answer to one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::time::Millis;

use crate::delay::Delays;

/// The time of the next request for everything, and what the last answer was.
#[derive(Debug, Default)]
pub(super) struct FullSync {
    /// `None` before the first answer, and if the setting turns these requests off.
    pub(super) due: Option<Millis>,
    pub(super) every: Duration,
    /// The time of the last contact before the server became unreachable.
    pub(super) absent_since: Option<Millis>,
    /// Length and hash of the last full answer; `None` once a patch has changed what it gave.
    pub(super) last: Option<(usize, u64)>,
    /// True if the last full answer had no flags and no segments, and the client kept its own.
    pub(super) is_refused: bool,
    pub(super) delays: Delays,
}

impl FullSync {
    /// Returns the problem of a client that keeps its flags although the server sent none.
    pub(super) fn problem(&self) -> Option<Problem> {
        let why = "the answer has no flags and no segments, so the client keeps its own; a refresh would replace them";
        self.is_refused.then(|| Problem::Malformed(why.to_string()))
    }
}

/// Returns a hash of a message.
pub(super) fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
