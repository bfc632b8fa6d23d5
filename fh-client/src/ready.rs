//! The wait for a client's features, and its errors.

use std::fmt;

use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::status::{Connection, SessionStatus};

use crate::shared_state::SharedState;
use crate::status::Status;

/// The reason why a wait for a client to be ready failed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NotReady {
    /// The time limit passed before the client was ready. The value is the client's status at that time. The client continues
    /// its work after the timeout.
    TimedOut(Box<Status>),
    /// The Edge refuses this client, or has sent no environment for its API keys, or the transport can send no request. The value is the client's last problem. In
    /// most modes, the client retries later.
    Failed(Problem),
    /// The client sends no more requests, for example because it is offline and was given no features, or because the Edge
    /// accepts no more requests.
    Stopped,
    /// The time limit passed, because the client evaluates the ruleset of a file, and the file is missing or holds no ruleset. The client
    /// reads the file again once it changes.
    RulesetFile {
        /// The path of the file, and why its ruleset cannot be used.
        why: String,
        /// The client's status at that time.
        status: Box<Status>,
    },
    /// The client is closed, or the runtime on which it ran was shut down.
    Closed,
    /// The calling thread runs tasks of the client's runtime, so the wait could block the client. Use `ready().await`
    /// on such a thread.
    InsideRuntime,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(status) => write!(f, "no features arrived within the time limit: {status}"),
            Self::Failed(problem) => problem.fmt(f),
            Self::Stopped => f.write_str("the client has no features, and does not fetch any"),
            Self::RulesetFile { why, status } => write!(
                f,
                "no features arrived within the time limit, because the ruleset file cannot be used: {why}; give the path of a ruleset of FeatureSignals: {status}"
            ),
            Self::Closed => f.write_str("the client is closed"),
            Self::InsideRuntime => {
                f.write_str("waiting would block the client's runtime, which this thread runs: use `ready().await`")
            }
        }
    }
}

impl std::error::Error for NotReady {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(problem) => Some(problem),
            _ => None,
        }
    }
}

/// The effect on a waiting caller if the Edge refuses the client, or if the client sends no more requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// The wait ends with an error.
    End,
    /// The caller continues to wait.
    WaitThrough,
}

/// Waits until the client is ready. Returns [`NotReady::Closed`] once the client is closed. With [`Refusals::End`], returns
/// another error once the Edge refuses the client or the client sends no more requests. With [`Refusals::WaitThrough`],
/// continues to wait in these cases.
pub(crate) async fn ready(client: &SharedState, refusals: Refusals) -> Result<(), NotReady> {
    let mut watch = client.repository.watch();
    loop {
        if client.is_closed() {
            return Err(NotReady::Closed);
        }
        if let Some(outcome) = judge(&client.repository.status(), refusals) {
            return outcome;
        }
        watch.changed().await;
    }
}

/// Returns the error of a wait that a time limit has ended, for a client with this status.
#[cfg_attr(
    not(feature = "featuresignals"),
    expect(unused_variables, reason = "files are of FeatureSignals")
)]
pub(crate) fn timed_out(client: &SharedState, status: Status) -> NotReady {
    let status = Box::new(status);
    #[cfg(feature = "featuresignals")]
    if status.readiness == Readiness::NotReady
        && let Some(path) = client.settings.given.system.followed_file()
        && let Err(why) = crate::featuresignals::check_file(path)
    {
        return NotReady::RulesetFile { why, status };
    }
    NotReady::TimedOut(status)
}

/// Returns the outcome of the wait, or `None` if the caller should continue to wait.
fn judge(status: &SessionStatus, refusals: Refusals) -> Option<Result<(), NotReady>> {
    match status.readiness {
        Readiness::Ready => Some(Ok(())),
        Readiness::Closed => Some(Err(NotReady::Closed)),
        _ if refusals == Refusals::WaitThrough => None,
        Readiness::Failed => {
            let problem = status.problem.clone();
            Some(Err(problem.map_or(NotReady::Stopped, NotReady::Failed)))
        }
        _ => {
            let is_stopped = matches!(
                status.connection,
                Connection::Offline | Connection::Halted | Connection::Done
            );
            match &status.problem {
                // Each further request fails in the same way.
                Some(problem @ Problem::Transport(_)) => {
                    Some(Err(NotReady::Failed(problem.clone())))
                }
                _ => is_stopped.then_some(Err(NotReady::Stopped)),
            }
        }
    }
}
