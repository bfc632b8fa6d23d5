//! The server of a client, and what the client shows to it.

use std::fmt;
use std::sync::Arc;

use fh_repository::system::System;
use fh_session::{ApiKeys, EdgeUrl, KeyKind, Secrets};

/// The server of a client, and the credentials that the client shows to it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) system: System,
    /// The URL that logs show.
    pub(crate) url: EdgeUrl,
    /// The URLs to which the client sends requests for features.
    pub(crate) requests: Vec<EdgeUrl>,
    pub(crate) credentials: Credentials,
    /// The id of the environment whose features the client reads, or of the first of several.
    pub(crate) environment: Arc<str>,
    /// The kind of the credentials, which says whether the client or the server evaluates the rules.
    pub(crate) key_kind: KeyKind,
}

/// The credentials that a client sends to its server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// The API keys of FeatureHub.
    Keys(ApiKeys),
    /// The secret of another system; `None` if the client sends no requests.
    #[cfg(any(feature = "featbit", feature = "featuresignals"))]
    Secret(Option<Arc<str>>),
}

impl Server {
    /// Returns an Edge of FeatureHub.
    pub(crate) fn edge(url: EdgeUrl, keys: ApiKeys) -> Self {
        Self {
            system: System::FeatureHub,
            requests: vec![url.clone()],
            url,
            environment: Arc::clone(keys.first().environment()),
            key_kind: keys.kind(),
            credentials: Credentials::Keys(keys),
        }
    }

    /// Returns the API keys; `None` for a server that has none.
    pub(crate) const fn keys(&self) -> Option<&ApiKeys> {
        match &self.credentials {
            Credentials::Keys(keys) => Some(keys),
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            Credentials::Secret(_) => None,
        }
    }

    /// Returns the same server with these API keys in place of its own. A server that has no API keys stays as it is.
    pub(crate) fn with_keys(&self, keys: ApiKeys) -> Self {
        match self.keys() {
            Some(_) => Self::edge(self.url.clone(), keys),
            None => self.clone(),
        }
    }

    /// Returns the texts that are removed from errors and logs of these servers, and of requests with these headers.
    pub(crate) fn secrets<'a>(
        all: impl Iterator<Item = (&'a Self, &'a [(String, String)])>,
    ) -> Secrets {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (server, headers) in all {
            match &server.credentials {
                Credentials::Keys(own) => keys.extend(own.iter()),
                #[cfg(any(feature = "featbit", feature = "featuresignals"))]
                Credentials::Secret(secret) => values.extend(secret.as_deref()),
            }
            values.extend(headers.iter().map(|(_, value)| value.as_str()));
        }
        Secrets::of(keys).and_headers(values)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(self.system.name());
        shown.field("url", &self.url);
        match self.keys() {
            Some(keys) => shown.field("keys", keys).finish(),
            // The secret is not shown.
            None => shown.field("environment", &self.environment).finish_non_exhaustive(),
        }
    }
}
