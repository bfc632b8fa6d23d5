//! Builders of clients of FeatureSignals, and the settings of their sessions.

use std::path::Path;
use std::sync::Arc;

use fh_eval::featuresignals::Document;
use fh_eval::{Attributes, Timestamp};
use fh_repository::RepositoryOptions;
use fh_repository::problem::Problem;
use fh_repository::rules::Rules;
use fh_repository::system::System;
use fh_repository::time::Millis;
use fh_session::featuresignals::internal::answers_document;
use fh_session::featuresignals::{Config, Endpoint, Key, Mode, Reasons, Session};
use fh_session::{Action, ContextHeader, Input, KeyKind, Mode as FeatureHubMode};

use super::ClientBuilder;
use super::further_systems::{Defaults, meaningless};
use crate::client::Client;
use crate::driver::Protocol;
use crate::featuresignals::{Fetching, Origin, Settings};
use crate::server::{Credentials, Server};
use crate::session_config::{NOWHERE, SessionConfig};
use crate::settings::{BuilderSettings, FlagSystem};
use crate::snapshot_file::Bootstrap;
use crate::start_error::StartError;
use crate::transport::InvalidSetting;

impl Client {
    /// Returns a builder for a client of FeatureSignals. By default, the server evaluates the flags for the context of the client, which
    /// [`Client::set_context`] changes; a [pool](Client::context_pool) holds several contexts. With a ruleset in the settings, the client
    /// evaluates any number of contexts itself. The settings of the builder that belong to FeatureHub alone make [`ClientBuilder::start`] fail
    /// with a [`StartError::Setting`] that names the setting.
    ///
    /// ```
    /// use fh_client::{Client, featuresignals};
    /// let settings = featuresignals::Settings::new("fs_srv_0123456789").environment("production");
    /// assert_eq!(Client::featuresignals(settings.clone()).check(), Ok(()));
    /// let error = Client::featuresignals(settings).snapshot_file("flags.json").check().unwrap_err();
    /// assert!(error.to_string().contains("snapshot_file"));
    /// ```
    pub fn featuresignals(settings: Settings) -> ClientBuilder {
        ClientBuilder::new().featuresignals(settings)
    }
}

impl ClientBuilder {
    /// Makes the client one of FeatureSignals with these settings; see [`Client::featuresignals`].
    pub fn featuresignals(mut self, settings: Settings) -> Self {
        self.settings.system = Arc::new(settings);
        self
    }
}

impl FlagSystem for Settings {
    fn system(&self) -> System {
        SYSTEM
    }

    fn session(&self, given: &mut BuilderSettings) -> Result<SessionConfig, StartError> {
        let (config, headers) =
            given.featuresignals_session(self, |name| std::env::var(name).ok())?;
        if let Some(context) = &given.context {
            let checked = self.check_context(context);
            checked.map_err(|why| InvalidSetting::new("context", why.to_string()))?;
        }
        let (url, is_local) = (config.endpoint.url().clone(), config.mode == Mode::Local);
        let server = Server {
            system: SYSTEM,
            requests: if is_local { Vec::new() } else { vec![url.clone()] },
            url,
            credentials: Credentials::Secret(config.key.as_ref().map(|key| key.expose().into())),
            environment: Arc::clone(config.endpoint.environment()),
            key_kind: match is_local {
                true => KeyKind::ClientEvaluated,
                false => KeyKind::ServerEvaluated,
            },
        };
        Ok(SessionConfig {
            server,
            is_offline: is_local || config.mode == Mode::Offline,
            limits: config.limits,
            first_context: ContextHeader::default(),
            headers,
            #[cfg(feature = "featbit")]
            events: None,
            open: Box::new(|seed| Box::new(Session::new(config, seed))),
        })
    }

    fn check_context(&self, context: &Attributes) -> Result<(), Problem> {
        fh_session::featuresignals::internal::check(context)
    }

    fn prepare(&self, options: &mut RepositoryOptions) {
        options.is_visible_change = fh_eval::featuresignals::is_visible_change;
    }

    fn bootstrap(&self, bytes: &[u8]) -> Result<Bootstrap, StartError> {
        Ok(Bootstrap::whole(bytes))
    }

    fn own_document(&self) -> Option<Bootstrap> {
        match &self.origin {
            Origin::Ruleset(bytes) => Some(Bootstrap::whole(bytes)),
            Origin::Server | Origin::File(_) => None,
        }
    }

    fn document_of(&self, rules: &Rules) -> Bootstrap {
        match rules.evaluated_for() {
            Some(_) => Bootstrap::whole(answers_document(rules.ruleset()).as_bytes()),
            // The settings of the client have the ruleset.
            None => Bootstrap::default(),
        }
    }

    fn followed_file(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::Server | Origin::Ruleset(_) => None,
        }
    }
}

impl Protocol for Session {
    fn handle(&mut self, now: Millis, _: &dyn Fn() -> Timestamp, input: Input<'_>) {
        self.handle(now, input);
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
        self.newest_context()
    }
}

const SYSTEM: System = System::FeatureSignals;
/// The environment of a client without a server.
const LOCAL: &str = "local";

/// The environment variables for the URL, the API key and the environment.
const URL: &str = "FEATURESIGNALS_URL";
const API_KEY: &str = "FEATURESIGNALS_API_KEY";
const ENVIRONMENT: &str = "FEATURESIGNALS_ENVIRONMENT";

/// The error for a client of a server without an environment.
const MISSING_ENVIRONMENT: StartError = StartError::Missing {
    setting: "the environment",
    instead: "write its slug, such as production",
    variables: &[ENVIRONMENT],
};
/// The error for a client of a server without an API key.
const MISSING_API_KEY: StartError = StartError::Missing {
    setting: "the API key",
    instead: "create a key of the environment in FeatureSignals, such as fs_srv_…",
    variables: &[API_KEY],
};

impl BuilderSettings {
    /// Returns the settings of the session of a client with these settings for FeatureSignals, and the headers that the program adds to
    /// requests. `variable` returns the value of an environment variable.
    fn featuresignals_session(
        &self,
        own: &Settings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(Config, Vec<(String, String)>), StartError> {
        let mode = self.featuresignals_mode(own)?;
        let set = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let is_remote = !matches!(mode, Mode::Local | Mode::Offline);
        let (url, environment) = (own.url.clone(), own.environment.clone());
        let mut config = if is_remote {
            let url = url.or_else(|| set(URL)).unwrap_or_else(|| Endpoint::CLOUD.to_string());
            let environment =
                environment.or_else(|| set(ENVIRONMENT)).ok_or(MISSING_ENVIRONMENT)?;
            let key = own.api_key.clone().or_else(|| set(API_KEY)).ok_or(MISSING_API_KEY)?;
            Config::new(Endpoint::parse(&url, &environment)?, Key::parse(&key)?)
        } else {
            let environment = environment.or_else(|| set(ENVIRONMENT));
            let environment = environment.unwrap_or_else(|| LOCAL.to_string());
            let url = url.unwrap_or_else(|| NOWHERE.to_string());
            Config::new(Endpoint::parse(&url, &environment)?, None)
        };
        config.mode = mode;
        config.reasons = own.reasons;
        config.flags.clone_from(&own.flags);
        config.stream_lifetime = own.stream_lifetime.unwrap_or(config.stream_lifetime);
        let common = self.of_all_systems(&Defaults {
            system: SYSTEM,
            limits: config.limits,
            identification: &config.identification,
            own_headers: &["x-api-key", "content-type", "accept", "user-agent"],
            bootstrap: Some("use `ruleset` of `featuresignals::Settings`"),
            switches_contexts: is_remote,
            has_healthy_streams: false,
        })?;
        config.backoff = common.backoff;
        config.return_within = common.return_within;
        config.refused = common.refused;
        config.stream_again_after = common.stream_again_after;
        config.pace = common.pace;
        config.limits = common.limits;
        config.identification = common.identification;
        config.while_switching = common.while_switching;
        check(own)?;
        Ok((config, common.headers))
    }

    fn featuresignals_mode(&self, own: &Settings) -> Result<Mode, StartError> {
        let is_local = !matches!(own.origin, Origin::Server);
        let interval = own.interval.unwrap_or(Config::INTERVAL);
        Ok(match self.mode {
            None | Some(FeatureHubMode::Offline) if is_local => Mode::Local,
            Some(FeatureHubMode::Offline) => Mode::Offline,
            Some(_) if is_local => {
                let why = "a client that evaluates a ruleset sends no requests: leave the mode out";
                return Err(InvalidSetting::new("mode", why).into());
            }
            None if own.fetching == Fetching::Polls => Mode::Polling(interval),
            None | Some(FeatureHubMode::Streaming) => Mode::Streaming(interval),
            Some(FeatureHubMode::Polling(interval)) => Mode::Polling(interval),
            Some(FeatureHubMode::Once) => Mode::Once,
            Some(_) => return Err(meaningless(SYSTEM, "passive", "use streaming or polling")),
        })
    }
}

/// Checks the settings that only clients of FeatureSignals have.
fn check(own: &Settings) -> Result<(), StartError> {
    if own.flags.as_ref().is_some_and(Vec::is_empty) {
        return Err(InvalidSetting::new("flags", "name at least one flag, or leave it out").into());
    }
    for (name, time) in [("interval", own.interval), ("stream_lifetime", own.stream_lifetime)] {
        if time.is_some_and(|time| time.is_zero()) {
            return Err(InvalidSetting::new(name, "write a positive time").into());
        }
    }
    if let Origin::Ruleset(bytes) = &own.origin
        && let Err(why) = Document::parse(bytes)
    {
        return Err(InvalidSetting::new("ruleset", why.to_string()).into());
    }
    let is_local = !matches!(own.origin, Origin::Server);
    let given = [
        ("interval", own.interval.is_some()),
        ("stream_lifetime", own.stream_lifetime.is_some()),
        ("stream", own.fetching == Fetching::Stream),
        ("flags", own.flags.is_some()),
        ("url", own.url.is_some()),
        ("api_key", own.api_key.is_some()),
        ("reasons", own.reasons == Reasons::Always),
    ];
    match given.into_iter().find(|(_, is_given)| is_local && *is_given) {
        Some((name, _)) => {
            let why = "a client that evaluates a ruleset has no such setting: leave it out";
            Err(InvalidSetting::new(name, why).into())
        }
        None => Ok(()),
    }
}
