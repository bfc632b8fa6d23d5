//! The settings of clients of FeatBit.

use fh_client::ClientBuilder;
use fh_client::featbit::{Profile, Settings};

/// The settings of a client of FeatBit. A field that is not given comes from an environment variable, or has the default of the client.
pub(super) struct FeatBit {
    pub(super) secret: Option<String>,
    pub(super) streaming_url: Option<String>,
    pub(super) polling_url: Option<String>,
    pub(super) event_url: Option<String>,
    pub(super) profile: Profile,
    pub(super) insights: bool,
    pub(super) full_sync: bool,
}

impl Default for FeatBit {
    fn default() -> Self {
        Self {
            secret: None,
            streaming_url: None,
            polling_url: None,
            event_url: None,
            profile: Profile::default(),
            insights: true,
            full_sync: true,
        }
    }
}

impl FeatBit {
    /// Makes a builder one of a client of FeatBit.
    pub(super) fn apply(self, builder: ClientBuilder) -> ClientBuilder {
        let mut settings = match self.secret {
            Some(secret) => Settings::new(secret),
            None => Settings::from_environment(),
        };
        if let Some(url) = self.streaming_url {
            settings = settings.streaming_url(url);
        }
        if let Some(url) = self.polling_url {
            settings = settings.polling_url(url);
        }
        if let Some(url) = self.event_url {
            settings = settings.event_url(url);
        }
        let settings = settings.profile(self.profile).insights(self.insights);
        builder.featbit(settings.full_sync(self.full_sync))
    }
}
