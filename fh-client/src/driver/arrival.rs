//! The events of a request of the driver.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
#[cfg(feature = "featbit")]
use fh_eval::SharedText;
use fh_session::ResponseHead;

use crate::transport::{TransportError, TransportErrorKind};

/// An event of a request, such as the head of its response or a failure.
pub(super) enum Arrival {
    Head(ResponseHead),
    Piece(Bytes),
    /// A message has arrived on a socket.
    #[cfg(feature = "featbit")]
    Text(SharedText),
    /// Bytes of a message that is not complete have arrived on a socket.
    #[cfg(feature = "featbit")]
    Progress(usize),
    Complete,
    /// The server closed a socket in order, with this code.
    #[cfg(feature = "featbit")]
    Closed(Option<u16>),
    /// A message on a socket is larger than the limit.
    #[cfg(feature = "featbit")]
    TooLarge,
    /// The server broke the rules of WebSockets, with the reason.
    #[cfg(feature = "featbit")]
    Invalid(String),
    Failed(TransportError),
}

impl Arrival {
    /// Returns true if no event follows this one.
    pub(super) const fn is_end(&self) -> bool {
        match self {
            Self::Head(_) | Self::Piece(_) => false,
            Self::Complete | Self::Failed(_) => true,
            #[cfg(feature = "featbit")]
            Self::Text(_) | Self::Progress(_) => false,
            #[cfg(feature = "featbit")]
            Self::Closed(_) | Self::TooLarge | Self::Invalid(_) => true,
        }
    }
}

/// Runs the code of a transport, and converts a panic into an error, because a panic would end the task that runs the code.
pub(super) fn guarded<T>(
    run: impl FnOnce() -> Result<T, TransportError>,
) -> Result<T, TransportError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(TransportError::new(TransportErrorKind::Other, "the transport panicked"))
    })
}
