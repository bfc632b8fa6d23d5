//! An adapter as a child process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use fh_test_servers::featbit::{Environment, TestServer};
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::Sdk;
use crate::protocol::{Command, Read};

/// The time within which a client must be ready.
const START: Duration = Duration::from_secs(10);

/// A running adapter. It ends with its standard input.
pub(crate) struct Program {
    sdk: Sdk,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// The environment of a server, as its clients need it.
pub(crate) struct Target {
    pub(crate) secret: String,
    pub(crate) streaming_url: String,
    pub(crate) http_url: String,
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
    #[serde(default)]
    ready: bool,
    #[serde(default)]
    seen: bool,
    #[serde(default)]
    values: Vec<Value>,
    #[serde(default)]
    notices: Vec<String>,
}

impl Program {
    pub(crate) fn start(sdk: &Sdk) -> Result<Self, String> {
        let failed = |why| format!("the adapter of {} does not start: {why}", sdk.name);
        let mut child = std::process::Command::new("sh")
            .args(["-c", &format!("exec {}", sdk.command)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| failed(why.to_string()))?;
        let streams = child.stdin.take().zip(child.stdout.take());
        let (input, output) = streams.ok_or_else(|| failed("it has no streams".to_string()))?;
        Ok(Self { sdk: sdk.clone(), child, input: Some(input), output: BufReader::new(output) })
    }

    /// Starts the adapter anew, in place of one that has ended.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        *self = Self::start(&self.sdk)?;
        Ok(())
    }

    fn execute(&mut self, command: &Command) -> Result<Answer, String> {
        let broken = |why: std::io::Error| format!("an adapter has ended: {why}");
        let line = serde_json::to_string(command).map_err(|why| why.to_string())?;
        if let Some(input) = &mut self.input {
            writeln!(input, "{line}").and_then(|()| input.flush()).map_err(broken)?;
        }
        let mut text = String::new();
        self.output.read_line(&mut text).map_err(broken)?;
        let answer: Answer = serde_json::from_str(&text)
            .map_err(|why| format!("an adapter has answered {text:?}: {why}"))?;
        match answer.error {
            Some(error) if !answer.ok => Err(format!("an adapter has failed: {error}")),
            _ => Ok(answer),
        }
    }

    /// Starts a client of an environment. Returns true if it is ready in time.
    pub(crate) fn connect(
        &mut self,
        server: &TestServer,
        environment: &Environment,
    ) -> Result<bool, String> {
        self.connect_to(Target {
            secret: environment.server_secret(),
            streaming_url: server.streaming_url(),
            http_url: server.http_url(),
        })
    }

    /// Starts a client of a server in another process, or behind a proxy. Returns true if it is ready in time.
    pub(crate) fn connect_to(&mut self, target: Target) -> Result<bool, String> {
        let Target { secret, streaming_url, http_url } = target;
        let wait_ms = START.as_millis() as u64;
        let start = Command::Start { secret, streaming_url, http_url, wait_ms };
        Ok(self.execute(&start)?.ready)
    }

    /// Ends the client, while its server still runs.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        self.execute(&Command::Close).map(drop)
    }

    pub(crate) fn read(&mut self, reads: Vec<Read>) -> Result<Vec<Value>, String> {
        Ok(self.execute(&Command::Read { reads })?.values)
    }

    /// Returns true once a read returns the value, or false if that takes too long.
    pub(crate) fn wait(
        &mut self,
        read: &Read,
        value: impl Into<Value>,
        timeout: Duration,
    ) -> Result<bool, String> {
        let timeout_ms = timeout.as_millis() as u64;
        let command = Command::Wait { read: read.clone(), value: value.into(), timeout_ms };
        Ok(self.execute(&command)?.seen)
    }

    pub(crate) fn track(&mut self, user: &Value, event: &str, value: f64) -> Result<(), String> {
        let command = Command::Track { user: user.clone(), event: event.to_string(), value };
        self.execute(&command).map(drop)
    }

    pub(crate) fn flush(&mut self) -> Result<(), String> {
        self.execute(&Command::Flush).map(drop)
    }

    /// Returns the peak of the memory of the process in KiB, where the system has it.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    pub(crate) fn notices(&mut self) -> Result<Vec<String>, String> {
        Ok(self.execute(&Command::Notices)?.notices)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        // An SDK that keeps its process alive is ended. An adapter that has ended already cannot be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
