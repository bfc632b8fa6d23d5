//! Builders of clients of FeatBit servers, and the settings of their sessions.

use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::rules::Rules;
use fh_repository::system::System;
use fh_repository::time::Millis;
use fh_repository::{Repository, RepositoryOptions, UsageOptions};
use fh_session::featbit::internal::{Message, MessageText};
use fh_session::featbit::{Config, Endpoints, Mode, Secret, Session};
use fh_session::{Action, ContextHeader, Input, KeyKind, Mode as FeatureHubMode};
use tokio::sync::mpsc;

use super::ClientBuilder;
use super::further_systems::{Defaults, meaningless};
use crate::client::Client;
use crate::command::Command;
use crate::current_settings::CurrentSettings;
use crate::driver::Protocol;
use crate::featbit::{FullSync, Insights, Reporting, Sender, Settings};
use crate::server::{Credentials, Server};
use crate::session_config::{EventAddress, NOWHERE, SessionConfig};
use crate::settings::{BuilderSettings, ClientSettings, FlagSystem, polling};
use crate::snapshot_file::Bootstrap;
use crate::start_error::StartError;
use crate::transport::InvalidSetting;

impl Client {
    /// Returns a builder for a client of a FeatBit server. The settings of the builder that belong to FeatureHub alone, such as API keys, make
    /// [`ClientBuilder::start`] fail with a [`StartError::Setting`](crate::StartError::Setting) that names the setting.
    ///
    /// ```
    /// use fh_client::{Client, StartError, featbit};
    /// let settings = featbit::Settings::new("secret").streaming_url("wss://flags.example");
    /// assert_eq!(Client::featbit(settings.clone()).check(), Ok(()));
    /// let error = Client::featbit(settings).api_key("environment/key*").check().unwrap_err();
    /// assert!(error.to_string().contains("api_key"));
    /// ```
    pub fn featbit(settings: Settings) -> ClientBuilder {
        ClientBuilder::new().featbit(settings)
    }
}

impl ClientBuilder {
    /// Makes the client one of a FeatBit server with these settings; see [`Client::featbit`]. An interval of the settings replaces the mode of
    /// the builder.
    pub fn featbit(mut self, settings: Settings) -> Self {
        if let Some(interval) = settings.polling {
            self.settings.mode = Some(polling(interval));
        }
        self.settings.system = Arc::new(settings);
        self
    }
}

impl FlagSystem for Settings {
    fn system(&self) -> System {
        SYSTEM
    }

    fn session(&self, given: &mut BuilderSettings) -> Result<SessionConfig, StartError> {
        let (config, headers) = given.featbit_session(self, |name| std::env::var(name).ok())?;
        let is_offline = config.mode == Mode::Offline;
        let reports = !is_offline && self.insights != Reporting::Nothing;
        let (endpoints, secret) = (&config.endpoints, &config.secret);
        let (streaming, polling) = (endpoints.streaming(), endpoints.polling());
        Ok(SessionConfig {
            server: Server {
                system: SYSTEM,
                url: streaming.clone(),
                requests: vec![streaming.clone(), polling.clone()],
                credentials: Credentials::Secret(Some(secret.expose().into())),
                environment: secret.environment(),
                key_kind: KeyKind::ClientEvaluated,
            },
            is_offline,
            limits: config.limits,
            first_context: ContextHeader::default(),
            headers,
            events: reports.then(|| EventAddress {
                url: endpoints.track(),
                secret: secret.clone(),
                user_agent: config.identification.clone(),
            }),
            open: Box::new(|seed| Box::new(Session::new(config, seed))),
        })
    }

    fn prepare(&self, options: &mut RepositoryOptions) {
        options.is_visible_change = fh_eval::featbit::is_visible_change;
    }

    fn bootstrap(&self, bytes: &[u8]) -> Result<Bootstrap, StartError> {
        check_bootstrap(bytes)?;
        Ok(Bootstrap::whole(bytes))
    }

    fn document_of(&self, rules: &Rules) -> Bootstrap {
        Bootstrap::whole(fh_eval::featbit::full_message(rules.ruleset()).as_bytes())
    }
}

impl Protocol for Session {
    fn handle(&mut self, now: Millis, wall: &dyn Fn() -> Timestamp, input: Input<'_>) {
        self.handle(now, wall(), input);
    }

    fn poll(&mut self) -> Option<Action> {
        self.poll()
    }

    fn deadline(&self) -> Option<Millis> {
        self.deadline()
    }

    fn last_contact(&self) -> Option<Millis> {
        self.last_contact()
    }

    fn newest_context(&self) -> Option<&Arc<Attributes>> {
        None
    }
}

impl Insights {
    /// Returns a new observer of a repository's evaluations, which reports them to FeatBit.
    pub(super) fn observing(repository: &Repository) -> Self {
        let insights = Self::new();
        repository.observe(Arc::new(insights.clone()), UsageOptions::default()).detach();
        insights
    }
}

impl ClientSettings {
    /// Returns the task that sends events to this address.
    pub(super) fn insight_sender(
        &self,
        insights: &Insights,
        address: EventAddress,
        headers: &[(String, String)],
        current: &Arc<CurrentSettings>,
        commands: mpsc::WeakUnboundedSender<Command>,
    ) -> Sender {
        Sender {
            queue: Arc::clone(insights.queue()),
            transport: Arc::clone(&self.transport),
            url: address.url,
            secret: address.secret,
            user_agent: address.user_agent,
            headers: headers.to_vec(),
            current: Arc::clone(current),
            connect_timeout: self.limits.connect,
            commands,
        }
    }
}

/// The server secret that an offline client uses if it needs none.
const NO_SECRET: &str = "offline";
const SYSTEM: System = System::FeatBit;

/// The environment variables for the secret and the URLs.
const SECRET: &str = "FEATBIT_ENV_SECRET";
const STREAMING_URL: &str = "FEATBIT_STREAMING_URL";
const EVENT_URL: &str = "FEATBIT_EVENT_URL";

/// The error for a client without a URL.
const MISSING_URL: StartError = StartError::Missing {
    setting: "the setting streaming_url",
    instead: "write wss://flags.example",
    variables: &[STREAMING_URL],
};
/// The error for a client without a secret.
const MISSING_SECRET: StartError = StartError::Missing {
    setting: "the environment secret",
    instead: "copy the server secret from the environment's settings in FeatBit",
    variables: &[SECRET],
};

impl BuilderSettings {
    /// Returns the settings of the session of a client with these settings for FeatBit, and the headers that the program adds to requests. `variable` returns the value of an
    /// environment variable.
    fn featbit_session(
        &self,
        own: &Settings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(Config, Vec<(String, String)>), StartError> {
        let is_offline = self.mode == Some(FeatureHubMode::Offline);
        let set = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let streaming = own.streaming_url.clone().or_else(|| set(STREAMING_URL));
        let events = own.event_url.clone().or_else(|| set(EVENT_URL));
        let nothing = streaming.is_none() && own.polling_url.is_none() && events.is_none();
        if nothing && !is_offline {
            return Err(MISSING_URL);
        }
        let streaming = streaming.or_else(|| nothing.then(|| NOWHERE.to_string()));
        let endpoints =
            Endpoints::parse(streaming.as_deref(), own.polling_url.as_deref(), events.as_deref())?;
        let secret = own.secret.clone().or_else(|| set(SECRET));
        let secret = secret.or_else(|| is_offline.then(|| NO_SECRET.to_string()));
        let secret = Secret::parse(&secret.ok_or(MISSING_SECRET)?)?;
        let mut config = Config::new(endpoints, secret);
        config.mode = match self.mode {
            None | Some(FeatureHubMode::Streaming) => Mode::Streaming,
            Some(FeatureHubMode::Polling(interval)) => Mode::Polling(interval),
            Some(FeatureHubMode::Offline) => Mode::Offline,
            Some(FeatureHubMode::Once) => {
                return Err(meaningless(SYSTEM, "once", "write a polling interval above 0"));
            }
            Some(_) => return Err(meaningless(SYSTEM, "passive", "use streaming or polling")),
        };
        config.profile = own.profile;
        config.full_sync = own.full_sync == FullSync::Regular;
        let common = self.of_all_systems(&Defaults {
            system: SYSTEM,
            limits: config.limits,
            identification: &config.identification,
            own_headers: &["authorization", "user-agent"],
            bootstrap: None,
            switches_contexts: false,
            has_healthy_streams: true,
        })?;
        config.backoff = common.backoff;
        config.return_within = common.return_within;
        config.refused = common.refused;
        config.healthy_after = common.healthy_after;
        config.stream_again_after = common.stream_again_after;
        config.pace = common.pace;
        config.limits = common.limits;
        config.identification = common.identification;
        Ok((config, common.headers))
    }
}

/// Checks a bootstrap document: the body of `latest-all`.
fn check_bootstrap(bytes: &[u8]) -> Result<(), StartError> {
    let why = match MessageText::of(bytes).parse() {
        Ok(Message::Sync(_)) => return Ok(()),
        Ok(_) => "it is no data-sync".to_string(),
        Err(why) => why.to_string(),
    };
    let instead = "give the body of /api/public/sdk/server/latest-all";
    Err(InvalidSetting::new("bootstrap", format!("{why}: {instead}")).into())
}
