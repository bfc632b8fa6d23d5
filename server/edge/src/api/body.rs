//! Reads request bodies with a maximum size, a timeout and a limit on the memory of all bodies.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use tokio::time::timeout;

use super::respond;
use crate::request_memory::{NoMemory, RequestMemory, Reservation};

/// The timeout for reading a request body. A slower body is answered with status 408.
const TIME: Duration = Duration::from_secs(30);
/// The memory in bytes that is reserved first for a body whose length is not known.
const FIRST: usize = 4096;

/// The reason why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBody {
    /// The body is larger than the limit, or could not be read, for example because the connection broke.
    TooLarge,
    /// The body did not arrive within 30 seconds.
    TooSlow,
    /// There is no memory for the body.
    NoMemory,
}

impl NoBody {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoMemory => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is larger than the limit, or the connection broke",
            Self::TooSlow => "the body did not arrive within 30 seconds",
            Self::NoMemory => respond::NO_MEMORY,
        }
    }

    pub(super) fn response(self) -> Response {
        match self {
            Self::NoMemory => respond::no_memory(),
            _ => respond::text(self.status(), self.sentence()),
        }
    }
}

impl From<NoMemory> for NoBody {
    fn from(_: NoMemory) -> Self {
        Self::NoMemory
    }
}

/// Reads a body of at most `most_bytes` bytes that arrives within 30 seconds. The memory of the body stays reserved for the client at
/// `address` until the result is dropped.
pub(super) async fn read(
    memory: &RequestMemory,
    address: Option<IpAddr>,
    body: Body,
    most_bytes: usize,
) -> Result<Bytes, NoBody> {
    let known = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if known.is_some_and(|bytes| bytes > most_bytes) {
        return Err(NoBody::TooLarge);
    }
    // All memory of a body with a known length is reserved at once. Otherwise several bodies could each wait for the memory of the others.
    let capacity = known.unwrap_or(FIRST.min(most_bytes));
    let reservation = memory.reserve(address, capacity, 0).await?;
    let reading = collect(body, reservation, capacity, most_bytes);
    let read = timeout(TIME, reading).await.unwrap_or(Err(NoBody::TooSlow));
    if read == Err(NoBody::NoMemory) {
        memory.refuse();
    }
    read
}

async fn collect(
    mut body: Body,
    mut reservation: Reservation,
    capacity: usize,
    most_bytes: usize,
) -> Result<Bytes, NoBody> {
    let mut bytes = Vec::with_capacity(capacity);
    while let Some(frame) = poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await {
        let Ok(data) = frame.map_err(|_| NoBody::TooLarge)?.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > most_bytes {
            return Err(NoBody::TooLarge);
        }
        if length > bytes.capacity() {
            let larger = length.max(2 * bytes.capacity()).min(most_bytes);
            reservation.resize(larger)?;
            bytes.reserve_exact(larger - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Arc::new(reservation).hold(Bytes::from(bytes)))
}
