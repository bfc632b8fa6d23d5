//! The settings of an exporter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::Params;
use fh_client::transport::{ReqwestTransport, SecretUrl, Transport};

use crate::exporter::SegmentExporter;
use crate::queue::Queue;
use crate::sender::{Sender, Settings};

/// The URL of Segment's API.
const SEGMENT: &str = "https://api.segment.io";

/// The reason why an exporter cannot start. It never contains the write key.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// There is no write key.
    NoWriteKey,
    /// The HTTP client cannot be made.
    Transport(String),
    /// The thread or its runtime cannot be made.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWriteKey => f.write_str("there is no write key for Segment"),
            Self::Transport(why) => write!(f, "cannot create the HTTP client: {why}"),
            Self::Thread(why) => write!(f, "cannot start a thread: {why}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(why) => Some(why),
            _ => None,
        }
    }
}

/// The settings of an exporter to be started; see [`SegmentExporter::builder`].
#[must_use = "call `start`"]
pub struct SegmentBuilder {
    write_key: String,
    base_url: String,
    defaults: Params,
    transport: Option<Arc<dyn Transport>>,
    settings: Settings,
    queue: usize,
}

impl SegmentBuilder {
    pub(crate) fn new(write_key: String) -> Self {
        Self {
            write_key,
            base_url: SEGMENT.to_string(),
            defaults: Params::new(),
            transport: None,
            settings: Settings::default(),
            queue: 10_000,
        }
    }

    /// Sets the URL that events are sent to: another region, a proxy, or a test server.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sets properties that are added to every event that does not have them itself.
    pub fn default_properties(mut self, defaults: Params) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sends through this transport, with its TLS and proxy settings. The default is a [`ReqwestTransport`] with default
    /// settings.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets how many events may wait. The default is 10,000.
    pub fn queue(mut self, events: usize) -> Self {
        self.queue = events.max(1);
        self
    }

    /// Sets how many events a request may hold. The default is 100. A request holds fewer events if they are large, because
    /// Segment accepts 500 KiB per request.
    pub fn batch(mut self, events: usize) -> Self {
        self.settings.batch = events.max(1);
        self
    }

    /// Sets how long an event may wait for further events before it is sent. The default is 5 seconds.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.settings.interval = interval;
        self
    }

    /// Sets how often a failed batch is retried, and the first delay. The delay doubles up to 30 seconds. The default is 8
    /// retries with a first delay of 1 second.
    pub fn retries(mut self, retries: u32, first_delay: Duration) -> Self {
        self.settings.retries = retries;
        self.settings.first_delay = first_delay;
        self
    }

    /// Starts the exporter's thread.
    ///
    /// # Errors
    /// [`StartError`] if there is no write key, or the HTTP client or the thread cannot be made.
    pub fn start(self) -> Result<SegmentExporter, StartError> {
        if self.write_key.trim().is_empty() {
            return Err(StartError::NoWriteKey);
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let made = ReqwestTransport::builder().build();
                Arc::new(made.map_err(|why| StartError::Transport(why.to_string()))?)
            }
        };
        let queue = Arc::new(Queue::new(self.queue));
        let sender = Sender::new(
            Arc::clone(&queue),
            transport,
            &self.base_url,
            self.write_key.trim(),
            self.settings,
        );
        sender.spawn().map_err(StartError::Thread)?;
        Ok(SegmentExporter::new(queue, self.defaults))
    }
}

impl fmt::Debug for SegmentBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's URL may contain credentials.
        let url = SecretUrl::new(self.base_url.as_str());
        f.debug_struct("SegmentBuilder").field("base_url", &url).finish_non_exhaustive()
    }
}
