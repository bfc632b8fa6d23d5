//! The invariants that hold after every step.

use std::fmt;

/// An invariant of the client, with its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every state has a deadline, except those that D-71 names.
    Deadline,
    /// A request is aborted when its time limit has passed, and not before (D-74).
    Limits,
    /// At most one request is in flight.
    OneRequest,
    /// At most two requests are sent within a second (D-64).
    Pace,
    /// No request is sent before the back-off, `Retry-After`, the slow retry or the interval has passed (D-21, D-64, D-75).
    NotTooSoon,
    /// No request is sent later than the back-off, the server's request or the interval demands.
    NotTooLate,
    /// A request is sent when one is due, and only then.
    Asks,
    /// Every command gets exactly one outcome, within bounded time.
    Errands,
    /// Changes of readiness follow sdk-behaviour 2.3.
    Readiness,
    /// A client becomes Failed only by a refusal on first contact or by a `failure` event (D-21, D-28).
    Failed,
    /// The status names the last problem, and none after a good response.
    Problem,
    /// The features are as old as before a list that the client did not apply (D-60).
    Age,
    /// The version of a served feature decreases only after an hour of lists with older versions.
    Versions,
    /// `If-None-Match` contains the etag of the last list that was applied for the same context, and is sent with one key only (D-60,
    /// D-72).
    Etag,
    /// A request contains the key, and the context if the Edge evaluates.
    Context,
    /// Redirects lead to the same origin only (D-82).
    Redirect,
    /// After status 236 or `edge.stale` no request is sent without a command (D-22, D-23).
    Stale,
    /// While the client is suspended, it sends no request that no command needs.
    Suspended,
    /// After the end the session returns no action except the outcomes of commands.
    Stopped,
    /// Served features come only from the live request to the Edge or from a store, and belong to this context.
    Told,
    /// A store only adds features. It removes none, and restores none that the Edge has deleted (sdk-behaviour 2.2, D-73).
    Stores,
    /// A change that a reader can see is published as a change.
    Cause,
    /// The client serves the features of the Edge as soon as its updates have arrived.
    InStep,
    /// At the end the client serves the features of the Edge, is ready, and has no problem.
    Converges,
    /// A step leads to a bounded number of actions.
    Bounded,
    /// No input causes a panic.
    #[cfg(mutants)]
    Panics,
}

/// The violation of an invariant.
#[derive(Debug)]
pub struct Broken {
    pub invariant: Invariant,
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.why)
    }
}

/// Fails with a violation if the condition is false.
pub fn hold(invariant: Invariant, holds: bool, why: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { invariant, why: why() }) }
}
