//! The errors of the admin API. An error has a status, a sentence, and in most cases the part of the request that is wrong.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::api::respond;
use crate::request_memory::RETRY_AFTER_SECONDS;
use crate::state::Duplicate;
use crate::state_store::ReplaceError;

/// An error response. Its JSON has the member `error`, and the members `place`, `further` and `current` if they are set.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    error: String,
    /// The part of the request that is wrong; `None` if no part can be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The errors after the first one; empty if only one error is reported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further: Vec<FurtherProblem>,
    /// The current version of the feature or revision of the state, if the request expected another version or revision; else `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<i64>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// An error of a request in addition to the first one.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FurtherProblem {
    pub(super) error: String,
    pub(super) place: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
            place: None,
            further: Vec::new(),
            current: None,
            retry_after: None,
        }
    }

    pub(super) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// Makes an error with status 401, for a request without a valid admin key.
    pub(super) fn unauthorized(error: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error).at("Authorization")
    }

    /// Makes an error with status 422, for a request that is well-formed but cannot be carried out.
    pub(super) fn unprocessable(error: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }

    pub(super) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into()).filter(|place| !place.is_empty());
        self
    }

    pub(super) fn and(mut self, further: impl IntoIterator<Item = FurtherProblem>) -> Self {
        self.further.extend(further);
        self
    }

    /// Makes an error with status 429. The client may retry after this many seconds; 0 counts as 1.
    pub(super) fn too_many(seconds: u64, error: impl Into<String>) -> Self {
        let seconds = Some(seconds.max(1));
        Self { retry_after: seconds, ..Self::new(StatusCode::TOO_MANY_REQUESTS, error) }
    }

    /// Makes an error with status 503, for a request that needs what the server does not have now, such as memory. The client may retry
    /// after a few seconds.
    pub(super) fn unavailable(error: &str) -> Self {
        let retry_after = Some(RETRY_AFTER_SECONDS);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, error) }
    }

    /// Makes an error with status 500, for a task on another thread that gave no result, for example because it panicked. `task` is a noun
    /// phrase.
    pub(super) fn failed(task: &str) -> Self {
        let error = format!("{task} failed, because of an error in the Edge");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }

    pub(super) fn no_such_environment(name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no environment `{}`", excerpt(name)))
    }

    pub(super) fn no_such_feature(key: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no feature `{}`", excerpt(key)))
    }
}

/// Returns the first 100 characters of a text from the request, for an error message that repeats the text. If the text is longer, `…` is
/// appended.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    }
}

impl From<ReplaceError> for Problem {
    fn from(error: ReplaceError) -> Self {
        let text = error.to_string();
        match error {
            ReplaceError::NotFound => Self::new(StatusCode::NOT_FOUND, text),
            ReplaceError::WrongType(_) => Self::unprocessable(text).at("value"),
            ReplaceError::Duplicate(Duplicate { path, what }) => Self::unprocessable(what).at(path),
            ReplaceError::Strategies(wrong) => {
                let mut problems = wrong.problems().iter().map(|problem| FurtherProblem {
                    error: problem.what.clone(),
                    place: match problem.path.is_empty() {
                        true => "strategies".to_string(),
                        false => problem.path.clone(),
                    },
                });
                match problems.next() {
                    Some(first) => Self::unprocessable(first.error).at(first.place).and(problems),
                    None => Self::unprocessable(text).at("strategies"),
                }
            }
            ReplaceError::Outdated(revision) => Self {
                current: i64::try_from(revision).ok(),
                ..Self::new(StatusCode::PRECONDITION_FAILED, text).at("If-Match")
            },
            ReplaceError::Overtaken(version) => Self {
                current: Some(version),
                ..Self::new(StatusCode::PRECONDITION_FAILED, text).at("If-Match")
            },
            ReplaceError::NotKept(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, text),
            ReplaceError::Relayed | ReplaceError::ReadOnly(_) => {
                Self::new(StatusCode::CONFLICT, text)
            }
            ReplaceError::Redefined => Self::new(StatusCode::CONFLICT, text).at("strategies"),
            ReplaceError::Away(_) => Self::unavailable(&text),
            ReplaceError::Unknown(_) | ReplaceError::Closed => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, text)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = respond::bytes(self.status, "application/json", Bytes::from(body));
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"fh-edge\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(tag) = self.current.and_then(super::tag::of) {
            headers.insert(ETAG, tag);
        }
        response
    }
}
