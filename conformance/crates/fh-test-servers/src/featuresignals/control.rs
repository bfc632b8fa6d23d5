//! The commands by which lines of JSON drive a server.

use std::time::Duration;

use crate::server::{Arguments, Outcome, Recorder, Times, text};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::featuresignals::environment::Environment;
use crate::featuresignals::record::Record;
use crate::featuresignals::server::TestServer;

/// A JSON text as it was written.
type Json = Box<RawValue>;

impl crate::server::Control for TestServer {
    type Record = Record;

    /// Returns the address, the base URL, and the slug, id and keys of the first environment.
    fn greeting(&self) -> Value {
        json!({
            "address": self.address().to_string(),
            "url": self.url(),
            "environment": shown(self.environment()),
        })
    }

    fn recorder(&self) -> &Recorder<Record> {
        &self.shared.recorder
    }

    fn command(&self, name: &str, of: &mut Arguments) -> Outcome {
        match name {
            "putFlag" => self.put_flag(of.take::<Json>("record")?.get()).map_err(text)?,
            "putSegment" => self.put_segment(of.take::<Json>("record")?.get()).map_err(text)?,
            "deleteFlag" => self.delete_flag(&of.take::<String>("name")?).map_err(text)?,
            "arm" => {
                let route = of.optional("route")?.unwrap_or_default();
                self.arm(of.take("fault")?, route, times(of)?);
            }
            "clearFaults" => self.clear_faults(),
            "release" => self.release(),
            "time" => self.set_time(of.optional::<String>("at")?.as_deref()).map_err(text)?,
            "streamLifetime" => self.set_stream_lifetime(Duration::from_millis(of.take("ms")?)),
            "cutStreams" => self.cut_streams(of.optional("reset")?.unwrap_or_default()),
            "stop" => self.stop(),
            "restart" => self.restart().map_err(text)?,
            "addEnvironment" => {
                let added = shown(&self.add_environment(&of.take::<String>("slug")?));
                return Ok(Map::from_iter([("environment".to_owned(), added)]));
            }
            _ => self.change(name, of)?,
        }
        Ok(Map::new())
    }
}

impl TestServer {
    /// Executes a command that changes an environment.
    fn change(&self, name: &str, of: &mut Arguments) -> Result<(), String> {
        let environment = match of.optional::<String>("environment")? {
            None => self.environment().clone(),
            Some(slug) => self
                .environment_of(&slug)
                .ok_or_else(|| format!("there is no environment {slug:?}"))?,
        };
        match name {
            "putState" => {
                let record: Json = of.take("record")?;
                environment.put_state(&of.take::<String>("name")?, record.get())
            }
            "enable" => environment.enable(&of.take::<String>("name")?, of.take("enabled")?),
            "deleteState" => environment.delete_state(&of.take::<String>("name")?),
            "replaceAll" => environment.replace_all(of.take::<Json>("ruleset")?.get()),
            "revokeKeys" => {
                environment.revoke_keys();
                Ok(())
            }
            "restoreKeys" => {
                environment.restore_keys();
                Ok(())
            }
            other => return Err(format!("unknown command {other:?}")),
        }
        .map_err(text)
    }
}

/// Returns the requests to which a fault applies: those of `next`, `nth` or `after`, or all until faults are cleared.
fn times(of: &mut Arguments) -> Result<Times, String> {
    match (of.optional("next")?, of.optional("nth")?, of.optional("after")?) {
        (None, None, None) => Ok(Times::UntilCleared),
        (Some(count), None, None) => Ok(Times::Next(count)),
        (None, Some(number), None) => Ok(Times::Nth(number)),
        (None, None, Some(count)) => Ok(Times::After(count)),
        _ => Err("only one of next, nth and after can be given".to_owned()),
    }
}

fn shown(environment: &Environment) -> Value {
    json!({
        "slug": environment.slug(),
        "id": environment.id(),
        "serverKey": environment.server_key(),
        "clientKey": environment.client_key(),
    })
}
