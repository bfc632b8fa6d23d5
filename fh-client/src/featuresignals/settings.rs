//! The settings of a client of FeatureSignals.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fh_session::featuresignals::Reasons;

/// The settings of a client of FeatureSignals; see [`Client::featuresignals`](crate::Client::featuresignals). `Debug` does not show the API
/// key.
#[derive(Clone, Default)]
#[must_use = "pass the settings to `Client::featuresignals`"]
pub struct Settings {
    pub(crate) api_key: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) reasons: Reasons,
    pub(crate) flags: Option<Vec<Box<str>>>,
    pub(crate) origin: Origin,
    pub(crate) interval: Option<Duration>,
    pub(crate) fetching: Fetching,
    pub(crate) stream_lifetime: Option<Duration>,
}

/// The origin of the values of a client.
#[derive(Clone, Default)]
pub(crate) enum Origin {
    /// A server evaluates.
    #[default]
    Server,
    /// The client evaluates this ruleset.
    Ruleset(Arc<[u8]>),
    /// The client evaluates the ruleset of a file.
    File(PathBuf),
}

/// The way in which a client learns of changes, unless a function of the builder selects one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fetching {
    #[default]
    Polls,
    Stream,
}

impl Settings {
    /// Returns settings with the API key of an environment. The environment must follow.
    pub fn new(api_key: impl Into<String>) -> Self {
        Self { api_key: Some(api_key.into()), ..Self::default() }
    }

    /// Returns settings whose URL, API key and environment come from the environment variables `FEATURESIGNALS_URL`, `FEATURESIGNALS_API_KEY`
    /// and `FEATURESIGNALS_ENVIRONMENT`. [`ClientBuilder::start`](crate::ClientBuilder::start) reads the variables. A value that is given
    /// takes precedence over a variable. A variable that is empty, blank or not Unicode counts as not set.
    pub fn from_environment() -> Self {
        Self::default()
    }

    /// Returns settings of a client that evaluates this ruleset itself, for any number of contexts, without a server and an API key. The
    /// guide has the SQL that reads a ruleset from the database of a server.
    pub fn of_ruleset(ruleset: impl Into<Vec<u8>>) -> Self {
        Self::default().ruleset(ruleset)
    }

    /// Returns settings of a client that evaluates the ruleset of a file itself; see [`Self::ruleset_file`].
    pub fn of_ruleset_file(path: impl AsRef<Path>) -> Self {
        Self::default().ruleset_file(path)
    }

    /// Sets the URL of the server. The default is the service that FeatureSignals runs.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the slug of the environment to which the API key belongs, such as `production`.
    pub fn environment(mut self, slug: impl Into<String>) -> Self {
        self.environment = Some(slug.into());
        self
    }

    /// Sets whether the client asks for reasons and variants also for a context without attributes. This takes one more request for each 100
    /// flags. The default is `false`: the values of such a context have the reason [`Reason::Static`](crate::Reason::Static). A context with
    /// attributes always has reasons and variants.
    pub const fn reasons(mut self, always: bool) -> Self {
        self.reasons = if always { Reasons::Always } else { Reasons::OfContextsWithAttributes };
        self
    }

    /// Sets the keys of the flags that the program reads. The default is all flags. Other flags count as missing.
    pub fn flags(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut keys: Vec<Box<str>> =
            keys.into_iter().map(|key| key.into().into_boxed_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        self.flags = Some(keys);
        self
    }

    /// Makes the client evaluate this ruleset itself, in place of a server.
    pub fn ruleset(mut self, ruleset: impl Into<Vec<u8>>) -> Self {
        self.origin = Origin::Ruleset(ruleset.into().into());
        self
    }

    /// Makes the client evaluate the ruleset of a file itself, in place of a server. The client checks twice a second whether the file has
    /// changed. A file that is missing or cannot be read is reported as a [`Notice`](crate::Notice), and the client keeps the last ruleset.
    pub fn ruleset_file(mut self, path: impl AsRef<Path>) -> Self {
        self.origin = Origin::File(path.as_ref().to_path_buf());
        self
    }

    /// Sets the time between the end of a poll and the next one. The client varies it by up to a tenth. The default is 30 seconds.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets whether the client also keeps a stream open, which announces changes. The default is `false`, because servers of FeatureSignals as
    /// shipped refuse streams. While a server refuses streams, the client polls.
    pub const fn stream(mut self, stream: bool) -> Self {
        self.fetching = if stream { Fetching::Stream } else { Fetching::Polls };
        self
    }

    /// Sets the time after which the client replaces a stream by a new one. The default is 25 seconds, because servers of FeatureSignals as
    /// shipped lose the first event that is later than 30 seconds.
    pub const fn stream_lifetime(mut self, lifetime: Duration) -> Self {
        self.stream_lifetime = Some(lifetime);
        self
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // URLs that users paste may hold a key.
        f.debug_struct("Settings")
            .field("api_key", &self.api_key.as_ref().map(|_| "***"))
            .field("environment", &self.environment)
            .field("fetching", &self.fetching)
            .finish_non_exhaustive()
    }
}
