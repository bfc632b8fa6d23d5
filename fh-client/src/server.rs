//! The server of a client, and what the client shows to it.

use std::fmt;
use std::sync::Arc;

use fh_repository::system::System;
#[cfg(feature = "featbit")]
use fh_session::featbit::{Endpoints, Secret};
#[cfg(feature = "featuresignals")]
use fh_session::featuresignals::{Endpoint, Key};
use fh_session::{ApiKeys, EdgeUrl, KeyKind, Secrets};

/// The server of a client, and the credentials that the client shows to it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Server {
    /// An Edge of FeatureHub.
    Edge { url: EdgeUrl, keys: ApiKeys },
    /// A server of FeatBit.
    #[cfg(feature = "featbit")]
    FeatBit { endpoints: Endpoints, secret: Secret },
    /// A server of FeatureSignals, which evaluates for one context. The key is `None` if the client sends no requests.
    #[cfg(feature = "featuresignals")]
    FeatureSignals { endpoint: Endpoint, key: Option<Key> },
    /// A ruleset of FeatureSignals, which the client evaluates.
    #[cfg(feature = "featuresignals")]
    Ruleset { endpoint: Endpoint },
}

impl Server {
    pub(crate) const fn system(&self) -> System {
        match self {
            Self::Edge { .. } => System::FeatureHub,
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => System::FeatBit,
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { .. } | Self::Ruleset { .. } => System::FeatureSignals,
        }
    }

    /// Returns the URL that logs show.
    pub(crate) const fn url(&self) -> &EdgeUrl {
        match self {
            Self::Edge { url, .. } => url,
            #[cfg(feature = "featbit")]
            Self::FeatBit { endpoints, .. } => endpoints.streaming(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { endpoint, .. } | Self::Ruleset { endpoint } => endpoint.url(),
        }
    }

    /// Returns the URLs to which the client sends requests for features.
    pub(crate) fn urls(&self) -> Vec<&EdgeUrl> {
        match self {
            Self::Edge { url, .. } => vec![url],
            #[cfg(feature = "featbit")]
            Self::FeatBit { endpoints, .. } => vec![endpoints.streaming(), endpoints.polling()],
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { endpoint, .. } => vec![endpoint.url()],
            #[cfg(feature = "featuresignals")]
            Self::Ruleset { .. } => Vec::new(),
        }
    }

    /// Returns the API keys; `None` for a server that has none.
    pub(crate) const fn keys(&self) -> Option<&ApiKeys> {
        match self {
            Self::Edge { keys, .. } => Some(keys),
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => None,
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { .. } | Self::Ruleset { .. } => None,
        }
    }

    /// Returns the same server with these API keys in place of its own. A server that has no API keys stays as it is.
    pub(crate) fn with_keys(&self, keys: ApiKeys) -> Self {
        match self {
            Self::Edge { url, .. } => Self::Edge { url: url.clone(), keys },
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => self.clone(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { .. } | Self::Ruleset { .. } => self.clone(),
        }
    }

    /// Returns the kind of the credentials, which says whether the client or the server evaluates the rules.
    pub(crate) fn key_kind(&self) -> KeyKind {
        match self {
            Self::Edge { keys, .. } => keys.kind(),
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => KeyKind::ClientEvaluated,
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { .. } => KeyKind::ServerEvaluated,
            #[cfg(feature = "featuresignals")]
            Self::Ruleset { .. } => KeyKind::ClientEvaluated,
        }
    }

    /// Returns the id of the environment whose features the client reads, or of the first of several.
    pub(crate) fn environment(&self) -> Arc<str> {
        match self {
            Self::Edge { keys, .. } => Arc::clone(keys.first().environment()),
            #[cfg(feature = "featbit")]
            Self::FeatBit { secret, .. } => secret.environment(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { endpoint, .. } | Self::Ruleset { endpoint } => {
                Arc::clone(endpoint.environment())
            }
        }
    }

    /// Returns the texts that are removed from errors and logs of these servers, and of requests with these headers.
    pub(crate) fn secrets<'a>(
        all: impl Iterator<Item = (&'a Self, &'a [(String, String)])>,
    ) -> Secrets {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (server, headers) in all {
            match server {
                Self::Edge { keys: own, .. } => keys.extend(own.iter()),
                #[cfg(feature = "featbit")]
                Self::FeatBit { secret, .. } => values.push(secret.expose()),
                #[cfg(feature = "featuresignals")]
                Self::FeatureSignals { key, .. } => values.extend(key.as_ref().map(Key::expose)),
                #[cfg(feature = "featuresignals")]
                Self::Ruleset { .. } => {}
            }
            values.extend(headers.iter().map(|(_, value)| value.as_str()));
        }
        Secrets::of(keys).and_headers(values)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edge { url, keys } => {
                f.debug_struct("Edge").field("url", url).field("keys", keys).finish()
            }
            #[cfg(feature = "featbit")]
            Self::FeatBit { endpoints, secret } => f
                .debug_struct("FeatBit")
                .field("endpoints", endpoints)
                .field("secret", secret)
                .finish(),
            #[cfg(feature = "featuresignals")]
            Self::FeatureSignals { endpoint, key } => f
                .debug_struct("FeatureSignals")
                .field("endpoint", endpoint)
                .field("key", key)
                .finish(),
            #[cfg(feature = "featuresignals")]
            Self::Ruleset { endpoint } => {
                f.debug_struct("Ruleset").field("environment", endpoint.environment()).finish()
            }
        }
    }
}
