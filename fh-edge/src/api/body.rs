//! Bodies of requests, bounded in size and time: who sends slowly is not waited for.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use tokio::time::timeout;

use super::respond;

/// How long a body may take to arrive as a whole.
const TIME: Duration = Duration::from_secs(30);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBody {
    /// It is larger than it may be, or its connection broke.
    TooLarge,
    /// It took too long.
    TooSlow,
}

impl NoBody {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is too large, or broke off",
            Self::TooSlow => "the body took too long",
        }
    }

    pub(super) fn response(self) -> Response {
        respond::text(self.status(), self.sentence())
    }
}

/// A body of at most so many bytes.
pub(super) async fn read(body: Body, most_bytes: usize) -> Result<Bytes, NoBody> {
    match timeout(TIME, to_bytes(body, most_bytes)).await {
        Ok(read) => read.map_err(|_| NoBody::TooLarge),
        Err(_) => Err(NoBody::TooSlow),
    }
}
