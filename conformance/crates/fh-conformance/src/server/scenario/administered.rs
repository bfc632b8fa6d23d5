//! A running server whose state can be replaced through our admin API (D-111).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::check::{Failure, Outcome, check};
use super::identifiers::Identifiers;
use super::launcher::{ServerLauncher, Setup, Subject};
use super::standard;
use crate::server::redactor::Redactor;
use crate::server::wire::{Base, Connection, Request};

/// Time limit for replacing the state.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. Each scenario first replaces its state by the state of the scenarios.
#[derive(Debug, Clone)]
pub struct Administered {
    /// The base URL of the server.
    pub base: Base,
    /// The base URL of health and metrics.
    pub monitor: Base,
    /// The base URL of the admin API.
    pub admin: Base,
    /// The admin API key.
    pub key: String,
}

impl ServerLauncher for Administered {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        if *setup != Setup::default() {
            return Err(Failure::Unable("the settings of a running server cannot be changed"));
        }
        self.serve(&standard())?;
        Ok(Box::new(self.clone()))
    }

    fn redactor(&self) -> Arc<Redactor> {
        let mut redactor = Redactor::of(Identifiers::standard());
        redactor.add("admin key", &self.key);
        Arc::new(redactor)
    }
}

impl Subject for Administered {
    fn base(&self) -> &Base {
        &self.base
    }

    fn monitor(&self) -> Result<&Base, Failure> {
        Ok(&self.monitor)
    }

    fn serve(&self, state: &Value) -> Outcome {
        let request = Request::new("PUT", self.admin.target("/admin/v1/state"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("if-match", "*")
            .body(state.to_string());
        let response = Connection::open(&self.admin, PATIENCE)?.request(&request)?;
        let (status, text) = (response.status, response.text());
        check!(status == 200, "the admin API answers {status} to a state: {text}");
        Ok(())
    }
}
