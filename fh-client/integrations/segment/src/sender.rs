//! The exporter's thread, which sends batches from the queue over HTTP.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fh_client::Timestamp;
use fh_client::transport::{Method, SecretUrl, Transport, TransportRequest};

use crate::queue::{Fate, Queue};

/// The time limit of a request, from its start to the head of the response. A request that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The maximum delay between two attempts to send a batch, unless Segment requests a longer delay with the header
/// `retry-after`.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// The maximum delay that Segment can request. A longer delay counts as this delay.
const LONGEST_WISH: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) batch: usize,
    pub(crate) interval: Duration,
    pub(crate) retries: u32,
    pub(crate) first_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch: 100,
            interval: Duration::from_secs(5),
            retries: 8,
            first_delay: Duration::from_secs(1),
        }
    }
}

pub(crate) struct Sender {
    queue: Arc<Queue>,
    transport: Arc<dyn Transport>,
    url: SecretUrl,
    authorization: String,
    settings: Settings,
}

/// The outcome of one request to Segment.
enum Outcome {
    Taken,
    /// A failure that is probably temporary. The value is the delay that Segment requests as a number of seconds; `None` if there is no
    /// such number.
    Refused(Option<Duration>),
    /// A failure for which the request is not retried. The value is the HTTP status of Segment's response.
    Rejected(u16),
}

impl Sender {
    pub(crate) fn new(
        queue: Arc<Queue>,
        transport: Arc<dyn Transport>,
        base_url: &str,
        write_key: &str,
        settings: Settings,
    ) -> Self {
        let url = SecretUrl::new(format!("{}/v1/batch", base_url.trim_end_matches('/')));
        let authorization = format!("Basic {}", BASE64_STANDARD.encode(format!("{write_key}:")));
        Self { queue, transport, url, authorization, settings }
    }

    pub(crate) fn spawn(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            while let Some(messages) = self.queue.take(self.settings.batch, self.settings.interval)
            {
                let fate = self.deliver(&runtime, &messages);
                self.queue.done(fate);
            }
            runtime.shutdown_background();
        };
        std::thread::Builder::new().name("fh-segment".to_string()).spawn(run).map(drop)
    }

    fn deliver(&self, runtime: &tokio::runtime::Runtime, messages: &[String]) -> Fate {
        let mut delay = self.settings.first_delay;
        for attempt in 0..=self.settings.retries {
            // A panic in the transport counts as a temporary failure, so that it does not end the exporter's thread.
            let sent = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.send(messages))));
            match sent.unwrap_or(Outcome::Refused(None)) {
                Outcome::Taken => return Fate::Sent,
                Outcome::Rejected(status) => {
                    self.queue.failed();
                    tracing::warn!(
                        status,
                        events = messages.len(),
                        "Segment rejected events; they were dropped"
                    );
                    return Fate::Lost;
                }
                Outcome::Refused(wanted) => {
                    self.queue.failed();
                    if attempt == self.settings.retries || self.queue.is_closed() {
                        break;
                    }
                    self.queue.rest(pause(delay, wanted));
                    delay = delay.saturating_mul(2).min(LONGEST_DELAY);
                }
            }
        }
        tracing::warn!(events = messages.len(), "Segment did not accept events; they were dropped");
        Fate::Lost
    }

    async fn send(&self, messages: &[String]) -> Outcome {
        let mut request = TransportRequest::new(Method::Post, self.url.clone());
        request.headers = vec![
            ("authorization".to_string(), self.authorization.clone()),
            ("content-type".to_string(), "application/json".to_string()),
        ];
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let body = format!(r#"{{"batch":[{}],"sentAt":"{now}"}}"#, messages.join(","));
        request.body = Some(Bytes::from(body));
        let answer = tokio::time::timeout(PATIENCE, self.transport.send(request)).await;
        match answer {
            Ok(Ok(response)) => match response.head.status {
                200..=299 => Outcome::Taken,
                408 | 425 | 429 | 500..=599 => {
                    let wanted =
                        response.head.get("retry-after").and_then(|text| text.parse().ok());
                    Outcome::Refused(wanted.map(Duration::from_secs))
                }
                status => Outcome::Rejected(status),
            },
            Ok(Err(why)) => {
                tracing::debug!(error = %why, "Segment cannot be reached");
                Outcome::Refused(None)
            }
            Err(_) => Outcome::Refused(None),
        }
    }
}

/// Returns the delay before the next attempt: the delay of the back-off, at most [`LONGEST_DELAY`], or the delay that Segment
/// requests, at most [`LONGEST_WISH`], if that is longer.
fn pause(delay: Duration, wanted: Option<Duration>) -> Duration {
    delay.min(LONGEST_DELAY).max(wanted.unwrap_or_default().min(LONGEST_WISH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_honoured_within_limits() {
        let seconds = Duration::from_secs;
        for (delay, wanted, expected) in [
            (1, None, 1),
            (64, None, 30),
            (1, Some(120), 120),
            (8, Some(2), 8),
            (64, Some(45), 45),
            (1, Some(1_000_000), 3600),
        ] {
            let said = pause(seconds(delay), wanted.map(seconds));
            assert_eq!(said, seconds(expected), "{delay} {wanted:?}");
        }
    }
}
