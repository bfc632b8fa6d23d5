//! Starts the servers of scenarios.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::check::{Failure, Outcome};
use super::identifiers::{Identifiers, StateKnowledge};
use super::{ScenarioClient, standard};
use crate::server::redactor::Redactor;
use crate::server::wire::{Base, Journal};

/// Time limit of an answer or event. Only a server that hangs, or one on a very busy machine, takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The settings that a scenario needs its server to have.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The served state, as a state file (D-93). `None`: the server runs but has no state yet.
    pub state: Option<Value>,
    /// The time after which streams are ended, if not the default.
    pub drop_after: Option<Duration>,
    /// The interval of heartbeats in streams, if not the default.
    pub heartbeat: Option<Duration>,
    /// The time for which a peer may accept no bytes before it is disconnected, if not the default.
    pub write_timeout: Option<Duration>,
}

impl Default for Setup {
    /// Returns the settings that most scenarios use: the state of the scenarios, and all times by default.
    fn default() -> Self {
        Self { state: Some(standard()), drop_after: None, heartbeat: None, write_timeout: None }
    }
}

/// Starts servers for scenarios.
pub trait ServerLauncher: Sync {
    /// Starts a server, or returns a running one, that accepts connections.
    ///
    /// # Errors
    /// [`Failure::Unable`] if no server with these settings is available.
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure>;

    /// Restores the features that a scenario changed, before the next scenario runs.
    ///
    /// # Errors
    /// If a feature cannot be restored.
    fn restore(&self) -> Outcome {
        Ok(())
    }

    /// Returns the keys that no output may show.
    fn redactor(&self) -> Arc<Redactor> {
        Arc::new(Redactor::of(Identifiers::standard()))
    }
}

/// A server under test.
pub trait Subject: Sync {
    /// Returns the base URL of the server.
    fn base(&self) -> &Base;

    /// Returns the base URL of health and metrics.
    ///
    /// # Errors
    /// [`Failure::Lacks`] if it is not known.
    fn monitor(&self) -> Result<&Base, Failure> {
        Ok(self.base())
    }

    /// Returns the ids and keys of the server.
    fn identifiers(&self) -> &Identifiers {
        Identifiers::standard()
    }

    /// Returns the time that each answer and each event may take.
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Replaces the served state. When it returns, polls see the new state.
    ///
    /// # Errors
    /// [`Failure::Unable`] if the state cannot be changed.
    fn serve(&self, _state: &Value) -> Outcome {
        Err(Failure::Unable("the state of this server cannot be changed"))
    }

    /// Waits until polls see the changes that the server has acknowledged. Most servers acknowledge a change after that.
    ///
    /// # Errors
    /// If polls do not see them in time.
    fn settle(&self) -> Outcome {
        Ok(())
    }

    /// Requests a graceful stop without waiting for its end.
    ///
    /// # Errors
    /// [`Failure::Unable`] if the server cannot be stopped.
    fn stop(&self) -> Outcome {
        Err(Failure::Unable("this server cannot be stopped"))
    }

    /// Starts the server again at the same address, after it stopped.
    ///
    /// # Errors
    /// [`Failure::Unable`] if the server cannot be restarted.
    fn start_again(&self) -> Outcome {
        Err(Failure::Unable("this server cannot be restarted"))
    }
}

/// A running server with the state of the scenarios. Its state and settings cannot be changed.
#[derive(Debug, Clone)]
pub struct Running {
    /// The base URL of the server.
    pub base: Base,
    /// The base URL of health and metrics.
    pub monitor: Base,
}

impl ServerLauncher for Running {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        if *setup == Setup::default() {
            Ok(Box::new(self.clone()))
        } else {
            Err(Failure::Unable("the settings of a running server cannot be changed"))
        }
    }
}

impl Subject for Running {
    fn base(&self) -> &Base {
        &self.base
    }

    fn monitor(&self) -> Result<&Base, Failure> {
        Ok(&self.monitor)
    }
}

/// Gives a scenario its servers.
pub struct Bench<'l> {
    launcher: &'l dyn ServerLauncher,
    id: &'static str,
    journal: Journal,
}

impl<'l> Bench<'l> {
    pub(super) fn new(
        launcher: &'l dyn ServerLauncher,
        id: &'static str,
        journal: Journal,
    ) -> Self {
        Self { launcher, id, journal }
    }

    /// Starts a server with the state of the scenarios.
    pub(super) fn standard(&self) -> Result<ScenarioClient, Failure> {
        self.with(&Setup::default())
    }

    /// Starts a server with the state of the scenarios, or with an unknown one.
    pub(super) fn any_state(&self) -> Result<ScenarioClient, Failure> {
        let subject = self.launcher.start(&Setup::default())?;
        Ok(ScenarioClient::new(self.id, subject, self.journal.clone()))
    }

    /// Starts a server with these settings.
    pub(super) fn with(&self, setup: &Setup) -> Result<ScenarioClient, Failure> {
        let client =
            ScenarioClient::new(self.id, self.launcher.start(setup)?, self.journal.clone());
        match client.identifiers().knowledge {
            StateKnowledge::Scenarios => Ok(client),
            StateKnowledge::Unknown => Err(Failure::Lacks("state".to_owned())),
        }
    }
}
