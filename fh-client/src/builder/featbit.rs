//! Builders of clients of FeatBit servers, and the settings of their sessions.

use std::sync::Arc;

use fh_repository::system::System;
use fh_repository::{Repository, UsageOptions};
use fh_session::Mode as FeatureHubMode;
use fh_session::featbit::internal::{Message, MessageText};
use fh_session::featbit::{Config, Endpoints, Mode, Secret};
use tokio::sync::mpsc;

use super::ClientBuilder;
use super::further_systems::{Defaults, meaningless};
use super::session_config::NOWHERE;
use crate::client::Client;
use crate::command::Command;
use crate::current_settings::CurrentSettings;
use crate::featbit::{FullSync, Insights, Reporting, Sender, Settings};
use crate::server::Server;
use crate::settings::{BuilderSettings, ClientSettings, SystemSettings, polling};
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
        self.settings.system = SystemSettings::FeatBit(settings);
        self
    }
}

impl ClientSettings {
    /// Registers the observer that reports evaluations to FeatBit, and returns it. `None` if the client reports nothing.
    pub(super) fn insights(
        &self,
        server: &Server,
        is_offline: bool,
        repository: &Repository,
    ) -> Option<Insights> {
        let SystemSettings::FeatBit(own) = &self.given.system else { return None };
        if is_offline || own.insights == Reporting::Nothing || server.system() != SYSTEM {
            return None;
        }
        let insights = Insights::new();
        repository.observe(Arc::new(insights.clone()), UsageOptions::default()).detach();
        Some(insights)
    }

    /// Returns the task that sends events to this server; `None` if the server is none of FeatBit.
    pub(super) fn insight_sender(
        &self,
        insights: &Insights,
        headers: &[(String, String)],
        user_agent: Option<String>,
        current: &Arc<CurrentSettings>,
        commands: mpsc::WeakUnboundedSender<Command>,
    ) -> Option<Sender> {
        let Server::FeatBit { endpoints, secret } = &*current.server() else { return None };
        Some(Sender {
            queue: Arc::clone(insights.queue()),
            transport: Arc::clone(&self.transport),
            url: endpoints.track(),
            secret: secret.clone(),
            user_agent,
            headers: headers.to_vec(),
            current: Arc::clone(current),
            connect_timeout: self.limits.connect,
            commands,
        })
    }
}

/// The server secret that an offline client uses if it needs none.
const NO_SECRET: &str = "offline";
const SYSTEM: System = System::FeatBit;

/// The environment variables for the secret and the URLs.
const SECRET: &str = "FEATBIT_ENV_SECRET";
const STREAMING_URL: &str = "FEATBIT_STREAMING_URL";
const EVENT_URL: &str = "FEATBIT_EVENT_URL";

impl BuilderSettings {
    /// Returns the settings of the session of a client with these settings for FeatBit, and the headers that the program adds to requests. `variable` returns the value of an
    /// environment variable.
    pub(super) fn featbit_session(
        &self,
        own: &Settings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(Config, Vec<(String, String)>), StartError> {
        let is_offline = self.mode == Some(FeatureHubMode::Offline);
        let set = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let streaming = own.streaming_url.clone().or_else(|| set(STREAMING_URL));
        let events = own.event_url.clone().or_else(|| set(EVENT_URL));
        let nothing = streaming.is_none() && own.polling_url.is_none() && events.is_none();
        let streaming = streaming.or_else(|| (nothing && is_offline).then(|| NOWHERE.to_string()));
        let endpoints =
            Endpoints::parse(streaming.as_deref(), own.polling_url.as_deref(), events.as_deref())?;
        let secret = own.secret.clone().or_else(|| set(SECRET));
        let secret = secret.or_else(|| is_offline.then(|| NO_SECRET.to_string()));
        let secret = Secret::parse(&secret.unwrap_or_default())?;
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
pub(super) fn check_bootstrap(bytes: &[u8]) -> Result<(), StartError> {
    let why = match MessageText::of(bytes).parse() {
        Ok(Message::Sync(_)) => return Ok(()),
        Ok(_) => "it is no data-sync".to_string(),
        Err(why) => why.to_string(),
    };
    let instead = "give the body of /api/public/sdk/server/latest-all";
    Err(InvalidSetting::new("bootstrap", format!("{why}: {instead}")).into())
}
