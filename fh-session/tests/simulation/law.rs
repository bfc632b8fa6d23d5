//! What must hold at every step, whatever happens.

use std::fmt;

/// A law of the client, with the place that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// There is a deadline in every state but those that D-71 names.
    Deadline,
    /// What has a limit of time is given up when it has passed, and not before (D-74).
    Limits,
    /// At most one request is in flight.
    OneRequest,
    /// At most two requests within a second (D-64).
    Pace,
    /// Nobody asks before the back-off, `Retry-After`, the slow retry or the interval has passed (D-21, D-64, D-75).
    NotTooSoon,
    /// Nobody waits longer than the back-off, the server's wish or the interval.
    NotTooLate,
    /// A request goes out when one is due, and only then.
    Asks,
    /// Every errand is settled exactly once, in bounded time.
    Errands,
    /// Ready, not ready and failed follow each other as sdk-behaviour 2.3 has it.
    Readiness,
    /// Only a refusal on first contact, or a `failure` event, makes a client fail (D-21, D-28).
    Failed,
    /// The status names the last problem, and none after a good answer.
    Problem,
    /// The version of a feature never falls.
    Versions,
    /// `If-None-Match` carries the etag of the last list that was applied, for the same context, and one key (D-60, D-72).
    Etag,
    /// A request says for whom and with which key, and nothing about it where strategies are evaluated here.
    Context,
    /// Redirects lead nowhere but home (D-82).
    Redirect,
    /// After 236 or `edge.stale` no request goes out by itself (D-22, D-23).
    Stale,
    /// After the end there is nothing any more.
    Stopped,
    /// Only what the Edge said on the live request, or a store, for this context, is ever served.
    Told,
    /// A store adds; it removes nothing, and brings nothing back that the Edge has deleted (sdk-behaviour 2.2, D-73).
    Stores,
    /// A reader is told of a change that it could see.
    Cause,
    /// What is served is what the Edge has, as soon as its news are in.
    InStep,
    /// In the end the client has what the Edge has, is ready, and has no problem.
    Converges,
    /// A step leads to a bounded number of actions.
    Bounded,
    /// No input makes it panic.
    #[cfg(planted_bugs)]
    Panics,
}

/// A law was broken.
#[derive(Debug)]
pub struct Broken {
    pub law: Law,
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.law, self.why)
    }
}

/// Holds the law unless the condition is false.
pub fn hold(law: Law, holds: bool, why: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { law, why: why() }) }
}
