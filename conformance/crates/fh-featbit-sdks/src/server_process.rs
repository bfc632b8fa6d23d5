//! The test server as a process of its own, which a signal can stop.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;

use crate::program::Target;

/// A running `fh-test-featbit`. It ends with this value.
pub(crate) struct ServerProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    greeting: Value,
}

impl ServerProcess {
    pub(crate) fn start(program: &Path) -> Result<Self, String> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("{} does not start: {why}", program.display()))?;
        let streams = child.stdin.take().zip(child.stdout.take());
        let (input, output) = streams.ok_or("the test server has no streams")?;
        let output = BufReader::new(output);
        let mut server = Self { child, input, output, greeting: Value::Null };
        server.greeting = server.answer()?;
        Ok(server)
    }

    /// Returns the addresses and the secret of the first environment.
    pub(crate) fn target(&self) -> Target {
        let text = |path| {
            self.greeting.pointer(path).and_then(Value::as_str).unwrap_or_default().to_string()
        };
        Target {
            secret: text("/environment/serverSecret"),
            streaming_url: text("/streamingUrl"),
            http_url: text("/httpUrl"),
        }
    }

    /// Sends the command that replaces a flag. A stopped server executes it as soon as it goes on.
    pub(crate) fn send_flag(&mut self, flag: &str) -> Result<(), String> {
        writeln!(self.input, r#"{{"do":"putFlag","record":{flag}}}"#)
            .and_then(|()| self.input.flush())
            .map_err(|why| format!("the test server has ended: {why}"))
    }

    /// Waits until the server has executed the last command.
    pub(crate) fn executed(&mut self) -> Result<(), String> {
        let answer = self.answer()?;
        match answer.get("ok") {
            Some(Value::Bool(true)) => Ok(()),
            _ => Err(format!("the test server has answered {answer}")),
        }
    }

    fn answer(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|why| why.to_string())?;
        serde_json::from_str(&line)
            .map_err(|why| format!("the test server has answered {line:?}: {why}"))
    }

    /// Stops the process by SIGSTOP, and waits until all its threads have stopped. The kernel keeps its connections, and accepts new ones for
    /// it.
    pub(crate) fn stop(&self) -> Result<(), String> {
        self.signal(Signal::STOP)?;
        match waitpid(Some(Pid::from_child(&self.child)), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => Ok(()),
            other => Err(format!("the test server has not stopped: {other:?}")),
        }
    }

    /// Lets a stopped process go on.
    pub(crate) fn go_on(&self) -> Result<(), String> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        kill_process(Pid::from_child(&self.child), signal)
            .map_err(|why| format!("no signal to the test server: {why}"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // A process that has ended already cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
