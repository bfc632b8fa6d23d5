//! How an exporter is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::Params;
use fh_client::transport::{ReqwestTransport, SecretUrl, Transport};

use crate::exporter::SegmentExporter;
use crate::queue::Queue;
use crate::sender::{Sender, Settings};

/// Where Segment takes batches.
const SEGMENT: &str = "https://api.segment.io";

/// Why an exporter cannot start. Never holds the write key.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// No write key.
    NoWriteKey,
    /// The HTTP client cannot be made.
    Transport(String),
    /// The thread, or the runtime in it, cannot be made.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWriteKey => f.write_str("there is no write key for Segment"),
            Self::Transport(why) => write!(f, "the HTTP client cannot be made: {why}"),
            Self::Thread(why) => write!(f, "no thread can be made: {why}"),
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

/// Collects settings; see [`SegmentExporter::builder`].
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

    /// Another place to send to: a region, a proxy, a test.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Properties of every event, unless the event has them itself.
    pub fn default_properties(mut self, defaults: Params) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sends through this, with its TLS and proxy; by default a [`ReqwestTransport`] as it comes.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How many events may wait; 10,000 by default.
    pub fn queue(mut self, events: usize) -> Self {
        self.queue = events.max(1);
        self
    }

    /// How many events go in one request at most; 100 by default.
    /// Fewer go if they are large: Segment takes 500 KiB at once.
    pub fn batch(mut self, events: usize) -> Self {
        self.settings.batch = events.max(1);
        self
    }

    /// How long an event waits for others before it is sent; 5 seconds by default.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.settings.interval = interval;
        self
    }

    /// How often a batch is sent again, and how long the first delay is; the delay doubles up to 30 seconds. 8 times and 1 second by default.
    pub fn retries(mut self, retries: u32, first_delay: Duration) -> Self {
        self.settings.retries = retries;
        self.settings.first_delay = first_delay;
        self
    }

    /// Starts the exporter's thread.
    ///
    /// # Errors
    /// [`StartError`].
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
        // A proxy's URL may hold credentials.
        let url = SecretUrl::new(self.base_url.as_str());
        f.debug_struct("SegmentBuilder").field("base_url", &url).finish_non_exhaustive()
    }
}
