//! The settings of a session, of one of several systems.

#[cfg(feature = "featuresignals")]
use fh_session::featuresignals::Mode as SignalsMode;
use fh_session::{Config, Limits, Mode, Session};

use crate::driver::Protocol;
use crate::server::Server;

/// The URL that an offline client uses if neither the program nor the environment sets a URL. It appears in logs and in the
/// client's `Debug` output.
pub(super) const NOWHERE: &str = "http://offline.invalid";

/// The settings of the session that a client starts.
pub(super) enum SessionConfig {
    FeatureHub(Box<Config>),
    #[cfg(feature = "featbit")]
    FeatBit {
        config: Box<fh_session::featbit::Config>,
        headers: Vec<(String, String)>,
    },
    #[cfg(feature = "featuresignals")]
    FeatureSignals {
        config: Box<fh_session::featuresignals::Config>,
        headers: Vec<(String, String)>,
    },
}

impl SessionConfig {
    pub(super) fn server(&self) -> Server {
        match self {
            Self::FeatureHub(config) => {
                Server::Edge { url: config.edge.clone(), keys: config.keys.clone() }
            }
            #[cfg(feature = "featbit")]
            Self::FeatBit { config, .. } => Server::FeatBit {
                endpoints: config.endpoints.clone(),
                secret: config.secret.clone(),
            },
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { config, .. } if config.mode == SignalsMode::Local => {
                Server::Ruleset { endpoint: config.endpoint.clone() }
            }
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { config, .. } => Server::FeatureSignals {
                endpoint: config.endpoint.clone(),
                key: config.key.clone(),
            },
        }
    }

    pub(super) fn is_offline(&self) -> bool {
        match self {
            Self::FeatureHub(config) => config.mode == Mode::Offline,
            #[cfg(feature = "featbit")]
            Self::FeatBit { config, .. } => config.mode == fh_session::featbit::Mode::Offline,
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { config, .. } => {
                matches!(config.mode, SignalsMode::Offline | SignalsMode::Local)
            }
        }
    }

    pub(super) const fn limits(&self) -> Limits {
        match self {
            Self::FeatureHub(config) => config.limits,
            #[cfg(feature = "featbit")]
            Self::FeatBit { config, .. } => config.limits,
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { config, .. } => config.limits,
        }
    }

    /// Takes the headers that the program adds to requests. The driver, and not the session, adds them to each request, because the program
    /// can replace them later.
    pub(super) fn take_headers(&mut self) -> Vec<(String, String)> {
        match self {
            Self::FeatureHub(config) => std::mem::take(&mut config.headers),
            #[cfg(feature = "featbit")]
            Self::FeatBit { headers, .. } => std::mem::take(headers),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { headers, .. } => std::mem::take(headers),
        }
    }

    /// Returns the header `user-agent` of a client of FeatBit.
    #[cfg(feature = "featbit")]
    pub(super) fn user_agent(&self) -> Option<String> {
        match self {
            Self::FeatBit { config, .. } => config.identification.clone(),
            _ => None,
        }
    }

    /// Returns a session with these settings. The seed determines its random delays.
    pub(super) fn session(self, seed: u64) -> Protocol {
        match self {
            Self::FeatureHub(config) => Protocol::FeatureHub(Box::new(Session::new(*config, seed))),
            #[cfg(feature = "featbit")]
            Self::FeatBit { config, .. } => {
                Protocol::FeatBit(Box::new(fh_session::featbit::Session::new(*config, seed)))
            }
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { config, .. } => {
                let session = fh_session::featuresignals::Session::new(*config, seed);
                Protocol::FeatureSignals(Box::new(session))
            }
        }
    }
}
