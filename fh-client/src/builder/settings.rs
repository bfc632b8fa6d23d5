//! The checked settings of a client, which are kept so that the client can start other clients with the same settings.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Attributes, Timestamp};
use fh_session::{
    ApiKeys, Backoff, Config, ContextHeader, EdgeUrl, KeyKind, Limits, Mode, Repository,
    RepositoryOptions,
};

use super::ClientBuilder;
use super::Dispatching;
use super::shared_handlers::Borrowed;
use super::start::thread_trouble;
use crate::delivery::PoolListeners;
use crate::driver::Place;
use crate::reporting::Reporting;
use crate::start_error::StartError;
use crate::transport::{InvalidSetting, Transport};

/// The settings of a running client. The client keeps them to start other clients with the same settings later.
pub(crate) struct ClientSettings {
    pub(super) builder: ClientBuilder,
    pub(super) edge: EdgeUrl,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) limits: Limits,
}

impl ClientBuilder {
    /// Returns the session's settings for this Edge and these API keys.
    pub(super) fn config(&self, edge: EdgeUrl, keys: ApiKeys) -> Config {
        let mut config = Config::new(edge, keys);
        if let Some(mode) = self.mode {
            config.mode = mode;
        }
        for change in &self.changes {
            change(&mut config);
        }
        config
    }

    /// Checks all settings that were not checked when they were parsed. Returns the header that carries the first context.
    pub(super) fn check(&self, config: &Config) -> Result<ContextHeader, StartError> {
        if config.mode == Mode::Streaming && config.keys.are_several() {
            return Err(StartError::SeveralKeysStream);
        }
        let is_odd = |backoff: &Backoff| {
            backoff.cap < backoff.initial || !(0.0..=1.0).contains(&backoff.jitter)
        };
        if is_odd(&config.backoff) || is_odd(&config.refused) {
            return Err(StartError::Backoff);
        }
        if let Some(name) = unsendable(&config.headers) {
            return Err(StartError::Header(name.to_string()));
        }
        if config.identification.as_deref().is_some_and(|text| !is_header_value(text)) {
            let why = "a header value holds no line ends and no other control characters";
            return Err(InvalidSetting::new("identification", why).into());
        }
        check_limits(&config.limits)?;
        match &self.context {
            Some(context) if config.keys.kind() == KeyKind::ServerEvaluated => {
                ContextHeader::of(context).map_err(StartError::Context)
            }
            _ => Ok(ContextHeader::default()),
        }
    }
}

impl ClientSettings {
    pub(super) fn repository(&self) -> Repository {
        let clock = Arc::clone(&self.builder.clock);
        let mut options = RepositoryOptions::new(move || clock());
        if let Some(events) = self.builder.events {
            options.events = events.max(1);
        }
        let repository = Repository::new(options);
        for (interceptor, locks) in &self.builder.interceptors {
            repository.intercept(Arc::clone(interceptor), *locks).detach();
        }
        for (observer, options) in &self.builder.observers {
            repository.observe(Arc::clone(observer), options.clone()).detach();
        }
        for subscribe in &self.builder.listeners {
            subscribe(&repository).detach();
        }
        if self.builder.catching {
            repository.catch_updates();
        }
        repository
    }

    /// Returns a builder for a client of another context, with a connection of its own.
    pub(crate) fn isolated(&self, keys: ApiKeys, context: Arc<Attributes>) -> ClientBuilder {
        let mut builder = self.builder.clone();
        builder.url = Some(self.edge.as_str().to_string());
        builder.keys = keys.iter().map(|key| key.expose().to_string()).collect();
        builder.context = Some(context);
        builder.snapshot = None;
        if keys.kind() == KeyKind::ServerEvaluated {
            // The Edge evaluated the bootstrap features for the context of the first client (D-62).
            builder.bootstrap.clear();
        }
        builder.listeners.clear();
        // Interceptors and observers belong to the first client, which closes them.
        for (interceptor, _) in &mut builder.interceptors {
            *interceptor = Arc::new(Borrowed(Arc::clone(interceptor)));
        }
        for (observer, _) in &mut builder.observers {
            *observer = Arc::new(Borrowed(Arc::clone(observer)));
        }
        builder
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.builder.clock)()
    }

    pub(crate) const fn edge(&self) -> &EdgeUrl {
        &self.edge
    }

    pub(crate) const fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns a handle that runs a task on the runtime that this client shares with the clients made from this client.
    ///
    /// # Errors
    /// [`StartError::Thread`] if the runtime's thread cannot be started.
    pub(crate) fn place(&self) -> Result<Place, StartError> {
        self.builder.runtime.place().map_err(thread_trouble)
    }

    /// Returns true if the program called [`ClientBuilder::streaming`]. Returns false if streaming is only the default.
    pub(crate) fn must_stream(&self) -> bool {
        self.builder.mode == Some(Mode::Streaming)
    }
}

impl ClientBuilder {
    /// Changes the builder for the client of one context in a pool. The client polls, sends its requests through this
    /// transport, and shares the pool's listener thread.
    pub(crate) fn in_a_pool(
        mut self,
        transport: impl Transport,
        listeners: &PoolListeners,
        interval: Duration,
    ) -> Self {
        if !matches!(self.dispatching, Dispatching::Nobody) {
            self.dispatching = Dispatching::Shared(listeners.clone());
        }
        self.reporting = Reporting::Brief;
        let mut builder = self.transport(transport).active_polling(interval);
        if let Some(mode) = builder.mode {
            // This change is added last, so that the polling mode overrides the mode that the program has set.
            builder = builder.configure(move |config| config.mode = mode);
        }
        builder
    }
}

/// The names of the headers that the client or the HTTP library sets. If the program sets one of them, starting the client
/// fails.
const OURS: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "if-none-match",
    "transfer-encoding",
    "x-featurehub",
    "x-sdk",
];

/// Returns an error if a limit is zero, because no answer can arrive within a limit of zero.
fn check_limits(limits: &Limits) -> Result<(), InvalidSetting> {
    let Limits { connect, head, poll, idle, bytes } = limits;
    let times = [("connect", connect), ("head", head), ("poll", poll), ("idle", idle)];
    let zero = times.into_iter().find(|(_, limit)| limit.is_zero()).map(|(name, _)| name);
    match zero.or((*bytes == 0).then_some("bytes")) {
        Some(name) => Err(InvalidSetting::new(format!("limits.{name}"), "it is zero")),
        None => Ok(()),
    }
}

fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// Returns the name of the first header that cannot be sent, or `None` if all headers can be sent.
pub(crate) fn unsendable(headers: &[(String, String)]) -> Option<&str> {
    let mut wrong = headers.iter().filter(|(name, value)| !can_be_sent(name, value));
    wrong.next().map(|(name, _)| name.as_str())
}

fn can_be_sent(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_token)
        && !OURS.contains(&name.to_ascii_lowercase().as_str())
        && is_header_value(value)
}
