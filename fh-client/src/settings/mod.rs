//! The settings that a program gives to the builder, and the settings of a running client, from which other clients can be
//! started.

mod after_fork;
mod choices;
mod shared_handlers;

use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Attributes, Timestamp};
use fh_repository::problem::Problem;
use fh_repository::rules::Rules;
use fh_repository::system::System;
use fh_repository::{
    Interceptor, LockPolicy, Observer, Repository, RepositoryOptions, Subscription, UsageOptions,
};
use fh_session::{ApiKeys, Backoff, Config, ContextHeader, EdgeUrl, KeyKind, Limits, Mode};

pub(crate) use self::choices::{FirstFeatures, TransportChoice};
use self::shared_handlers::Borrowed;
use crate::delivery::{Dispatching, PoolListeners};
use crate::driver::{Place, Runtime};
use crate::header::{is_header_value, unsendable};
use crate::reporting::Reporting;
use crate::server::Server;
use crate::session_config::SessionConfig;
use crate::snapshot_file::{Bootstrap, SnapshotFile};
use crate::start_error::StartError;
use crate::transport::{InvalidSetting, Transport};
use crate::wall_clock::{WallClock, system_clock};

/// A function that changes the session's settings.
type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;

/// A function that adds a listener to the repository.
type Subscribe = Arc<dyn Fn(&Repository) -> Subscription + Send + Sync>;

/// The settings that only clients of one system have, and what a client does in the way of that system. A further system implements it beside
/// its settings, and no other file of this crate names it.
pub(crate) trait FlagSystem: Send + Sync {
    fn system(&self) -> System;

    /// Checks the settings of a client, fills in those that are missing, and returns its session.
    fn session(&self, given: &mut BuilderSettings) -> Result<SessionConfig, StartError>;

    /// Checks that the server can evaluate a context.
    fn check_context(&self, _context: &Attributes) -> Result<(), Problem> {
        Ok(())
    }

    /// Sets the options of the repository that depend on the system.
    fn prepare(&self, _options: &mut RepositoryOptions) {}

    /// Reads a bootstrap document.
    fn bootstrap(&self, bytes: &[u8]) -> Result<Bootstrap, StartError>;

    /// Returns the document that the settings hold besides the bootstrap documents.
    fn own_document(&self) -> Option<Bootstrap> {
        None
    }

    /// Returns features as a document from which a session serves them.
    fn document_of(&self, rules: &Rules) -> Bootstrap {
        Bootstrap::of(rules)
    }

    /// Returns the file whose rules the client follows.
    #[cfg(feature = "featuresignals")]
    fn followed_file(&self) -> Option<&std::path::Path> {
        None
    }
}

/// FeatureHub, whose settings are those of the builder.
pub(crate) struct FeatureHub;

impl FlagSystem for FeatureHub {
    fn system(&self) -> System {
        System::FeatureHub
    }

    fn session(&self, given: &mut BuilderSettings) -> Result<SessionConfig, StartError> {
        given.session_config()
    }

    fn check_context(&self, context: &Attributes) -> Result<(), Problem> {
        ContextHeader::of(context).map(drop).map_err(Problem::Context)
    }

    fn bootstrap(&self, bytes: &[u8]) -> Result<Bootstrap, StartError> {
        Ok(Bootstrap::read(bytes)?)
    }
}

/// The settings that a program gives to a [`ClientBuilder`](crate::ClientBuilder). The functions of the builder describe the
/// settings.
#[derive(Clone)]
pub(crate) struct BuilderSettings {
    pub(crate) url: Option<String>,
    pub(crate) keys: Vec<String>,
    /// The system of the client's server, with the settings that only clients of that system have.
    pub(crate) system: Arc<dyn FlagSystem>,
    pub(crate) mode: Option<Mode>,
    pub(crate) changes: Vec<Change>,
    pub(crate) context: Option<Arc<Attributes>>,
    pub(crate) transport: TransportChoice,
    pub(crate) runtime: Runtime,
    pub(crate) clock: WallClock,
    pub(crate) events: Option<usize>,
    pub(crate) interceptors: Vec<(Arc<dyn Interceptor>, LockPolicy)>,
    pub(crate) observers: Vec<(Arc<dyn Observer>, UsageOptions)>,
    pub(crate) listeners: Vec<Subscribe>,
    pub(crate) dispatching: Dispatching,
    pub(crate) reporting: Reporting,
    /// True if reads that look like mistakes of the program are reported. False for clients of tests.
    pub(crate) reports_mistakes: bool,
    pub(crate) catching: bool,
    pub(crate) bootstrap: Vec<Arc<[u8]>>,
    /// The features of the client that is started anew in a forked child process; `None` for other clients.
    pub(crate) first: Option<FirstFeatures>,
    pub(crate) snapshot: Option<SnapshotFile>,
}

impl Default for BuilderSettings {
    fn default() -> Self {
        Self {
            url: None,
            keys: Vec::new(),
            system: Arc::new(FeatureHub),
            mode: None,
            changes: Vec::new(),
            context: None,
            transport: TransportChoice::Default,
            runtime: Runtime::default(),
            clock: Arc::new(system_clock),
            events: None,
            interceptors: Vec::new(),
            observers: Vec::new(),
            listeners: Vec::new(),
            dispatching: Dispatching::OnAThread,
            reporting: Reporting::Full,
            reports_mistakes: true,
            catching: false,
            bootstrap: Vec::new(),
            first: None,
            snapshot: None,
        }
    }
}

/// The settings of a client that was started. Other clients can be started from these settings.
pub(crate) struct ClientSettings {
    pub(crate) given: BuilderSettings,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) limits: Limits,
}

impl BuilderSettings {
    /// Returns the session's settings for this Edge and these API keys.
    pub(crate) fn config(&self, edge: EdgeUrl, keys: ApiKeys) -> Config {
        let mut config = Config::new(edge, keys);
        if let Some(mode) = self.mode {
            config.mode = mode;
        }
        for change in &self.changes {
            change(&mut config);
        }
        config
    }

    /// Checks the mode, the back-offs, the headers, the identification, the limits and the first context. Returns the header
    /// that carries the first context. The header is empty with client-evaluated keys, and if there is no first context or it
    /// has no attributes.
    pub(crate) fn check(&self, config: &Config) -> Result<ContextHeader, StartError> {
        if config.mode == Mode::Streaming && config.keys.are_several() {
            return Err(StartError::SeveralKeysStream);
        }
        check_common(config)?;
        match &self.context {
            Some(context) if config.keys.kind() == KeyKind::ServerEvaluated => {
                ContextHeader::of(context).map_err(StartError::Context)
            }
            _ => Ok(ContextHeader::default()),
        }
    }
}

impl ClientSettings {
    /// Returns the system of the client's server.
    pub(crate) fn system(&self) -> System {
        self.given.system.system()
    }

    /// Returns a repository with the interceptors and observers of the builder. The listeners follow with [`Self::subscribe`].
    pub(crate) fn repository(&self) -> Repository {
        let clock = Arc::clone(&self.given.clock);
        let mut options = RepositoryOptions::new(move || clock());
        options.reports_mistakes = self.given.reports_mistakes;
        self.given.system.prepare(&mut options);
        if let Some(events) = self.given.events {
            options.events = events.max(1);
        }
        let repository = Repository::new(options);
        for (interceptor, locks) in &self.given.interceptors {
            repository.intercept(Arc::clone(interceptor), *locks).detach();
        }
        for (observer, options) in &self.given.observers {
            repository.observe(Arc::clone(observer), options.clone()).detach();
        }
        if self.given.catching {
            repository.catch_updates();
        }
        repository
    }

    /// Registers the listeners of the builder.
    pub(crate) fn subscribe(&self, repository: &Repository) {
        for subscribe in &self.given.listeners {
            subscribe(repository).detach();
        }
    }

    /// Returns the settings for a client that has these API keys, this context, and a connection of its own.
    pub(crate) fn isolated(&self, server: &Server, context: Arc<Attributes>) -> BuilderSettings {
        let mut settings = self.given.clone();
        settings.use_server(server);
        settings.context = Some(context);
        settings.snapshot = None;
        settings.first = None;
        if server.key_kind == KeyKind::ServerEvaluated {
            // The bootstrap features belong to the context of the first client (D-62).
            settings.bootstrap.clear();
        }
        settings.listeners.clear();
        // Interceptors and observers belong to the first client, so this client must not close them.
        for (interceptor, _) in &mut settings.interceptors {
            *interceptor = Arc::new(Borrowed(Arc::clone(interceptor)));
        }
        for (observer, _) in &mut settings.observers {
            *observer = Arc::new(Borrowed(Arc::clone(observer)));
        }
        settings
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.given.clock)()
    }

    /// Returns a handle that runs a task on the runtime that this client shares with the clients made from this client.
    ///
    /// # Errors
    /// Returns [`StartError::Thread`] if the thread or its runtime cannot be started.
    pub(crate) fn place(&self) -> Result<Place, StartError> {
        self.given.runtime.place().map_err(StartError::of_thread)
    }

    /// Returns true if [`ClientBuilder::streaming`](crate::ClientBuilder::streaming) was the last function with which the
    /// program selected a mode. Returns false if the program selected no mode, so that streaming is only the default.
    pub(crate) fn must_stream(&self) -> bool {
        self.given.mode == Some(Mode::Streaming)
    }
}

impl BuilderSettings {
    /// Uses the URL and the API keys of this server. The settings of a client of another system hold its server
    /// already.
    fn use_server(&mut self, server: &Server) {
        if let Some(keys) = server.keys() {
            self.url = Some(server.url.as_str().to_string());
            self.keys = keys.iter().map(|key| key.expose().to_string()).collect();
        }
    }

    /// Changes the settings for the client of one context in a pool. The client polls and sends its requests through this
    /// transport. If the settings select a listener thread for each client, it uses the pool's listener thread instead.
    pub(crate) fn in_a_pool(
        mut self,
        transport: impl Transport,
        listeners: &PoolListeners,
        interval: Duration,
    ) -> Self {
        if matches!(self.dispatching, Dispatching::OnAThread) {
            self.dispatching = Dispatching::Shared(listeners.clone());
        }
        self.reporting = Reporting::Brief;
        self.transport = TransportChoice::Given(Arc::new(transport));
        let mode = polling(interval);
        self.mode = Some(mode);
        if self.system.system() == System::FeatureHub {
            // This change is added last, so that the polling mode overrides the mode that the program has set.
            self.changes.push(Arc::new(move |config| config.mode = mode));
        }
        self
    }
}

/// Returns the mode of a client that polls at this interval. With an interval of zero, the client polls only once.
pub(crate) const fn polling(interval: Duration) -> Mode {
    if interval.is_zero() { Mode::Once } else { Mode::Polling(interval) }
}

/// Checks the settings that clients of all systems have: the back-offs, the headers, the identification and the limits.
pub(crate) fn check_common(config: &Config) -> Result<(), StartError> {
    check_backoff("backoff", &config.backoff)?;
    check_backoff("backoff_when_refused", &config.refused)?;
    if config.return_within.is_empty() {
        return Err(InvalidSetting::new("return_within", "write the shorter delay first").into());
    }
    if let Some(name) = unsendable(&config.headers) {
        return Err(StartError::Header(name.to_string()));
    }
    if config.identification.as_deref().is_some_and(|text| !is_header_value(text)) {
        let why = "remove control characters";
        return Err(InvalidSetting::new("identification", why).into());
    }
    Ok(check_limits(&config.limits)?)
}

/// Returns an error if the delays of this setting can never work.
fn check_backoff(name: &str, backoff: &Backoff) -> Result<(), InvalidSetting> {
    let Backoff { initial, cap, jitter } = backoff;
    if cap >= initial && (0.0..=1.0).contains(jitter) {
        return Ok(());
    }
    let why = "write a cap of at least the initial delay, and a jitter from 0 to 1";
    Err(InvalidSetting::new(name, why))
}

/// Returns an error if a limit is zero, because no response can arrive within a limit of zero.
fn check_limits(limits: &Limits) -> Result<(), InvalidSetting> {
    let Limits { connect, head, poll, idle, held_back, bytes } = limits;
    let times = [
        ("connect", connect),
        ("head", head),
        ("poll", poll),
        ("idle", idle),
        ("held_back", held_back),
    ];
    let zero = times.into_iter().find(|(_, limit)| limit.is_zero()).map(|(name, _)| name);
    match zero.or((*bytes == 0).then_some("bytes")) {
        Some(name) => Err(InvalidSetting::new(format!("limits.{name}"), "write a positive number")),
        None => Ok(()),
    }
}
