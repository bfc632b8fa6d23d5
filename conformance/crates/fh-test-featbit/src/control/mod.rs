//! The commands by which lines of JSON drive a server.

mod arguments;
mod shown;

use std::time::{Duration, Instant};

use fh_test_http::{Outcome, arguments};
use serde_json::{Map, Value, json};

use crate::environment::Environment;
use crate::server::TestServer;

use self::arguments::{
    Archive, Arm, Clock, Close, Drop, Name, Nothing, Of, PushText, Put, ReplaceAll, Script, WaitFor,
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
    /// Returns the address, the base URLs, and the secrets of the first environment.
    fn greeting(&self) -> Value {
        json!({
            "address": self.server.address().to_string(),
            "streamingUrl": self.server.streaming_url(),
            "httpUrl": self.server.http_url(),
            "environment": shown::environment(self.server.environment()),
        })
    }

    fn command(&self, name: &str, line: &str) -> Outcome {
        match name {
            "putFlag" | "putSegment" | "storeFlag" | "storeSegment" | "pushFlag"
            | "pushSegment" => self.put(name, line),
            "archiveFlag" | "archiveSegment" => self.archive(name, line),
            "deleteFlag" | "deleteSegment" => self.delete(name, line),
            "replaceAll" => self.replace_all(line),
            "waitFor" => self.wait_for(line),
            "stop" | "restart" | "record" | "clearFaults" | "release" | "silence"
            | "pingSockets" | "addEnvironment" => self.plain(name, line),
            other => self.further(other, line),
        }
    }
}

impl Control {
    fn further(&self, name: &str, line: &str) -> Outcome {
        match name {
            "pushText" => {
                let PushText { environment, text, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.push_text(&text);
            }
            "revokeSecrets" => {
                let Of { environment, .. } = arguments(line)?;
                self.environment(environment.as_deref())?.revoke_secrets();
            }
            "arm" => {
                let Arm { fault, times, .. } = arguments(line)?;
                self.server.arm(fault.into(), arguments::times(times));
            }
            "script" => {
                let Script { route, answers, .. } = arguments(line)?;
                self.server.script(route.into(), answers.into_iter().map(Into::into));
            }
            "clock" => {
                let Clock { offset_ms, .. } = arguments(line)?;
                self.server.set_clock_offset_ms(offset_ms);
            }
            "dropSockets" => {
                let Drop { reset, .. } = arguments(line)?;
                self.server.drop_sockets(reset);
            }
            "closeSockets" => {
                let Close { code, reason, .. } = arguments(line)?;
                self.server.close_sockets(code, &reason);
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
            "record" => return Ok(shown::record(&self.server.record(), self.started)),
            "clearFaults" => self.server.clear_faults(),
            "release" => self.server.release(),
            "silence" => self.server.silence(),
            "pingSockets" => self.server.ping_sockets(),
            _ => {
                let added = shown::environment(&self.server.add_environment());
                return Ok(Map::from_iter([("environment".to_owned(), added)]));
            }
        }
        Ok(Map::new())
    }

    fn environment(&self, id: Option<&str>) -> Result<Environment, String> {
        let Some(id) = id else { return Ok(self.server.environment().clone()) };
        self.server.environment_of(id).ok_or_else(|| format!("there is no environment {id:?}"))
    }

    fn put(&self, name: &str, line: &str) -> Outcome {
        let Put { environment, record, .. } = arguments(line)?;
        let environment = self.environment(environment.as_deref())?;
        let record = record.get();
        let result = match name {
            "putFlag" => environment.put_flag(record),
            "putSegment" => environment.put_segment(record),
            "storeFlag" => environment.store_flag(record),
            "storeSegment" => environment.store_segment(record),
            "pushFlag" => {
                environment.push_flag(record);
                Ok(())
            }
            _ => {
                environment.push_segment(record);
                Ok(())
            }
        };
        result.map(|()| Map::new()).map_err(|error| error.to_string())
    }

    fn archive(&self, name: &str, line: &str) -> Outcome {
        let Archive { environment, name: record, archived, .. } = arguments(line)?;
        let environment = self.environment(environment.as_deref())?;
        let result = match name {
            "archiveFlag" => environment.archive_flag(&record, archived),
            _ => environment.archive_segment(&record, archived),
        };
        result.map(|()| Map::new()).map_err(|error| error.to_string())
    }

    fn delete(&self, name: &str, line: &str) -> Outcome {
        let Name { environment, name: record, .. } = arguments(line)?;
        let environment = self.environment(environment.as_deref())?;
        let result = match name {
            "deleteFlag" => environment.delete_flag(&record),
            _ => environment.delete_segment(&record),
        };
        result.map(|()| Map::new()).map_err(|error| error.to_string())
    }

    fn replace_all(&self, line: &str) -> Outcome {
        let ReplaceAll { environment, flags, segments, .. } = arguments(line)?;
        let environment = self.environment(environment.as_deref())?;
        let flags: Vec<&str> = flags.iter().map(|record| record.get()).collect();
        let segments: Vec<&str> = segments.iter().map(|record| record.get()).collect();
        let result = environment.replace_all(&flags, &segments);
        result.map(|()| Map::new()).map_err(|error| error.to_string())
    }

    fn wait_for(&self, line: &str) -> Outcome {
        let conditions: WaitFor = arguments(line)?;
        let timeout = Duration::from_millis(conditions.timeout_ms);
        let waited = self.server.wait_for(timeout, |record| conditions.are_met(record));
        waited.map(|record| shown::counts(&record)).map_err(|error| error.to_string())
    }
}
