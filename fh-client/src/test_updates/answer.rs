//! The answers of a server to an update (sdk-behaviour 0.6, edge-protocol 5.3).

use std::fmt;

use fh_session::Problem;

/// The outcome of an update that the server accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The update was forwarded (200, 201).
    Accepted,
    /// The feature was in this state already (202).
    Unchanged,
}

/// The reason why an update failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Status 400: the value does not fit the feature's type, or there is nothing to change.
    Nonsense {
        /// The reason that the server gives.
        reason: String,
    },
    /// Status 401 or 403: the API key has no permission for this update.
    NotPermitted {
        /// The status of the answer.
        status: u16,
        /// The reason that the server gives.
        reason: String,
    },
    /// Status 404: no such key, environment or feature.
    NoSuchFeature,
    /// Status 412: the feature is locked. Unlock it in the same update.
    Locked {
        /// The reason that the server gives.
        reason: String,
    },
    /// Status 412 for another reason: a BOOLEAN cannot be null.
    NotPossible {
        /// The reason that the server gives.
        reason: String,
    },
    /// Any other status.
    Unexpected {
        /// The status of the answer.
        status: u16,
        /// The reason that the server gives.
        reason: String,
    },
    /// The server could not be reached, or did not answer in time.
    Unreachable(Problem),
    /// The server accepted the update, but this client did not receive it in time
    /// ([`TestUpdates::set_and_wait`](super::TestUpdates::set_and_wait)).
    NotApplied,
    /// The client is closed.
    Closed,
}

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

impl Refusal {
    /// Returns the status of the answer, if there was one.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Nonsense { .. } => Some(400),
            Self::NoSuchFeature => Some(404),
            Self::Locked { .. } | Self::NotPossible { .. } => Some(412),
            Self::NotPermitted { status, .. } | Self::Unexpected { status, .. } => Some(*status),
            Self::Unreachable(_) | Self::NotApplied | Self::Closed => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, reason) = match self {
            Self::Nonsense { reason } => ("the Edge rejected the update as invalid", reason),
            Self::NotPermitted { reason, .. } => {
                ("the API key has no permission for this update", reason)
            }
            Self::Locked { reason } => ("the feature is locked", reason),
            Self::NotPossible { reason } => ("the update is not possible", reason),
            Self::NoSuchFeature => {
                return f.write_str("the Edge does not know this API key or feature");
            }
            Self::NotApplied => {
                return f.write_str(
                    "the update was accepted, but the client did not receive the change within the \
                     time limit",
                );
            }
            Self::Closed => return f.write_str("the client is closed"),
            Self::Unreachable(problem) => return problem.fmt(f),
            Self::Unexpected { status, reason } => {
                write!(f, "the Edge answered with status {status}")?;
                ("", reason)
            }
        };
        f.write_str(text)?;
        if !reason.is_empty() {
            write!(f, ": {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(problem) => Some(problem),
            _ => None,
        }
    }
}

/// Converts the status and text of an answer.
pub(super) fn read(status: u16, text: &str) -> Result<Outcome, Refusal> {
    let reason: String =
        text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect();
    match status {
        200 | 201 => Ok(Outcome::Accepted),
        202 => Ok(Outcome::Unchanged),
        400 => Err(Refusal::Nonsense { reason }),
        401 | 403 => Err(Refusal::NotPermitted { status, reason }),
        404 => Err(Refusal::NoSuchFeature),
        412 if reason.contains("null") && !reason.contains("locked") => {
            Err(Refusal::NotPossible { reason })
        }
        412 => Err(Refusal::Locked { reason }),
        _ => Err(Refusal::Unexpected { status, reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status() {
        let reason = || "why".to_string();
        for (status, text, answer) in [
            (200, "", Ok(Outcome::Accepted)),
            (201, "", Ok(Outcome::Accepted)),
            (202, "", Ok(Outcome::Unchanged)),
            (400, "why", Err(Refusal::Nonsense { reason: reason() })),
            (401, "why", Err(Refusal::NotPermitted { status: 401, reason: reason() })),
            (403, "why", Err(Refusal::NotPermitted { status: 403, reason: reason() })),
            (404, "why", Err(Refusal::NoSuchFeature)),
            (412, "why", Err(Refusal::Locked { reason: reason() })),
            (500, " why\n", Err(Refusal::Unexpected { status: 500, reason: reason() })),
            (302, "", Err(Refusal::Unexpected { status: 302, reason: String::new() })),
        ] {
            assert_eq!(read(status, text), answer);
            if let Err(refusal) = answer {
                assert_eq!(refusal.status(), Some(status));
            }
        }
        let null = read(412, "cannot set flag value to null").unwrap_err();
        assert!(matches!(null, Refusal::NotPossible { .. }));
        let long = read(400, &"x".repeat(10_000)).unwrap_err();
        assert!(long.to_string().len() < 600);
    }
}
