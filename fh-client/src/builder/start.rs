//! The start of a client from the settings of its builder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use fh_eval::Attributes;
use fh_repository::notice::Notice;
use fh_repository::source::Source;
use fh_session::{ApiKeys, EdgeUrl, Input, Limits, Mode, Session};
use tokio::sync::mpsc;

use super::ClientBuilder;
use crate::client::Client;
use crate::command::Command;
use crate::current_settings::CurrentSettings;
use crate::driver::{Driver, DriverClock, Parts};
use crate::environment;
#[cfg(feature = "featbit")]
use crate::featbit::Insights;
#[cfg(feature = "featuresignals")]
use crate::featuresignals::RulesetFile;
use crate::seed::seed;
use crate::server::Server;
use crate::session_config::{NOWHERE, SessionConfig};
use crate::settings::{BuilderSettings, ClientSettings, TransportChoice};
use crate::shared_state::SharedState;
use crate::snapshot_file::{Bootstrap, SnapshotWriter};
use crate::start_error::StartError;
use crate::transport::{OfflineTransport, Transport};

const NO_KEY: &str = "offline/offline*";

impl ClientBuilder {
    /// Starts the client and returns at once, before the Edge has sent features. To wait for features, use [`Client::ready`]
    /// or [`Client::wait_ready`].
    ///
    /// By default the client runs on a thread of its own, even if `start` is called inside a tokio runtime. Therefore
    /// tokio's paused clock does not affect the client, and a [subscriber of `tracing`](https://docs.rs/tracing) that is set
    /// for one thread does not receive the logs of the client's thread. [`Self::runtime`] selects another runtime.
    ///
    /// # Errors
    /// [`StartError`] if a setting is invalid or missing, if the default transport cannot be created, or if a thread cannot be
    /// started. A network failure does not make `start` fail, because the client retries.
    pub fn start(self) -> Result<Client, StartError> {
        let (mut settings, config) = self.resolved()?;
        let bootstrap = settings.validated(&config)?;
        settings.given.runtime.check()?;
        let SessionConfig { server, is_offline, limits, headers, first_context, .. } = config;

        let first = settings.given.first.take();
        let repository = settings.repository();
        if first.is_none() {
            // These listeners also get the events of the start.
            settings.subscribe(&repository);
        }
        #[cfg(feature = "metrics")]
        if !matches!(settings.given.dispatching, crate::delivery::Dispatching::Nobody) {
            let evaluations = crate::metrics::Evaluations::new(&server);
            repository
                .observe(Arc::new(evaluations), fh_repository::UsageOptions::default())
                .detach();
        }
        let dispatcher = settings.given.dispatching.start(&repository);
        let dispatcher = dispatcher.map_err(StartError::of_thread)?;
        settings.given.runtime.settle();
        let place = settings.given.runtime.place().map_err(StartError::of_thread)?;
        let inside = place.enter();
        let (commands, inbox) = mpsc::unbounded_channel();
        let command_sender = commands.downgrade();
        let reader = command_sender.clone();
        repository.set_touch_waker(move || {
            // The sender is weak, because the repository must not keep the driver running.
            if let Some(commands) = reader.upgrade() {
                let _ = commands.send(Command::FeatureRead);
            }
        });
        let watch = command_sender.clone();
        repository.set_delivery_watch(move || {
            if let Some(commands) = watch.upgrade() {
                let _ = commands.send(Command::DeliveryBegun);
            }
        });
        let log = command_sender.clone();
        let has_notices = Arc::new(AtomicBool::new(false));
        let noticed = Arc::clone(&has_notices);
        repository.set_notice_log(move |notice| {
            if let Some(commands) = log.upgrade() {
                noticed.store(true, Ordering::Release);
                let _ = commands.send(Command::LogNotice(notice));
            }
        });
        let restored = Arc::new(OnceLock::new());
        let clock = DriverClock::start();
        let file = settings.given.snapshot.clone().zip(server.keys());
        let snapshot_writer = file.map(|(file, keys)| {
            SnapshotWriter::new(file, keys, &first_context, Arc::clone(&settings.given.clock))
        });
        let current = Arc::new(CurrentSettings::new(server.clone()));
        #[cfg(feature = "featbit")]
        let sending = config.events.map(|address| {
            let insights = Insights::observing(&repository);
            let commands = command_sender.clone();
            let sender = settings.insight_sender(&insights, address, &headers, &current, commands);
            (insights, tokio::spawn(sender.run()))
        });
        #[cfg(feature = "featbit")]
        let insights = sending.as_ref().map(|(insights, _)| insights.clone());
        let mut driver = Driver::new(Parts {
            repository: repository.clone(),
            dispatcher: dispatcher.clone(),
            transport: Arc::clone(&settings.transport),
            commands: inbox,
            command_sender,
            restored: Arc::clone(&restored),
            clock,
            wall: Arc::clone(&settings.given.clock),
            server: server.clone(),
            current: Arc::clone(&current),
            headers,
            connect_timeout: limits.connect,
            request_timeout: limits.poll,
            #[cfg(feature = "featbit")]
            message_limit: limits.bytes,
            #[cfg(feature = "featbit")]
            insights: sending,
            snapshot_writer,
            reporting: settings.given.reporting,
            session: (config.open)(seed()),
        });
        if let Some(first) = &first {
            // The features belong to the context for which they were evaluated, which a later context may have replaced already.
            if let Some(evaluated) = first.rules.evaluated_for() {
                driver.set_first_context(&evaluated.context);
            }
            // The cell is new, so setting it cannot fail.
            let _ = restored.set(first.confirmed_at);
            let document = settings.given.system.document_of(&first.rules);
            driver.bootstrap(document, &server, is_offline);
        }
        if let Some(context) = &settings.given.context {
            driver.set_first_context(context);
        }
        for bootstrap in bootstrap {
            driver.bootstrap(bootstrap, &server, is_offline);
        }
        driver.restore_at_start();
        #[cfg(feature = "featuresignals")]
        if let Some(path) = settings.given.system.followed_file() {
            driver.follow(RulesetFile::new(path.to_path_buf()), Arc::clone(&server.environment));
        }
        drop(inside);
        if first.is_some() {
            // In place of the events of the start, these listeners get the changes since the features that are served already.
            settings.subscribe(&repository);
        }
        let runtime = place.seen_from_outside(clock);
        drop(place.run(driver.run()));
        let shared = SharedState {
            repository,
            commands,
            dispatcher,
            runtime,
            settings,
            current,
            restored,
            #[cfg(feature = "featbit")]
            insights,
            has_notices,
            is_closing: AtomicBool::new(false),
        };
        Ok(Client::from_shared(Arc::new(shared)))
    }

    /// Checks all settings without starting a client: the URL, the API keys, the mode, the headers, the certificates and the proxy of the
    /// default transport, the limits, the delays, the first context and the bootstrap features. Sends nothing, reads no file, and starts no
    /// thread. Missing settings come from environment variables, as in [`Self::start`]. Not checked are a runtime given to the client, and
    /// the start of threads.
    ///
    /// Use this function in a program that starts its client later, for example in a child process, but must report a wrong setting at once.
    ///
    /// # Errors
    /// The same [`StartError`] as [`Self::start`].
    ///
    /// ```
    /// use fh_client::{Client, StartError};
    /// let builder = Client::builder("https://edge.example", "environment/key*");
    /// assert_eq!(builder.check(), Ok(()));
    /// assert!(matches!(builder.header("host", "other").check(), Err(StartError::Header(_))));
    /// ```
    pub fn check(&self) -> Result<(), StartError> {
        let (settings, config) = self.clone().resolved()?;
        settings.validated(&config).map(drop)
    }

    /// Fills in missing settings from environment variables and defaults, and creates the default transport if the program has
    /// set no transport.
    fn resolved(self) -> Result<(ClientSettings, SessionConfig), StartError> {
        let Self { mut settings } = self;
        let config = Arc::clone(&settings.system).session(&mut settings)?;
        let limits = config.limits;
        let transport = match &settings.transport {
            TransportChoice::Given(transport) => Arc::clone(transport),
            _ if config.is_offline => Arc::new(OfflineTransport),
            TransportChoice::Default => default_transport(&limits)?,
            TransportChoice::Lost => return Err(StartError::TransportAfterFork),
        };
        Ok((ClientSettings { given: settings, transport, limits }, config))
    }
}

impl BuilderSettings {
    /// Returns the session of a client of FeatureHub. The texts of the API keys are dropped, because only the parsed keys are used from here
    /// on.
    pub(crate) fn session_config(&mut self) -> Result<SessionConfig, StartError> {
        let settings = self;
        let is_offline = settings.mode == Some(Mode::Offline);
        let found = environment::read(|name| std::env::var(name).ok());
        let url =
            settings.url.take().or(found.url).or_else(|| is_offline.then(|| NOWHERE.to_string()));
        let edge = EdgeUrl::parse(&url.ok_or(environment::MISSING_URL)?)?;
        if settings.keys.is_empty() {
            let key = found.key.or_else(|| is_offline.then(|| NO_KEY.to_string()));
            settings.keys.push(key.ok_or(environment::MISSING_KEY)?);
        }
        let keys = ApiKeys::parse(&settings.keys)?;
        settings.keys.clear();
        let mut config = settings.config(edge, keys);
        Ok(SessionConfig {
            server: Server::edge(config.edge.clone(), config.keys.clone()),
            is_offline: config.mode == Mode::Offline,
            limits: config.limits,
            first_context: settings.check(&config)?,
            headers: std::mem::take(&mut config.headers),
            #[cfg(feature = "featbit")]
            events: None,
            open: Box::new(|seed| Box::new(Session::new(config, seed))),
        })
    }
}

impl ClientSettings {
    /// Checks that the transport can reach the server, and returns the bootstrap features.
    fn validated(&self, config: &SessionConfig) -> Result<Vec<Bootstrap>, StartError> {
        if !config.is_offline {
            for url in &config.server.requests {
                self.transport.check(url)?;
            }
        }
        let system = &self.given.system;
        let given = self.given.bootstrap.iter().map(|bytes| system.bootstrap(bytes));
        given.chain(system.own_document().map(Ok)).collect()
    }
}

#[cfg(feature = "reqwest")]
fn default_transport(limits: &Limits) -> Result<Arc<dyn Transport>, StartError> {
    let builder = crate::transport::ReqwestTransport::builder();
    Ok(Arc::new(builder.connect_timeout(limits.connect).build()?))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport(_: &Limits) -> Result<Arc<dyn Transport>, StartError> {
    Err(StartError::NoTransport)
}

impl Driver {
    /// Serves the ruleset of a file, and each later content of the file.
    #[cfg(feature = "featuresignals")]
    fn follow(&mut self, mut file: RulesetFile, environment: Arc<str>) {
        match file.first() {
            Ok(ruleset) => self.prepare(Input::Stored {
                source: crate::featuresignals::source(),
                environment: Arc::clone(&environment),
                features: &ruleset,
            }),
            Err(notice) => self.note(notice),
        }
        tokio::spawn(file.follow(environment, self.command_sender()));
    }

    fn set_first_context(&mut self, context: &Arc<Attributes>) {
        let command_id = self.command_id();
        self.prepare(Input::Context(command_id, Arc::clone(context)));
    }

    /// Serves the features of a bootstrap document. An environment that no API key can read is skipped with a notice, unless the
    /// client is offline. Features without an environment count as features of the environment of the first API key.
    fn bootstrap(&mut self, bootstrap: Bootstrap, server: &Server, is_offline: bool) {
        for (id, features) in bootstrap.environments {
            // The case of letters in ids does not matter, as in the session.
            let keys = || server.keys().into_iter().flat_map(ApiKeys::iter);
            let opened = |id: &str| keys().any(|key| key.environment().eq_ignore_ascii_case(id));
            let environment = match id {
                None => Arc::clone(&server.environment),
                Some(id) if is_offline || opened(&id) => id,
                Some(id) => {
                    let why = format!("no API key of the client may read the environment {id}");
                    self.note(Notice::StoreIgnored { source: Source::Snapshot, why });
                    continue;
                }
            };
            self.prepare(Input::Stored {
                source: Source::Snapshot,
                environment,
                features: &features,
            });
        }
    }
}
