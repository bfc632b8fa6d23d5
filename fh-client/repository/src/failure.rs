//! Failures of user code that it reports without a panic.

use std::cell::Cell;
use std::fmt;

use crate::panic_guard::catch_panic;

/// The error with which an interceptor or an observer reports that a call failed. It counts as a panic does, and has the same effect.
///
/// The error holds no reason: the code that failed reports the reason where its users expect it, such as the log of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call failed")
    }
}

impl std::error::Error for Failed {}

thread_local! {
    /// True if the listener that this thread runs has reported a failure.
    static LISTENER_FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Reports that the listener that runs on this thread has failed. The call then counts as a panic does
/// ([`Counters::listener_panics`](crate::Counters::listener_panics)), once, however often the listener reports. The listener continues, and
/// gets later events. Has no effect outside a call of a listener.
///
/// This function is meant for listeners that cannot panic, such as those of a binding for another language.
///
/// ```
/// # use fh_repository::{Repository, RepositoryOptions, report_listener_failure};
/// # use fh_eval::Timestamp;
/// # let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
/// let _guard = repository.on_readiness(|_change| {
///     if "seven".parse::<u32>().is_err() {
///         report_listener_failure();
///     }
/// });
/// repository.deliver();
/// assert_eq!(repository.counters().listener_panics, 1);
/// ```
pub fn report_listener_failure() {
    LISTENER_FAILED.with(|failed| failed.set(true));
}

/// Calls an interceptor or an observer. A panic is a failure too.
pub(crate) fn catch_failure(call: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    catch_panic(call).unwrap_or(Err(Failed))
}

/// Calls a listener. The call fails if the listener panics or reports a failure.
pub(crate) fn catch_listener_failure(call: impl FnOnce()) -> Result<(), Failed> {
    // A listener may run within another one, if that one delivers the events of a second repository.
    let outer = LISTENER_FAILED.with(|failed| failed.replace(false));
    let outcome = catch_panic(call);
    let has_failed = LISTENER_FAILED.with(|failed| failed.replace(outer));
    if has_failed || outcome.is_err() { Err(Failed) } else { Ok(()) }
}
