//! The settings of a client of a FeatBit server.

use std::fmt;
use std::time::Duration;

use fh_eval::featbit::Profile;

/// The settings of a client of a FeatBit server; see [`Client::featbit`](crate::Client::featbit). `Debug` does not show the secret.
#[derive(Clone, Default)]
#[must_use = "pass the settings to `Client::featbit`"]
pub struct Settings {
    pub(crate) secret: Option<String>,
    pub(crate) streaming_url: Option<String>,
    pub(crate) polling_url: Option<String>,
    pub(crate) event_url: Option<String>,
    pub(crate) polling: Option<Duration>,
    pub(crate) profile: Profile,
    pub(crate) insights: Reporting,
    pub(crate) full_sync: FullSync,
}

/// The events that a client reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reporting {
    #[default]
    All,
    Nothing,
}

/// The way in which a client learns of deleted flags and older data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FullSync {
    #[default]
    Regular,
    OnRefresh,
}

impl Settings {
    /// Returns settings with the server secret of an environment. At least one URL must follow.
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: Some(secret.into()), ..Self::default() }
    }

    /// Returns settings whose secret and URLs come from the environment variables `FEATBIT_ENV_SECRET`, `FEATBIT_STREAMING_URL` and
    /// `FEATBIT_EVENT_URL`. [`ClientBuilder::start`](crate::ClientBuilder::start) reads the variables. A value that is given takes precedence over a variable. A variable
    /// that is empty, blank or not Unicode counts as not set.
    pub fn from_environment() -> Self {
        Self::default()
    }

    /// Sets the URL of the evaluation server for WebSockets, such as `wss://flags.example`. A path in the URL is kept. If this URL or one of
    /// the other two is not set, it is taken from one that is set: from this URL, then from [`Self::polling_url`], then from
    /// [`Self::event_url`].
    pub fn streaming_url(mut self, url: impl Into<String>) -> Self {
        self.streaming_url = Some(url.into());
        self
    }

    /// Sets the URL of the evaluation server for polls, such as `https://flags.example`.
    pub fn polling_url(mut self, url: impl Into<String>) -> Self {
        self.polling_url = Some(url.into());
        self
    }

    /// Sets the URL of the evaluation server for insights, such as `https://flags.example`.
    pub fn event_url(mut self, url: impl Into<String>) -> Self {
        self.event_url = Some(url.into());
        self
    }

    /// Makes the client poll at the start and again this long after the end of each poll. The default is to keep a WebSocket open.
    pub const fn polling(mut self, interval: Duration) -> Self {
        self.polling = Some(interval);
        self
    }

    /// Sets whether the client reports evaluations and metrics to FeatBit. The default is `true`. With `false`, no event is sent, and
    /// [`Context::track`](crate::Context::track) has no effect.
    pub const fn insights(mut self, report: bool) -> Self {
        self.insights = if report { Reporting::All } else { Reporting::Nothing };
        self
    }

    /// Sets whether the client requests all flags again from time to time, because a server reports neither deleted flags nor that its data
    /// became older. The default is `true`: on average after an hour, or later if the flags are large, and soon after the server was away for
    /// more than a minute. With `false`, only the first request and [`Client::refresh`](crate::Client::refresh) do.
    pub const fn full_sync(mut self, is_regular: bool) -> Self {
        self.full_sync = if is_regular { FullSync::Regular } else { FullSync::OnRefresh };
        self
    }

    /// Sets the rules by which flags are evaluated where FeatBit's programs differ. The default is [`Profile::Server`]: the answers of
    /// FeatBit's evaluation server.
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // URLs that users paste may hold a token.
        f.debug_struct("Settings")
            .field("secret", &self.secret.as_ref().map(|_| "***"))
            .field("polling", &self.polling)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
