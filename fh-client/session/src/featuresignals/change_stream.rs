//! The state of the stream of changes.

use fh_repository::time::Millis;

use crate::action::RequestId;
use crate::sse::Decoder;

/// The stream of a client.
#[derive(Default)]
pub(super) enum Stream {
    /// The client has no stream, and waits for none.
    #[default]
    Closed,
    Due {
        at: Millis,
        /// The end of the delay that the server has asked for.
        earliest: Millis,
    },
    Connecting {
        request_id: RequestId,
        until: Millis,
        sent: Millis,
    },
    Open {
        request_id: RequestId,
        /// The time at which the client replaces the stream.
        until: Millis,
        decoder: Box<Decoder>,
    },
}

impl Stream {
    /// Returns true if this is the request of the stream.
    pub(super) fn is(&self, id: RequestId) -> bool {
        self.request_id() == Some(id)
    }

    pub(super) const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::Connecting { request_id, .. } | Self::Open { request_id, .. } => {
                Some(*request_id)
            }
            Self::Closed | Self::Due { .. } => None,
        }
    }

    pub(super) const fn deadline(&self) -> Option<Millis> {
        match self {
            Self::Closed => None,
            Self::Due { at, .. }
            | Self::Connecting { until: at, .. }
            | Self::Open { until: at, .. } => Some(*at),
        }
    }
}
