//! Functions of the builder that set delays and limits of requests.

use std::ops::RangeInclusive;
use std::time::Duration;

use fh_session::{Backoff, Limits};

use super::ClientBuilder;

/// The delays between requests, and the limits of each request.
impl ClientBuilder {
    /// Sets the delays before retries after temporary failures, such as a failed connection. By default the first delay
    /// is random between 0.5 and 1 second. The range doubles with each further failure, up to 15 to 30 seconds. Other delays
    /// can apply while the client polls and after the end of a stream that had sent features; see [`Backoff`] and
    /// [`Self::return_within`]. The Edge can request longer delays.
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.configure(move |config| config.backoff = backoff)
    }

    /// Sets the delays before retries after the Edge has refused the client's request. By default the first delay is random
    /// between 30 and 60 seconds. The range doubles with each further refusal, up to 5 to 10 minutes. The Edge can
    /// request longer delays.
    pub fn backoff_when_refused(self, backoff: Backoff) -> Self {
        self.configure(move |config| config.refused = backoff)
    }

    /// Sets the time limits of requests, and the maximum size in bytes of a poll's response and of a line or an event of a
    /// stream. If a limit is zero, [`Self::start`] returns [`StartError::Setting`](crate::StartError::Setting).
    pub fn limits(self, limits: Limits) -> Self {
        self.configure(move |config| config.limits = limits)
    }

    /// Sets the range of the random delay before a reconnect after the end of a stream that had sent features; see
    /// [`Config::return_within`](crate::Config::return_within). The default is 0.1 to 1 second. If the range is empty, because the longer
    /// delay is first, [`Self::start`] returns [`StartError::Setting`](crate::StartError::Setting).
    pub fn return_within(self, delays: RangeInclusive<Duration>) -> Self {
        self.configure(move |config| config.return_within = delays.clone())
    }

    /// Sets the time after which a stream that has sent features counts as healthy. After the end of a healthy stream, the delays of [`Self::backoff`] begin
    /// anew. The default is 10 seconds.
    pub fn healthy_after(self, time: Duration) -> Self {
        self.configure(move |config| config.healthy_after = time)
    }

    /// Sets the time for which the client polls after the Edge could not stream, or a proxy held its streams back. The next request
    /// after this time is for a stream. The default is 600 seconds.
    pub fn stream_again_after(self, time: Duration) -> Self {
        self.configure(move |config| config.stream_again_after = time)
    }

    /// Sets the time within which the client sends at most two requests. Further requests wait. The default is 1 second.
    pub fn pace(self, time: Duration) -> Self {
        self.configure(move |config| config.pace = time)
    }
}
