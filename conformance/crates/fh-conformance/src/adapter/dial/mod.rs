//! An adapter that dials: it sends requests to the runner, for browsers and devices, which have neither standard input nor output.
//!
//! The adapter gets an address of its own for each scenario. `GET {address}/next` waits for the next command. `POST {address}/lines` carries
//! answers and events. The address contains a random token, so that a page of an earlier scenario cannot reach a later one.

mod mailbox;
mod server;

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::ChildGroup;
use super::connection::{Connection, EXIT_LIMIT, Incoming};
use super::process::ProcessEnd;
use mailbox::{Arrival, Mailbox};
use server::DialServer;

/// The time within which an adapter dials.
const DIAL_LIMIT: Duration = Duration::from_secs(60);

/// The time between two looks at the adapter's process.
const LOOK: Duration = Duration::from_millis(20);

/// An adapter that dials. Dropping it ends the adapter's input, and kills the process group of its command.
#[derive(Debug)]
pub struct DialConnection {
    mailbox: Arc<Mailbox>,
    server: DialServer,
    /// The command that was started with the address; `None` if the address was printed.
    child: Option<ChildGroup>,
    dial_limit: Duration,
    has_dialled: bool,
    end: Option<ProcessEnd>,
}

impl DialConnection {
    /// Opens an address and starts the program with the address as its last argument. Without a program, the address is printed.
    ///
    /// # Errors
    /// A message if no port is available, or if the program cannot be started.
    pub fn start(words: &[String], variables: &[(String, String)]) -> Result<Self, String> {
        let mailbox = Arc::new(Mailbox::default());
        let server = DialServer::start(Arc::clone(&mailbox))?;
        let child = if words.is_empty() {
            print_address(server.url());
            None
        } else {
            let words = [words, &[server.url().to_owned()]].concat();
            let mut child = ChildGroup::start(&words, variables, Stdio::null())?;
            if let Some(output) = child.take_output() {
                child.keep(output)?;
            }
            Some(child)
        };
        let dial_limit = DIAL_LIMIT;
        Ok(Self { mailbox, server, child, dial_limit, has_dialled: false, end: None })
    }

    /// Returns the address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        self.server.url()
    }

    /// Returns a message if the command has ended.
    fn child_end(&mut self) -> Option<String> {
        let status = self.child.as_mut()?.exit()?;
        Some(format!("the adapter has ended ({status})"))
    }

    /// Waits until the adapter sends its first request. A browser or a device needs time to start.
    fn wait_for_dial(&mut self) -> Result<(), String> {
        let end = Instant::now() + self.dial_limit;
        while !self.mailbox.has_dialled(LOOK) {
            if let Some(ended) = self.child_end() {
                return Err(ended);
            }
            if Instant::now() >= end {
                let seconds = self.dial_limit.as_secs_f64();
                return Err(format!("the adapter has not dialled after {seconds} s"));
            }
        }
        self.has_dialled = true;
        Ok(())
    }
}

impl Connection for DialConnection {
    fn send(&mut self, line: &str) -> Result<(), String> {
        if self.end.is_some() {
            return Err("the adapter has ended".to_owned());
        }
        if !self.has_dialled {
            self.wait_for_dial()?;
        }
        self.mailbox.send(line);
        Ok(())
    }

    fn receive(&mut self, timeout: Duration) -> Result<Option<Incoming>, String> {
        let end = Instant::now() + timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let ended = self.child_end();
            match self.mailbox.receive(left.min(LOOK)) {
                Arrival::Line(line) => return Ok(Some(line)),
                Arrival::Problem(problem) => return Err(problem),
                Arrival::Nothing => {}
            }
            // What the adapter sent before its end was taken first.
            if let Some(ended) = ended {
                return Err(ended);
            }
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    fn end(&mut self) -> ProcessEnd {
        if let Some(end) = self.end {
            return end;
        }
        self.mailbox.end();
        let end = match &mut self.child {
            Some(child) => child.end(EXIT_LIMIT),
            // An adapter without a process has ended when it knows that it has to.
            None if !self.has_dialled || self.mailbox.knows_the_end(EXIT_LIMIT) => {
                ProcessEnd::Exited(None)
            }
            None => ProcessEnd::Killed,
        };
        self.end = Some(end);
        end
    }

    fn process_id(&self) -> Option<u32> {
        None
    }

    fn log(&self) -> String {
        self.child.as_ref().map(ChildGroup::log).unwrap_or_default()
    }
}

impl Drop for DialConnection {
    fn drop(&mut self) {
        self.end();
    }
}

/// Prints the address on a line of its own. Errors are ignored: without an adapter, the scenario fails and says so.
fn print_address(address: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "dial {address}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use fh_test::wait::wait_until;

    use super::*;

    /// Starts a script of a shell. The address is a word that the script does not use.
    fn start(script: &str) -> DialConnection {
        let words = ["sh", "-c", script].map(str::to_owned);
        DialConnection::start(&words, &[]).unwrap()
    }

    #[test]
    fn an_adapter_that_never_dials_is_not_awaited_forever() {
        let mut silent = start("sleep 600");
        silent.dial_limit = Duration::from_millis(300);
        let begin = Instant::now();
        assert_eq!(silent.send("{}").unwrap_err(), "the adapter has not dialled after 0.3 s");
        assert!(begin.elapsed() >= Duration::from_millis(300));
    }

    #[test]
    fn the_lines_before_an_end_are_read_first() {
        let mut dead = start("exit 4");
        assert!(dead.mailbox.accept("one\ntwo"));
        wait_until("the adapter ends", || dead.child_end().is_some());
        let wait = Duration::from_secs(10);
        for expected in ["one", "two"] {
            let received = dead.receive(wait).unwrap().map(|received| received.line);
            assert_eq!(received.as_deref(), Some(expected));
        }
        assert_eq!(dead.receive(wait).unwrap_err(), "the adapter has ended (exit status: 4)");
    }

    #[test]
    fn an_adapter_that_ends_before_it_dials_is_a_failure() {
        let mut dead = start("echo no browser; exit 4");
        assert_eq!(dead.send("{}").unwrap_err(), "the adapter has ended (exit status: 4)");
        assert_eq!(dead.end(), ProcessEnd::Exited(Some(4)));
        wait_until("the log is complete", || dead.log() == "no browser\n");
    }
}
