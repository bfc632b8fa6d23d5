//! The responses of the Edge to a test update.

use std::fmt;

use fh_eval::internal::{HTML_PAGE, is_html_page};
use fh_repository::problem::Problem;
use fh_repository::system::System;

/// The outcome of a test update that the Edge did not reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The Edge accepted the change (status 200 or 201). Clients receive the change later.
    Accepted,
    /// The feature already had the requested value and lock (status 202).
    Unchanged,
}

/// The reason why a test update failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The Edge answered with status 400, for example because the value does not fit the feature's type.
    Nonsense {
        /// The reason in the body of the Edge's response, cut off after 500 characters; empty if the Edge gives none.
        reason: String,
    },
    /// The Edge answered with status 401 or 403: the API key has no permission for this update.
    NotPermitted {
        /// The HTTP status of the Edge's response.
        status: u16,
        /// The reason in the body of the Edge's response, cut off after 500 characters; empty if the Edge gives none.
        reason: String,
    },
    /// The Edge answered with status 404: it does not know the API key, the environment or the feature. The feature keys `.`
    /// and `..` give this refusal without a request, because no URL can contain them.
    NoSuchFeature,
    /// The Edge answered with status 412, and [`Self::NotPossible`] does not apply: the feature is locked. To change its value,
    /// unlock the feature in the same update.
    Locked {
        /// The reason in the body of the Edge's response, cut off after 500 characters; empty if the Edge gives none.
        reason: String,
    },
    /// The Edge answered with status 412, and the reason contains `null` but not `locked`: the value of a BOOLEAN feature
    /// cannot be null.
    NotPossible {
        /// The reason in the body of the Edge's response, cut off after 500 characters; empty if the Edge gives none.
        reason: String,
    },
    /// The Edge answered with a status that no other variant covers.
    Unexpected {
        /// The HTTP status of the Edge's response.
        status: u16,
        /// The reason in the body of the Edge's response, cut off after 500 characters; empty if the Edge gives none.
        reason: String,
    },
    /// The Edge could not be reached, did not answer, its response took longer than the time limit, or a page of HTML came in place of its
    /// response.
    Unreachable(Problem),
    /// The Edge accepted the update, but this client did not receive the change within about 10 seconds
    /// ([`TestUpdates::set_and_wait`](crate::TestUpdates::set_and_wait)).
    NotApplied,
    /// The client is closed.
    Closed,
}

/// The maximum length of a reason in characters. The rest of a longer reason is cut off.
const LONGEST_REASON: usize = 500;

impl Refusal {
    /// Returns the HTTP status of the rejection, or `None` if the Edge did not reject the update. [`Self::NoSuchFeature`]
    /// always has the status 404.
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
            Self::Unreachable(problem) => return problem.on(System::FeatureHub).fmt(f),
            Self::Unexpected { status, reason } => {
                Problem::UnexpectedStatus(*status).on(System::FeatureHub).fmt(f)?;
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

/// Converts the status and the body of the Edge's response to the outcome of an update.
pub(crate) fn read_answer(status: u16, text: &str) -> Result<Outcome, Refusal> {
    let reason: String =
        text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect();
    match status {
        // A sign-in page or a proxy has answered, so that no Edge has seen the update.
        200..=202 if is_html_page(text) => {
            Err(Refusal::Unreachable(Problem::Malformed(HTML_PAGE.to_string())))
        }
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
            (200, "{}", Ok(Outcome::Accepted)),
            (200, "<?xml version=\"1.0\"?><ok/>", Ok(Outcome::Accepted)),
        ] {
            assert_eq!(read_answer(status, text), answer);
            if let Err(refusal) = answer {
                assert_eq!(refusal.status(), Some(status));
            }
        }
        for status in [200, 201, 202] {
            let page = read_answer(status, "\u{feff}\n <!doctype html>").unwrap_err();
            assert_eq!(
                (page.status(), page.to_string().contains("a page of HTML: ")),
                (None, true)
            );
        }
        let null = read_answer(412, "cannot set flag value to null").unwrap_err();
        assert!(matches!(null, Refusal::NotPossible { .. }));
        let long = read_answer(400, &"x".repeat(10_000)).unwrap_err();
        assert!(long.to_string().len() < 600);
    }
}
