//! Builders of clients of the toy system, and the settings of their sessions.

use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::rules::Rules;
use fh_repository::system::System;
use fh_repository::time::Millis;
use fh_session::toy::{Config, Session, parse_url};
use fh_session::{Action, ContextHeader, Input, KeyKind, Mode};

use super::ClientBuilder;
use super::further_systems::{Defaults, meaningless};
use crate::client::Client;
use crate::driver::Protocol;
use crate::server::{Credentials, Server};
use crate::session_config::SessionConfig;
use crate::settings::{BuilderSettings, FlagSystem};
use crate::snapshot_file::Bootstrap;
use crate::start_error::StartError;
use crate::transport::InvalidSetting;

const SYSTEM: System = System::Toy;

/// The settings that only clients of the toy system have.
struct Settings {
    url: String,
}

impl Client {
    /// Returns a builder for a client of a server of the toy system, which polls. The settings of the builder that belong to FeatureHub alone
    /// make [`ClientBuilder::start`] fail with a [`StartError::Setting`] that names the setting.
    ///
    /// ```
    /// use fh_client::Client;
    /// assert_eq!(Client::toy("https://flags.example").check(), Ok(()));
    /// let error = Client::toy("flags.example").check().unwrap_err();
    /// assert!(error.to_string().contains("url"));
    /// ```
    pub fn toy(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new().toy(url)
    }
}

impl ClientBuilder {
    /// Makes the client one of the toy system; see [`Client::toy`].
    pub fn toy(mut self, url: impl Into<String>) -> Self {
        self.settings.system = Arc::new(Settings { url: url.into() });
        self
    }
}

impl FlagSystem for Settings {
    fn system(&self) -> System {
        SYSTEM
    }

    fn session(&self, given: &mut BuilderSettings) -> Result<SessionConfig, StartError> {
        let url =
            parse_url(&self.url).map_err(|why| InvalidSetting::new("url", why.to_string()))?;
        let mut config = Config::new(url.clone());
        config.interval = match given.mode {
            None => config.interval,
            Some(Mode::Polling(interval)) => Some(interval),
            Some(Mode::Offline) => None,
            Some(_) => return Err(meaningless(SYSTEM, "mode", "use polling or offline")),
        };
        let common = given.of_all_systems(&Defaults {
            system: SYSTEM,
            limits: config.limits,
            identification: &config.identification,
            own_headers: &["accept", "if-none-match", "user-agent"],
            bootstrap: Some("leave it out"),
            switches_contexts: false,
            has_healthy_streams: false,
        })?;
        config.backoff = common.backoff;
        config.refused = common.refused;
        config.pace = common.pace;
        config.limits = common.limits;
        config.identification = common.identification;
        Ok(SessionConfig {
            server: Server {
                system: SYSTEM,
                requests: vec![url.clone()],
                url,
                credentials: Credentials::Secret(None),
                environment: Arc::from(SYSTEM.as_str()),
                key_kind: KeyKind::ClientEvaluated,
            },
            is_offline: config.interval.is_none(),
            limits: config.limits,
            first_context: ContextHeader::default(),
            headers: common.headers,
            #[cfg(feature = "featbit")]
            events: None,
            open: Box::new(|seed| Box::new(Session::new(config, seed))),
        })
    }

    fn bootstrap(&self, bytes: &[u8]) -> Result<Bootstrap, StartError> {
        Ok(Bootstrap::whole(bytes))
    }

    /// A session of the toy system reads no stored flags.
    fn document_of(&self, _: &Rules) -> Bootstrap {
        Bootstrap::default()
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
        None
    }
}
