//! The task that sends events to FeatBit.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fh_repository::notice::Notice;
use fh_session::SecretUrl;
use fh_session::featbit::Secret;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::payload::Event;
use super::queue::{Fate, Queue};
use crate::command::Command;
use crate::current_settings::CurrentSettings;
use crate::transport::{Method, Transport, TransportRequest};

/// The time that an event waits for further ones.
const INTERVAL: Duration = Duration::from_secs(5);
/// The delay before the second attempt.
const RETRY: Duration = Duration::from_millis(200);
/// The longest delay before the second attempt that the server can ask for.
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// The time limit of a request, until the head of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sender of a client's events.
pub(crate) struct Sender {
    pub(crate) queue: Arc<Queue>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) url: SecretUrl,
    pub(crate) secret: Secret,
    /// The headers that the program adds to each request, unless it has replaced them.
    pub(crate) headers: Vec<(String, String)>,
    /// The settings in which the program replaces the headers.
    pub(crate) current: Arc<CurrentSettings>,
    pub(crate) connect_timeout: Duration,
    /// The sender of notices. It is weak, because this task must not keep the driver running.
    pub(crate) commands: mpsc::WeakUnboundedSender<Command>,
}

/// The outcome of one attempt.
enum Attempt {
    Taken,
    /// The attempt failed for a reason that may pass. The value is the delay that the server asks for.
    Failed(Option<Duration>),
    Refused(u16),
}

impl Sender {
    /// Sends events until the queue is closed and empty, or until the server refuses the delivery.
    pub(crate) async fn run(self) {
        while !self.queue.is_over() {
            // The wait ends early when the request is full, when a caller flushes, and when the client is closed.
            let _ = timeout(INTERVAL, self.queue.due()).await;
            let events = self.queue.take();
            if events.is_empty() {
                continue;
            }
            let fate = self.deliver(&events).await;
            self.queue.settle(fate);
        }
    }

    async fn deliver(&self, events: &[Event]) -> Fate {
        let mut body = String::from("[");
        for (position, event) in events.iter().enumerate() {
            if position > 0 {
                body.push(',');
            }
            event.write(&mut body);
        }
        body.push(']');
        let body = Bytes::from(body);
        let delay = match self.send(body.clone()).await {
            Attempt::Taken => return Fate::Sent,
            Attempt::Refused(status) => return self.refused(status),
            Attempt::Failed(wanted) => wanted.unwrap_or_default().clamp(RETRY, LONGEST_RETRY),
        };
        sleep(delay).await;
        match self.send(body).await {
            Attempt::Taken => Fate::Sent,
            Attempt::Refused(status) => self.refused(status),
            Attempt::Failed(_) => Fate::Dropped,
        }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = match self.current.headers() {
            Some(replaced) => Vec::clone(&replaced),
            None => self.headers.clone(),
        };
        headers.push(("authorization".to_string(), self.secret.expose().to_string()));
        headers.push(("content-type".to_string(), "application/json".to_string()));
        headers
    }

    async fn send(&self, body: Bytes) -> Attempt {
        let request = TransportRequest {
            method: Method::Post,
            url: self.url.clone(),
            headers: self.headers(),
            body: Some(body),
            connect_timeout: self.connect_timeout,
        };
        let Ok(Ok(response)) = timeout(PATIENCE, self.transport.send(request)).await else {
            return Attempt::Failed(None);
        };
        match response.head.status {
            200..=299 => Attempt::Taken,
            400 | 408 | 429 | 500..=599 => {
                let wanted = response.head.get("retry-after");
                let seconds = wanted.and_then(|text| text.trim().parse().ok());
                Attempt::Failed(seconds.map(Duration::from_secs))
            }
            status => Attempt::Refused(status),
        }
    }

    fn refused(&self, status: u16) -> Fate {
        if let Some(commands) = self.commands.upgrade() {
            let _ = commands.send(Command::Notice(Notice::InsightsRefused { status }));
        }
        Fate::Refused
    }
}
