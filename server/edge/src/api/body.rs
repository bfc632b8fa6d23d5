//! Reads request bodies with a maximum size and a timeout.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use tokio::time::timeout;

use super::respond;

/// The timeout for reading a request body. A slower body is answered with status 408.
const TIME: Duration = Duration::from_secs(30);

/// The reason why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBody {
    /// The body is larger than the limit, or could not be read, for example because the connection broke.
    TooLarge,
    /// The body did not arrive within 30 seconds.
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
            Self::TooLarge => "the body is larger than the limit, or the connection broke",
            Self::TooSlow => "the body did not arrive within 30 seconds",
        }
    }

    pub(super) fn response(self) -> Response {
        respond::text(self.status(), self.sentence())
    }
}

/// Reads a body of at most `most_bytes` bytes that arrives within 30 seconds.
pub(super) async fn read(body: Body, most_bytes: usize) -> Result<Bytes, NoBody> {
    match timeout(TIME, to_bytes(body, most_bytes)).await {
        Ok(read) => read.map_err(|_| NoBody::TooLarge),
        Err(_) => Err(NoBody::TooSlow),
    }
}
