//! The settings, the transport and the clients that all upstream connections of a relay share.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use fh_client::transport::Transport;
use fh_client::{ApiKey, ApiKeys, Client, ClientBuilder, Config, EdgeUrl, StartError};
use fh_eval::{Profile, Timestamp};
use http::HeaderValue;
use tokio::runtime::Handle;

use super::error::RelayError;
use super::key_state::Terms;
use super::options::RelayOptions;
use super::upstream::Upstream;
use crate::serving::{AnswerBudget, Environments, Settings};

/// A placeholder for an API key, with which settings are checked. It is never sent.
const ANY_KEY: &str = "relay/*";

/// The settings and resources that all upstream connections share.
pub(super) struct Source {
    pub(super) edge: EdgeUrl,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) options: RelayOptions,
    /// The headers of upstream clients, including those that [`RelayOptions::configure`] adds.
    pub(super) headers: RwLock<Vec<(String, String)>>,
    pub(super) runtime: Handle,
    pub(super) environments: Arc<Environments>,
    pub(super) cache_control: Option<HeaderValue>,
    pub(super) answers: Arc<AnswerBudget>,
    pub(super) terms: Terms,
    /// The time within which the upstream Edge has to answer a client of [`Self::one_request`].
    pub(super) patience: Duration,
}

impl Source {
    /// Starts the client of an upstream connection with this key. `change` adds settings to the builder of the client.
    ///
    /// # Errors
    /// Returns [`StartError`] if the client cannot be created.
    pub(super) fn connect(
        &self,
        upstream: &Upstream,
        key: &ApiKey,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<(), StartError> {
        // The lock is held until the upstream connection has its client, so that no client misses new headers.
        let headers = self.headers();
        let builder = self.configured(Client::builder(self.edge.as_str(), key.expose()), &headers);
        let builder = match self.options.polling {
            Some(interval) => builder.polling(interval),
            None => builder.streaming(),
        };
        upstream.adopt(change(builder).start()?);
        Ok(())
    }

    /// Returns a builder of a client that polls with this key until the upstream Edge has answered once.
    pub(super) fn one_request(&self, key: &ApiKey) -> ClientBuilder {
        self.configured(Client::builder(self.edge.as_str(), key.expose()), &self.headers()).once()
    }

    /// Returns the current time of the relay's clock.
    pub(super) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    /// Adds the relay's settings and these headers to the builder of a client.
    fn configured(&self, builder: ClientBuilder, headers: &[(String, String)]) -> ClientBuilder {
        let (changes, headers) = (self.options.changes.clone(), headers.to_vec());
        builder
            .transport(Arc::clone(&self.transport))
            .runtime(self.runtime.clone())
            // Without this setting, each client would start a thread for its listeners.
            .without_listeners()
            .identification(concat!("fh-edge,", env!("CARGO_PKG_VERSION")))
            .configure(move |config| {
                changes.iter().for_each(|change| change(config));
                config.headers.clone_from(&headers);
            })
    }

    /// Checks that clients can be created with these headers, because clients that are created on demand would report an invalid header too
    /// late.
    pub(super) fn check_settings(&self, headers: &[(String, String)]) -> Result<(), RelayError> {
        let client = Client::builder(self.edge.as_str(), ANY_KEY);
        drop(self.configured(client, headers).offline().start().map_err(RelayError::Client)?);
        Ok(())
    }

    /// Sets the headers of later upstream clients: these headers, and those that [`RelayOptions::configure`] adds. Returns all of them, so
    /// that the caller can pass them to the existing clients.
    ///
    /// # Errors
    /// Returns [`RelayError`] if a header cannot be sent. Then the headers do not change.
    pub(super) fn set_headers(
        &self,
        headers: &[(String, String)],
    ) -> Result<Vec<(String, String)>, RelayError> {
        let headers = config(&self.options, headers, &self.edge)?.headers;
        self.check_settings(&headers)?;
        let mut held = self.headers.write().unwrap_or_else(PoisonError::into_inner);
        held.clone_from(&headers);
        Ok(headers)
    }

    pub(super) fn headers(&self) -> RwLockReadGuard<'_, Vec<(String, String)>> {
        self.headers.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self, name: &Arc<str>) -> Settings {
        Settings {
            name: Arc::clone(name),
            cache_control: self.cache_control.clone(),
            stale: false,
            profile: Profile::Client,
            accepted: Arc::default(),
        }
    }

    /// Ends a connection, and removes the cell of its features. The streams of the connection get `bye`, unless the key counts as refused.
    pub(super) fn end(&self, upstream: &Upstream) {
        match upstream.cell.current().grants.is_empty() {
            true => upstream.close_client(),
            false => upstream.close(),
        }
        self.environments.remove_slot(&upstream.cell);
    }
}

/// Returns the configuration of an upstream client that sends these headers.
pub(super) fn config(
    options: &RelayOptions,
    headers: &[(String, String)],
    url: &EdgeUrl,
) -> Result<Config, RelayError> {
    let key = ApiKeys::parse([ANY_KEY]).map_err(|why| RelayError::Key(0, why))?;
    let mut config = Config::new(url.clone(), key);
    config.headers.extend(headers.iter().cloned());
    options.changes.iter().for_each(|change| change(&mut config));
    Ok(config)
}
