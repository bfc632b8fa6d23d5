//! The result of an operation.

use fh_client::{NotReady, Problem, Refusal, SetHeadersError, SetKeysError, StartError};
use serde::Serialize;
use serde_json::{Value, json};

/// The result of an operation as JSON, or the reason why it failed.
pub type Answer = Result<Value, Failure>;

/// The kind of a failure. A binding has an exception for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// The program has passed something wrong.
    Invalid,
    /// The client is closed.
    Closed,
    /// The client has no features, and gets none by itself.
    NotReady,
    /// The time is over.
    TimedOut,
    /// The Edge could not be reached, or its response was an error.
    Edge,
    /// The Edge rejected a test update, or the client did not receive it.
    Refused,
}

/// The reason why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The kind.
    pub kind: FailureKind,
    /// A text for people, without API keys.
    pub message: String,
    /// The short name of the problem, or of the reason for which a test update was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The HTTP status with which the Edge rejected a test update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl ToString) -> Self {
        Self { kind, message: message.to_string(), code: None, status: None }
    }

    /// Returns a failure of the kind [`FailureKind::Invalid`].
    #[must_use]
    pub fn invalid(message: impl ToString) -> Self {
        Self::new(FailureKind::Invalid, message)
    }
}

/// Returns an answer as JSON: `{"answer": …}`, or `{"failure": {"kind": …, "message": …}}`.
#[must_use]
pub fn written(answer: Answer) -> String {
    match answer {
        Ok(answer) => json!({ "answer": answer }).to_string(),
        Err(failure) => json!({ "failure": failure }).to_string(),
    }
}

/// A request that is not the JSON of an operation.
impl From<serde_json::Error> for Failure {
    fn from(why: serde_json::Error) -> Self {
        Self::invalid(why)
    }
}

impl From<&NotReady> for Failure {
    fn from(why: &NotReady) -> Self {
        let (kind, code) = match why {
            NotReady::TimedOut(status) | NotReady::RulesetFile { status, .. } => {
                (FailureKind::TimedOut, status.problem.as_ref().map(Problem::as_str))
            }
            NotReady::Failed(problem) => (FailureKind::NotReady, Some(problem.as_str())),
            NotReady::Stopped => (FailureKind::NotReady, Some("stopped")),
            _ => (FailureKind::Closed, None),
        };
        Self { code, ..Self::new(kind, why) }
    }
}

impl From<&Problem> for Failure {
    fn from(why: &Problem) -> Self {
        let kind = match why {
            Problem::Closed => FailureKind::Closed,
            Problem::Context(_) | Problem::EmptyKey => FailureKind::Invalid,
            _ => FailureKind::Edge,
        };
        Self { code: Some(why.as_str()), ..Self::new(kind, why) }
    }
}

impl From<&SetKeysError> for Failure {
    fn from(why: &SetKeysError) -> Self {
        match why {
            SetKeysError::Edge(problem) => problem.into(),
            _ => Self::invalid(why),
        }
    }
}

impl From<&SetHeadersError> for Failure {
    fn from(why: &SetHeadersError) -> Self {
        match why {
            SetHeadersError::Edge(problem) => problem.into(),
            _ => Self::invalid(why),
        }
    }
}

impl From<&StartError> for Failure {
    fn from(why: &StartError) -> Self {
        Self::invalid(why)
    }
}

impl From<&Refusal> for Failure {
    fn from(why: &Refusal) -> Self {
        let code = match why {
            Refusal::Closed => return (&Problem::Closed).into(),
            Refusal::Unreachable(problem) => return problem.into(),
            Refusal::Nonsense { .. } => "nonsense",
            Refusal::NotPermitted { .. } => "not_permitted",
            Refusal::NoSuchFeature => "no_such_feature",
            Refusal::Locked { .. } => "locked",
            Refusal::NotPossible { .. } => "not_possible",
            Refusal::NotApplied => "not_applied",
            _ => "unexpected",
        };
        Self { code: Some(code), status: why.status(), ..Self::new(FailureKind::Refused, why) }
    }
}
