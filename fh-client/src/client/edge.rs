//! Client functions that send requests to the Edge, add features from stores, and return properties of the API keys.

use std::sync::Arc;

use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_session::{ApiKeys, KeyKind};
use tokio::sync::oneshot;

use super::edge_errors::{SetHeadersError, SetKeysError};
use super::{Client, TestUpdates};
use crate::command::{Command, StoredShape};
use crate::header::unsendable;

/// Functions that refresh the features, replace the API keys or the headers, change features for tests, add features from
/// stores, and return properties of the API keys.
impl Client {
    /// Requests the features from the Edge as soon as the limit of the request rate allows
    /// ([`Config::pace`](crate::Config::pace)). Returns the client's readiness once features have arrived or were confirmed, or
    /// once the Edge wants no more requests and the client has features. If a request is already in flight, this function waits
    /// for its response instead. If the client is offline or has a stream that has sent features, no request is sent. A client
    /// that has stopped sending requests, because the Edge wants no more requests or because the client polls only once, sends
    /// a request again.
    ///
    /// A client of FeatBit requests all flags, also on an open socket, and the answer replaces those that it has.
    ///
    /// # Errors
    /// [`Problem`] if the request did not succeed, or if the client is closed. After a failed request the client retries as
    /// after any other failure.
    pub async fn refresh(&self) -> Result<Readiness, Problem> {
        self.shared.perform_command(Command::Refresh).await
    }

    /// Replaces the API keys, and requests the features from the Edge. Returns the client's readiness once features have
    /// arrived, or once the Edge wants no more requests and the client has features. For an offline client, sends no request
    /// and returns soon. Features of environments that the new keys cannot read are removed.
    ///
    /// # Errors
    /// [`SetKeysError`] if the keys are invalid or cannot be streamed, if the request did not succeed, or if the client is
    /// closed.
    pub async fn set_api_keys<T: AsRef<str>>(
        &self,
        keys: impl IntoIterator<Item = T>,
    ) -> Result<Readiness, SetKeysError> {
        if self.shared.server().keys().is_none() {
            return Err(SetKeysError::NoKeys);
        }
        let keys = ApiKeys::parse(keys).map_err(SetKeysError::Keys)?;
        if keys.are_several() && self.shared.settings.must_stream() {
            return Err(SetKeysError::SeveralKeysStream);
        }
        let settled = self.shared.change_keys(keys);
        settled.await.unwrap_or(Err(Problem::Closed)).map_err(SetKeysError::Edge)
    }

    /// Replaces the headers that the builder set ([`ClientBuilder::header`](crate::ClientBuilder::header)), and requests the
    /// features from the Edge as [`Self::refresh`] does. Use this function when a proxy's token has changed. An open stream and
    /// a request in flight keep the headers with which they were sent. Texts of servers and transports in later errors show
    /// `***` in place of each of these values that has at least 6 characters. Clients made by [`Self::isolated`] use the
    /// headers of the builder.
    ///
    /// Headers that can be sent take effect soon after this function has returned, even if the returned future is never
    /// awaited.
    ///
    /// # Errors
    /// [`SetHeadersError`] if a header cannot be sent, if the request did not succeed, or if the client is closed.
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
                self.shared.send(Command::Headers(headers, reply));
                Ok(settled)
            }
        };
        async move { sent?.await.unwrap_or(Err(Problem::Closed)).map_err(SetHeadersError::Edge) }
    }

    /// Returns a handle that changes features at the Edge, for tests.
    #[must_use]
    pub fn test_updates(&self) -> TestUpdates {
        TestUpdates::new(Arc::clone(&self.shared))
    }

    /// Adds features from the store with this name, in the background. `features` is a JSON list of the features of the
    /// environment with the id `environment`. A feature of which the client has a newer version is ignored. A feature that the
    /// Edge has deleted may be ignored too. After the Edge has sent a list, a feature may also be ignored because the client
    /// has the same version of it, or has a feature with the same key and another id. Features that are missing from the list
    /// are not removed.
    ///
    /// The client ignores the whole list and reports a notice if the list cannot be read, or while the client waits for the
    /// features of a new context. An offline client takes the list as that of its new context. A closed client ignores the list
    /// without a notice.
    pub fn offer_features(&self, store: &str, environment: &str, features: impl Into<Vec<u8>>) {
        self.offer(store, environment, features.into(), StoredShape::List);
    }

    /// Adds one feature, as JSON, from the store with this name, in the background. `environment` is the id of the feature's
    /// environment. The feature is ignored in the same cases as a feature or a list in [`Self::offer_features`]. A single
    /// feature does not make the client ready.
    pub fn offer_feature(&self, store: &str, environment: &str, feature: impl Into<Vec<u8>>) {
        self.offer(store, environment, feature.into(), StoredShape::Feature);
    }

    fn offer(&self, store: &str, environment: &str, json: Vec<u8>, shape: StoredShape) {
        let source = Source::Store(store.into());
        self.shared.send(Command::Stored { source, environment: environment.into(), json, shape });
    }

    /// Returns the ids of the environments of the API keys, without duplicates, in the order of the keys. The case of letters in ids
    /// does not matter.
    #[must_use]
    pub fn environments(&self) -> Vec<Arc<str>> {
        let mut environments: Vec<Arc<str>> = Vec::new();
        let server = self.shared.server();
        let Some(keys) = server.keys() else { return vec![Arc::clone(&server.environment)] };
        for key in keys.iter() {
            let is_known = |known: &Arc<str>| known.eq_ignore_ascii_case(key.environment());
            if !environments.iter().any(is_known) {
                environments.push(Arc::clone(key.environment()));
            }
        }
        environments
    }

    /// Returns the kind of the API keys, which says whether the client or the Edge evaluates the rules.
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        self.shared.key_kind()
    }
}
