//! Who starts the servers of scenarios.

use std::time::Duration;

use serde_json::Value;

use super::check::{Failure, Outcome};
use super::{Trial, standard};
use crate::wire::Base;

/// How a server is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// What it serves, as a state file (D-93). `None`: it runs, but has not got a state yet.
    pub state: Option<Value>,
    /// When streams are dropped, if other than by default.
    pub drop_after: Option<Duration>,
    /// When streams say that they live, if other than by default.
    pub heartbeat: Option<Duration>,
    /// How long a peer may take no bytes, if other than by default.
    pub write_timeout: Option<Duration>,
}

impl Default for Setup {
    /// The state of the scenarios, and nothing else said.
    fn default() -> Self {
        Self { state: Some(standard()), drop_after: None, heartbeat: None, write_timeout: None }
    }
}

/// Starts servers.
pub trait Lab: Sync {
    /// A server that takes connections.
    ///
    /// # Errors
    /// [`Failure::Unable`] if such a one cannot be had here.
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure>;
}

/// A server, as whoever started it sees it.
pub trait Subject: Sync {
    /// Where it listens.
    fn base(&self) -> &Base;

    /// Where health and metrics are.
    fn monitor(&self) -> &Base {
        self.base()
    }

    /// Serves another state from now on. Polls see it when this returns.
    ///
    /// # Errors
    /// [`Failure::Unable`] if its state cannot be changed.
    fn serve(&self, _state: &Value) -> Outcome {
        Err(Failure::Unable("nobody can change what this server serves"))
    }

    /// Asks it to stop in good order, and does not wait until it has.
    ///
    /// # Errors
    /// [`Failure::Unable`] if it cannot be stopped.
    fn stop(&self) -> Outcome {
        Err(Failure::Unable("nobody can stop this server"))
    }

    /// Starts it again at the same place, after it stopped.
    ///
    /// # Errors
    /// [`Failure::Unable`] if it cannot be stopped.
    fn start_again(&self) -> Outcome {
        Err(Failure::Unable("nobody can restart this server"))
    }
}

/// A server that runs already and serves the state of the scenarios; it stays as it is.
#[derive(Debug, Clone)]
pub struct Running {
    /// Where it listens.
    pub base: Base,
    /// Where health and metrics are.
    pub monitor: Base,
}

impl Lab for Running {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        if *setup == Setup::default() {
            Ok(Box::new(self.clone()))
        } else {
            Err(Failure::Unable("a server that runs already has its settings"))
        }
    }
}

impl Subject for Running {
    fn base(&self) -> &Base {
        &self.base
    }

    fn monitor(&self) -> &Base {
        &self.monitor
    }
}

/// Where one scenario gets its servers.
pub struct Bench<'l> {
    lab: &'l dyn Lab,
    id: &'static str,
}

impl<'l> Bench<'l> {
    pub(super) fn new(lab: &'l dyn Lab, id: &'static str) -> Self {
        Self { lab, id }
    }

    /// A server with the state of the scenarios.
    pub(super) fn standard(&self) -> Result<Trial, Failure> {
        self.with(&Setup::default())
    }

    /// A server of one's own.
    pub(super) fn with(&self, setup: &Setup) -> Result<Trial, Failure> {
        Ok(Trial::new(self.id, self.lab.start(setup)?))
    }
}
