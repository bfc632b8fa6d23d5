//! The way in which a client fetches features.

use std::time::Duration;

use fh_client::ClientBuilder;

/// The way in which a client fetches features, as the setting `mode` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The client keeps a stream open.
    Streaming,
    /// The client polls in intervals.
    Polling,
    /// The client polls at the first read after an interval.
    Passive,
    /// The client polls once.
    Once,
    /// The client sends no requests.
    Offline,
}

impl Mode {
    /// Selects the mode, with this interval of polls.
    pub(super) fn apply(self, builder: ClientBuilder, interval: Duration) -> ClientBuilder {
        match self {
            Self::Streaming => builder.streaming(),
            Self::Polling => builder.polling(interval),
            Self::Passive => builder.passive(interval),
            Self::Once => builder.once(),
            Self::Offline => builder.offline(),
        }
    }
}
