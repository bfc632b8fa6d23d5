//! The commands by which lines of JSON drive a server.

use crate::server::{Arguments, Outcome, Recorder, Times, text};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::featbit::environment::Environment;
use crate::featbit::record::Record;
use crate::featbit::script::ScriptedAnswer;
use crate::featbit::server::TestServer;

/// A JSON text as it was written.
type Json = Box<RawValue>;

impl crate::server::Control for TestServer {
    type Record = Record;

    /// Returns the address, the base URLs, and the secrets of the first environment.
    fn greeting(&self) -> Value {
        json!({
            "address": self.address().to_string(),
            "streamingUrl": self.streaming_url(),
            "httpUrl": self.http_url(),
            "environment": shown(self.environment()),
        })
    }

    fn recorder(&self) -> &Recorder<Record> {
        &self.shared.recorder
    }

    fn command(&self, name: &str, of: &mut Arguments) -> Outcome {
        match name {
            "arm" => {
                let times = of.optional("times")?.map_or(Times::UntilCleared, Times::Next);
                self.arm(of.take("fault")?, times);
            }
            "script" => {
                self.script(of.take("route")?, of.take::<Vec<ScriptedAnswer>>("answers")?);
            }
            "clearFaults" => self.clear_faults(),
            "release" => self.release(),
            "clock" => self.set_clock_offset_ms(of.take("offsetMs")?),
            "silence" => self.silence(),
            "pingSockets" => self.ping_sockets(),
            "dropSockets" => self.drop_sockets(of.optional("reset")?.unwrap_or_default()),
            "closeSockets" => {
                let reason: Option<String> = of.optional("reason")?;
                self.close_sockets(of.take("code")?, &reason.unwrap_or_default());
            }
            "stop" => self.stop(),
            "restart" => self.restart().map_err(text)?,
            "addEnvironment" => {
                let added = shown(&self.add_environment());
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
            Some(id) => {
                self.environment_of(&id).ok_or_else(|| format!("there is no environment {id:?}"))?
            }
        };
        let mut record = || of.take::<Json>("record");
        match name {
            "putFlag" => environment.put_flag(record()?.get()),
            "putSegment" => environment.put_segment(record()?.get()),
            "archiveFlag" => {
                let is_archived = of.optional("archived")?.unwrap_or(true);
                environment.archive_flag(&of.take::<String>("name")?, is_archived)
            }
            "deleteFlag" => environment.delete_flag(&of.take::<String>("name")?),
            "replaceAll" => {
                let (flags, segments): (Vec<Json>, Vec<Json>) =
                    (of.take("flags")?, of.take("segments")?);
                let flags: Vec<&str> = flags.iter().map(|it| it.get()).collect();
                let segments: Vec<&str> = segments.iter().map(|it| it.get()).collect();
                environment.replace_all(&flags, &segments)
            }
            "pushText" => {
                environment.push_text(&of.take::<String>("text")?);
                Ok(())
            }
            "revokeSecrets" => {
                environment.revoke_secrets();
                Ok(())
            }
            other => return Err(format!("unknown command {other:?}")),
        }
        .map_err(text)
    }
}

fn shown(environment: &Environment) -> Value {
    json!({
        "id": environment.id(),
        "serverSecret": environment.server_secret(),
        "clientSecret": environment.client_secret(),
    })
}
