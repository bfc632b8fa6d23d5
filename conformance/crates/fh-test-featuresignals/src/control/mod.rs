//! The commands by which lines of JSON drive a server.

mod arguments;
mod shown;

use std::time::{Duration, Instant};

use fh_test_http::{Outcome, arguments};
use serde_json::{Map, Value, json};

use crate::environment::Environment;
use crate::server::TestServer;

use self::arguments::{
    AddEnvironment, Arm, CutStreams, Lifetime, Name, Nothing, Of, Put, PutState, Ruleset, StateOf,
    Switch, Time, WaitFor,
};

/// A server that is driven by lines of JSON.
#[derive(Debug)]
pub struct Control {
    server: TestServer,
    started: Instant,
}

impl Control {
    /// Returns a control of a server.
    #[must_use]
    pub fn new(server: TestServer) -> Self {
        Self { server, started: Instant::now() }
    }
}

impl fh_test_http::Control for Control {
    /// Returns the address, the base URL, and the slug, id and keys of the first environment.
    fn greeting(&self) -> Value {
        json!({
            "address": self.server.address().to_string(),
            "url": self.server.url(),
            "environment": shown::environment(self.server.environment()),
        })
    }

    fn command(&self, name: &str, line: &str) -> Outcome {
        match name {
            "putFlag" | "putSegment" | "putState" | "enable" | "deleteFlag" | "deleteState"
            | "replaceAll" => self.store(name, line),
            "waitFor" => self.wait_for(line),
            "stop" | "restart" | "record" | "clearFaults" | "release" => self.plain(name, line),
            other => self.further(other, line),
        }
    }
}

impl Control {
    /// Executes a command that changes flags, segments or states.
    fn store(&self, name: &str, line: &str) -> Outcome {
        let result = match name {
            "putFlag" => {
                let Put { record, .. } = arguments(line)?;
                self.server.put_flag(record.get())
            }
            "putSegment" => {
                let Put { record, .. } = arguments(line)?;
                self.server.put_segment(record.get())
            }
            "putState" => {
                let PutState { environment, name, record, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.put_state(&name, record.get())
            }
            "enable" => {
                let Switch { environment, name, enabled, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.enable(&name, enabled)
            }
            "deleteFlag" => {
                let Name { name, .. } = arguments(line)?;
                self.server.delete_flag(&name)
            }
            "deleteState" => {
                let StateOf { environment, name, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.delete_state(&name)
            }
            _ => {
                let Ruleset { environment, ruleset, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.replace_all(ruleset.get())
            }
        };
        result.map(|()| Map::new()).map_err(|error| error.to_string())
    }

    fn further(&self, name: &str, line: &str) -> Outcome {
        match name {
            "revokeKeys" => {
                let Of { environment, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.revoke_keys();
            }
            "restoreKeys" => {
                let Of { environment, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.restore_keys();
            }
            "arm" => {
                let arm: Arm = arguments(line)?;
                let (fault, route, times) = arm.armed()?;
                self.server.arm(fault, route, times);
            }
            "time" => {
                let Time { at, .. } = arguments(line)?;
                self.server.set_time(at.as_deref()).map_err(|error| error.to_string())?;
            }
            "streamLifetime" => {
                let Lifetime { ms, .. } = arguments(line)?;
                self.server.set_stream_lifetime(Duration::from_millis(ms));
            }
            "cutStreams" => {
                let CutStreams { reset, .. } = arguments(line)?;
                self.server.cut_streams(reset);
            }
            "addEnvironment" => {
                let AddEnvironment { slug, .. } = arguments(line)?;
                let added = shown::environment(&self.server.add_environment(&slug));
                return Ok(Map::from_iter([("environment".to_owned(), added)]));
            }
            other => return Err(format!("unknown command {other:?}")),
        }
        Ok(Map::new())
    }

    fn plain(&self, name: &str, line: &str) -> Outcome {
        let Nothing { .. } = arguments(line)?;
        match name {
            "stop" => self.server.stop(),
            "restart" => self.server.restart().map_err(|error| error.to_string())?,
            "clearFaults" => self.server.clear_faults(),
            "release" => self.server.release(),
            _ => return Ok(shown::record(&self.server.record(), self.started)),
        }
        Ok(Map::new())
    }

    fn environment(&self, slug: Option<&str>) -> Result<Environment, String> {
        let Some(slug) = slug else { return Ok(self.server.environment().clone()) };
        self.server.environment_of(slug).ok_or_else(|| format!("there is no environment {slug:?}"))
    }

    fn wait_for(&self, line: &str) -> Outcome {
        let conditions: WaitFor = arguments(line)?;
        let timeout = Duration::from_millis(conditions.timeout_ms);
        let waited = self.server.wait_for(timeout, |record| conditions.are_met(record));
        waited.map(|record| shown::counts(&record)).map_err(|error| error.to_string())
    }
}
