//! The measuring side.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use fh_fake_edge::EdgeHandle;

use super::messages::{News, Order, Report, Settings};

/// How long anything may take that is not itself measured.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running subject. Dropping it ends it.
#[derive(Debug)]
pub struct Subject {
    child: Child,
    orders: Option<ChildStdin>,
    news: Receiver<(Instant, News)>,
}

/// The subject did not do as it was told.
#[derive(Debug)]
pub enum SubjectError {
    /// It cannot be started, or talked to.
    Io(io::Error),
    /// It said nothing more in time.
    Silent,
    /// It has ended.
    Gone,
}

impl fmt::Display for SubjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the client's process cannot be reached: {error}"),
            Self::Silent => f.write_str("the client's process does not answer"),
            Self::Gone => f.write_str("the client's process has ended"),
        }
    }
}

impl std::error::Error for SubjectError {}

impl From<io::Error> for SubjectError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Subject {
    /// Runs this program again as the client of an Edge, and waits until it is prepared.
    ///
    /// # Errors
    /// [`SubjectError`]
    pub fn prepare(edge: &EdgeHandle, settings: &Settings) -> Result<Self, SubjectError> {
        let settings = serde_json::to_string(settings).map_err(io::Error::from)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["subject", &settings])
            .env("FEATUREHUB_EDGE_URL", edge.url())
            .env("FEATUREHUB_API_KEY", edge.client_key())
            .env_remove("FEATUREHUB_CLIENT_API_KEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (told, news) = channel();
        if let Some(output) = child.stdout.take() {
            thread::Builder::new().name("news".to_owned()).spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let now = Instant::now();
                    let Ok(news) = serde_json::from_str(&line) else { continue };
                    if told.send((now, news)).is_err() {
                        return;
                    }
                }
            })?;
        }
        let orders = child.stdin.take();
        let subject = Self { child, orders, news };
        subject.wait(PATIENCE, |news| matches!(news, News::Prepared).then_some(()))?;
        Ok(subject)
    }

    /// Starts the client; says when.
    ///
    /// # Errors
    /// [`SubjectError`]
    pub fn start(&mut self) -> Result<Instant, SubjectError> {
        self.order(Order::Start)?;
        let (at, ()) = self.wait(PATIENCE, |news| matches!(news, News::Started).then_some(()))?;
        Ok(at)
    }

    /// Waits until the feature has this value; says since when.
    ///
    /// # Errors
    /// [`SubjectError::Silent`] if it has not in time.
    pub fn wait_for_value(&self, value: &str, timeout: Duration) -> Result<Instant, SubjectError> {
        let is_it = |news: &News| matches!(news, News::Value(seen) if seen == value).then_some(());
        self.wait(timeout, is_it).map(|(at, ())| at)
    }

    /// Has it make and close so many further clients, and waits until it has.
    ///
    /// # Errors
    /// [`SubjectError`]
    pub fn cycle(&mut self, clients: u32) -> Result<(), SubjectError> {
        self.order(Order::Cycle(clients))?;
        self.wait(PATIENCE, |news| matches!(news, News::Cycled).then_some(()))?;
        Ok(())
    }

    /// Waits until the client has sent so many requests since its start.
    ///
    /// # Errors
    /// [`SubjectError`]
    pub fn wait_for_sent(&self, requests: usize) -> Result<(), SubjectError> {
        let is_it =
            |news: &News| matches!(news, News::Sent(sent) if *sent >= requests).then_some(());
        self.wait(PATIENCE, is_it)?;
        Ok(())
    }

    /// How it is doing.
    ///
    /// # Errors
    /// [`SubjectError`]
    pub fn report(&mut self) -> Result<Report, SubjectError> {
        self.order(Order::Report)?;
        let (_, report) = self.wait(PATIENCE, |news| match news {
            News::Report(report) => Some(report.clone()),
            _ => None,
        })?;
        Ok(*report)
    }

    fn order(&mut self, order: Order) -> Result<(), SubjectError> {
        let line = serde_json::to_string(&order).map_err(io::Error::from)?;
        let orders = self.orders.as_mut().ok_or(SubjectError::Gone)?;
        writeln!(orders, "{line}")?;
        Ok(orders.flush()?)
    }

    /// The first news from now on that gives something.
    fn wait<T>(
        &self,
        timeout: Duration,
        mut wanted: impl FnMut(&News) -> Option<T>,
    ) -> Result<(Instant, T), SubjectError> {
        let end = Instant::now() + timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok((at, news)) => {
                    if let Some(found) = wanted(&news) {
                        return Ok((at, found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(SubjectError::Silent),
                Err(RecvTimeoutError::Disconnected) => return Err(SubjectError::Gone),
            }
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // The end of its input ends it; who does not listen is ended.
        self.orders = None;
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
