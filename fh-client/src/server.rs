//! The server of a client, and what the client shows to it.

use std::fmt;
use std::sync::Arc;

use fh_repository::system::System;
#[cfg(feature = "featbit")]
use fh_session::featbit::{Endpoints, Secret};
use fh_session::{ApiKeys, EdgeUrl, KeyKind, Secrets};

/// The server of a client, and the credentials that the client shows to it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Server {
    /// An Edge of FeatureHub.
    Edge { url: EdgeUrl, keys: ApiKeys },
    /// A server of FeatBit.
    #[cfg(feature = "featbit")]
    FeatBit { endpoints: Endpoints, secret: Secret },
}

impl Server {
    pub(crate) const fn system(&self) -> System {
        match self {
            Self::Edge { .. } => System::FeatureHub,
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => System::FeatBit,
        }
    }

    /// Returns the URL that logs show.
    pub(crate) const fn url(&self) -> &EdgeUrl {
        match self {
            Self::Edge { url, .. } => url,
            #[cfg(feature = "featbit")]
            Self::FeatBit { endpoints, .. } => endpoints.streaming(),
        }
    }

    /// Returns the URLs to which the client sends requests for features.
    pub(crate) fn urls(&self) -> Vec<&EdgeUrl> {
        match self {
            Self::Edge { url, .. } => vec![url],
            #[cfg(feature = "featbit")]
            Self::FeatBit { endpoints, .. } => vec![endpoints.streaming(), endpoints.polling()],
        }
    }

    /// Returns the API keys; `None` for a server that has none.
    pub(crate) const fn keys(&self) -> Option<&ApiKeys> {
        match self {
            Self::Edge { keys, .. } => Some(keys),
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => None,
        }
    }

    /// Returns the same server with these API keys in place of its own. A server that has no API keys stays as it is.
    pub(crate) fn with_keys(&self, keys: ApiKeys) -> Self {
        match self {
            Self::Edge { url, .. } => Self::Edge { url: url.clone(), keys },
            #[cfg(feature = "featbit")]
            Self::FeatBit { .. } => self.clone(),
        }
    }

    /// Returns the kind of the credentials, which says whether the client or the server evaluates the rules.
    pub(crate) fn key_kind(&self) -> KeyKind {
        self.keys().map_or(KeyKind::ClientEvaluated, ApiKeys::kind)
    }

    /// Returns the id of the environment whose features the client reads, or of the first of several.
    pub(crate) fn environment(&self) -> Arc<str> {
        match self {
            Self::Edge { keys, .. } => Arc::clone(keys.first().environment()),
            #[cfg(feature = "featbit")]
            Self::FeatBit { secret, .. } => secret.environment(),
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
        }
    }
}
