//! Waiting for features (D-70).

use std::fmt;

use fh_session::{Connection, Problem, Readiness, SessionStatus};

use crate::board::Board;
use crate::status::Status;

/// The reason why a client is not ready.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NotReady {
    /// The time limit passed; the status at that time is attached. The client keeps trying.
    TimedOut(Box<Status>),
    /// The Edge refuses this client, with the reason. The client keeps trying, at long intervals.
    Failed(Problem),
    /// The client makes no more requests: it is offline and was given no features, or the Edge accepts no more requests.
    Stopped,
    /// The client was closed.
    Closed,
    /// This thread runs the runtime that the client was given, so the wait would block the client (D-119). Use `ready().await`.
    InsideRuntime,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(status) => write!(f, "no features within the time limit: {status}"),
            Self::Failed(problem) => problem.fmt(f),
            Self::Stopped => f.write_str("there are no features, and none are being fetched"),
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

/// The effect of a refusal on the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusals {
    End,
    WaitThrough,
}

/// Waits until the client is ready, or until waiting cannot succeed any more.
pub(crate) async fn ready(board: &Board, refusals: Refusals) -> Result<(), NotReady> {
    if board.is_closed() {
        return Err(NotReady::Closed);
    }
    let mut status = board.watch_status();
    let verdict = status.wait_for(|status| judge(status, refusals).is_some()).await;
    match verdict {
        Ok(status) => judge(&status, refusals).unwrap_or(Err(NotReady::Closed)),
        Err(_) => Err(NotReady::Closed),
    }
}

/// Returns the outcome of the wait, or `None` while waiting makes sense.
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
            is_stopped.then_some(Err(NotReady::Stopped))
        }
    }
}
