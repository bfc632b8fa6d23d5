//! Asking the Edge, and stores in its place.

use std::fmt;
use std::sync::Arc;

use fh_session::{ApiKeys, KeyError, KeyKind, Problem, Readiness, Source};
use tokio::sync::oneshot;

use super::Client;
use crate::builder::unsendable;
use crate::driver::{Command, StoredShape};
use crate::test_updates::TestUpdates;

/// Asking the Edge.
impl Client {
    /// Asks the Edge now, unless a healthy stream tells all there is. Also leaves a state in which nothing is tried any more.
    ///
    /// # Errors
    /// [`Problem`] if there was no good answer. Trying goes on as before.
    pub async fn refresh(&self) -> Result<Readiness, Problem> {
        self.inner.errand(Command::Refresh).await
    }

    /// Uses other API keys from now on, and asks the Edge. Features of environments that they do not open are dropped.
    ///
    /// # Errors
    /// [`SetKeysError`] if they are no keys, or there was no good answer.
    pub async fn set_api_keys<T: AsRef<str>>(
        &self,
        keys: impl IntoIterator<Item = T>,
    ) -> Result<Readiness, SetKeysError> {
        let keys = ApiKeys::parse(keys).map_err(SetKeysError::Keys)?;
        if keys.are_several() && self.inner.recipe.must_stream() {
            return Err(SetKeysError::SeveralKeysStream);
        }
        let settled = self.inner.change_keys(keys);
        settled.await.unwrap_or(Err(Problem::Closed)).map_err(SetKeysError::Edge)
    }

    /// Sends these headers with every request from now on, in place of those of [`ClientBuilder::header`](crate::ClientBuilder::header),
    /// and asks the Edge as [`Self::refresh`] does: for a proxy whose token has changed. An open stream goes on with those that it was
    /// opened with. Logs and errors do not show their values. Clients made of this one keep the headers of the builder.
    ///
    /// They are in force when this returns, before the future is awaited.
    ///
    /// # Errors
    /// [`SetHeadersError`] if a header cannot be sent, or there was no good answer.
    ///
    /// ```no_run
    /// # async fn run(client: fh_client::Client) -> Result<(), fh_client::SetHeadersError> {
    /// client.set_headers(vec![("authorization".into(), "Bearer another".into())]).await?;
    /// # Ok(()) }
    /// ```
    pub fn set_headers(
        &self,
        headers: Vec<(String, String)>,
    ) -> impl Future<Output = Result<Readiness, SetHeadersError>> + Send + use<> {
        let sent = match unsendable(&headers) {
            Some(name) => Err(SetHeadersError::Header(name.to_string())),
            None => {
                let (reply, settled) = oneshot::channel();
                self.inner.tell(Command::Headers(headers, reply));
                Ok(settled)
            }
        };
        async move { sent?.await.unwrap_or(Err(Problem::Closed)).map_err(SetHeadersError::Edge) }
    }

    /// Changes features at the Edge, for tests.
    #[must_use]
    pub fn test_updates(&self) -> TestUpdates {
        TestUpdates::new(Arc::clone(&self.inner))
    }

    /// Gives features from a store, as a JSON list: they are added unless newer ones are known, and nothing is removed.
    pub fn offer_features(&self, store: &str, environment: &str, features: impl Into<Vec<u8>>) {
        self.offer(store, environment, features.into(), StoredShape::List);
    }

    /// Gives one feature from a store, as JSON.
    pub fn offer_feature(&self, store: &str, environment: &str, feature: impl Into<Vec<u8>>) {
        self.offer(store, environment, feature.into(), StoredShape::Feature);
    }

    fn offer(&self, store: &str, environment: &str, json: Vec<u8>, shape: StoredShape) {
        let source = Source::Store(store.into());
        self.inner.tell(Command::Stored { source, environment: environment.into(), json, shape });
    }

    /// The environments that the API keys open, the first one's first.
    #[must_use]
    pub fn environments(&self) -> Vec<Arc<str>> {
        let mut environments: Vec<Arc<str>> = Vec::new();
        for key in self.inner.keys().iter() {
            if !environments.contains(key.environment()) {
                environments.push(Arc::clone(key.environment()));
            }
        }
        environments
    }

    /// Who evaluates?
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        self.inner.key_kind()
    }
}

/// The reason why other headers are not in use, or have not been answered well yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetHeadersError {
    /// The header of this name cannot be sent; nothing has changed.
    Header(String),
    /// They are in use, but there was no good answer yet.
    Edge(Problem),
}

impl fmt::Display for SetHeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "the header {name:?} cannot be sent"),
            Self::Edge(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for SetHeadersError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Header(_) => None,
            Self::Edge(problem) => Some(problem),
        }
    }
}

/// Why other API keys are not in use, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetKeysError {
    /// They are no keys; nothing has changed.
    Keys(KeyError),
    /// A stream has one key, and streaming was asked for; nothing has changed (D-77).
    SeveralKeysStream,
    /// They are in use, but there was no good answer yet.
    Edge(Problem),
}

impl fmt::Display for SetKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => error.fmt(f),
            Self::SeveralKeysStream => f.write_str("several API keys cannot be streamed"),
            Self::Edge(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for SetKeysError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Keys(error) => Some(error),
            Self::SeveralKeysStream => None,
            Self::Edge(problem) => Some(problem),
        }
    }
}
