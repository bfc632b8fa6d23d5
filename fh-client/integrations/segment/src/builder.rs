//! The builder for an exporter, and the error of its start.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_client::Params;
use fh_client::transport::{ReqwestTransport, SecretUrl, Transport};

use crate::exporter::SegmentExporter;
use crate::queue::Queue;
use crate::sender::{Sender, Settings};

/// The default URL of Segment's API.
const SEGMENT: &str = "https://api.segment.io";

/// The reason why an exporter cannot start. The error never contains the write key.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The write key is empty or blank, or the environment variable that holds the write key is not set or not Unicode.
    NoWriteKey,
    /// The HTTP client cannot be created. The value is the reason.
    Transport(String),
    /// The exporter's thread or its tokio runtime cannot be created.
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

/// A builder for a [`SegmentExporter`]; see [`SegmentExporter::builder`].
#[must_use = "call `start`"]
pub struct SegmentBuilder {
    write_key: String,
    base_url: String,
    defaults: Params,
    transport: Option<Arc<dyn Transport>>,
    settings: Settings,
    queue: usize,
}

impl SegmentExporter {
    /// Returns a builder for an exporter with this write key, which belongs to a source in Segment.
    pub fn builder(write_key: impl Into<String>) -> SegmentBuilder {
        SegmentBuilder::new(write_key.into())
    }

    /// Starts an exporter with the write key in the environment variable `FEATUREHUB_USAGE_SEGMENT_WRITE_KEY`.
    ///
    /// # Errors
    /// [`StartError::NoWriteKey`] if the variable is empty, blank, not Unicode or not set, and the other errors of
    /// [`SegmentBuilder::start`].
    pub fn from_environment() -> Result<Self, StartError> {
        let key = std::env::var("FEATUREHUB_USAGE_SEGMENT_WRITE_KEY");
        Self::builder(key.unwrap_or_default()).start()
    }
}

impl SegmentBuilder {
    fn new(write_key: String) -> Self {
        Self {
            write_key,
            base_url: SEGMENT.to_string(),
            defaults: Params::new(),
            transport: None,
            settings: Settings::default(),
            queue: 10_000,
        }
    }

    /// Sets the base URL of Segment's API, to which the exporter adds `/v1/batch`. The default is `https://api.segment.io`. Use another URL
    /// for another region, a proxy, or a test server.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sets the properties that are added to every event. If an event has a property of the same name, the event's own property is
    /// used.
    pub fn default_properties(mut self, defaults: Params) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sets the transport that sends the exporter's requests, for example with other TLS or proxy settings. The default is a
    /// [`ReqwestTransport`] with default settings.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the maximum number of events that wait in the queue. When the queue is full, its oldest event is dropped and
    /// counted as lost. The default is 10,000; 0 counts as 1.
    pub fn queue(mut self, events: usize) -> Self {
        self.queue = events.max(1);
        self
    }

    /// Sets the maximum number of events per request. The default is 100; 0 counts as 1. A request holds fewer events if they
    /// are large, because Segment accepts at most 500 KiB per request.
    pub fn batch(mut self, events: usize) -> Self {
        self.settings.batch = events.max(1);
        self
    }

    /// Sets the maximum time that an event waits for further events before the exporter sends it. The default is 5 seconds. The wait ends
    /// early when the waiting events fill a request, when a caller flushes, and when the exporter is closed.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.settings.interval = interval;
        self
    }

    /// Sets the number of retries of a request that fails temporarily, and the delay before the first retry. If the last
    /// retry fails, the events of the request are dropped. Each further delay is twice as long. A delay is at most 30
    /// seconds, unless Segment requests a longer delay, of at most 1 hour, with the header `retry-after`. A request that
    /// Segment rejects is not retried, and neither is a request that fails after the exporter was closed. The default is 8
    /// retries with a first delay of 1 second.
    pub fn retries(mut self, retries: u32, first_delay: Duration) -> Self {
        self.settings.retries = retries;
        self.settings.first_delay = first_delay;
        self
    }

    /// Starts the exporter's thread and returns the exporter.
    ///
    /// # Errors
    /// [`StartError`] if the write key is empty or blank, or if the HTTP client or the thread cannot be created.
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
        // The base URL is shown without secrets, because the URL of a proxy may contain a password.
        let url = SecretUrl::new(self.base_url.as_str());
        f.debug_struct("SegmentBuilder").field("base_url", &url).finish_non_exhaustive()
    }
}
