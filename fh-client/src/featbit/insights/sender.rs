//! The task that sends events to FeatBit.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fh_eval::internal::is_html_page;
use fh_repository::notice::Notice;
use fh_session::SecretUrl;
use fh_session::featbit::Secret;
use fh_session::internal::retry_after;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::pace::Pace;
use super::payload::{Event, MAX_BODY};
use super::queue::{Fates, Lane, Queue};
use crate::command::Command;
use crate::current_settings::CurrentSettings;
use crate::transport::{Body, Method, Transport, TransportRequest};

/// The time limit of a request, until the head of the answer, and then of the beginning of its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of bytes after white space that tell a page of HTML: a byte order mark, and `<?`.
const LONGEST_BEGINNING: usize = 5;
/// The number of bytes of an answer after which it is no page of HTML, if they are white space.
const MAX_BLANKS: usize = 1024;

/// The sender of a client's events.
pub(crate) struct Sender {
    pub(crate) queue: Arc<Queue>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) url: SecretUrl,
    pub(crate) secret: Secret,
    /// The value of the header `user-agent`; `None` leaves the header to the transport.
    pub(crate) user_agent: Option<String>,
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
    /// The attempt failed for a reason that passes. The value is the delay that the server asks for.
    Failed(Option<Duration>),
    /// The server cannot read the events.
    Malformed,
    TooLarge,
    Refused(u16, Option<Duration>),
}

impl Sender {
    /// Sends events until the queue is closed and empty. Further requests run beside the first one while a full request waits.
    pub(crate) async fn run(self) {
        let shared = Arc::new((self, Pace::default()));
        // The end of this task ends the requests, too.
        let mut requests = JoinSet::new();
        for lane in [Lane::First, Lane::Further, Lane::Further, Lane::Further] {
            let shared = Arc::clone(&shared);
            requests.spawn(async move {
                let (sender, pace) = &*shared;
                sender.send_all(lane, pace).await;
            });
        }
        while requests.join_next().await.is_some() {}
    }

    /// Sends events until the queue is closed and empty, or closed while the server refuses them.
    async fn send_all(&self, lane: Lane, pace: &Pace) {
        while !self.queue.is_over() {
            self.queue.due(lane).await;
            if !pace.wait(&self.queue).await {
                return;
            }
            let events = self.queue.take();
            if !events.is_empty() {
                let fates = self.deliver(&events, pace).await;
                self.queue.settle(events.len(), fates);
            }
        }
    }

    /// Delivers the events in requests of at most [`MAX_BODY`] bytes. The answer that a request is too large splits it.
    async fn deliver(&self, events: &[Event], pace: &Pace) -> Fates {
        let mut fates = Fates::default();
        let mut was_malformed = false;
        // The next events are the last part.
        let mut parts = vec![events];
        while let Some(part) = parts.pop() {
            let (body, count) = body(part, self.current.clock_offset());
            let (now, later) = part.split_at(count);
            match self.send(body).await {
                Attempt::Taken => {
                    pace.succeeded();
                    fates.sent += count;
                }
                Attempt::TooLarge if count > 1 => {
                    let (first, second) = now.split_at(count / 2);
                    parts
                        .extend([later, second, first].into_iter().filter(|part| !part.is_empty()));
                    continue;
                }
                Attempt::TooLarge => fates.dropped += 1,
                Attempt::Malformed if was_malformed => fates.dropped += count,
                Attempt::Malformed => {
                    was_malformed = true;
                    pace.failed(None);
                    parts.push(part);
                    pace.wait(&self.queue).await;
                    continue;
                }
                Attempt::Failed(wanted) => {
                    pace.failed(wanted);
                    parts.push(part);
                    pace.wait(&self.queue).await;
                    continue;
                }
                Attempt::Refused(status, wanted) => {
                    fates.refused += count;
                    if pace.refused(wanted) {
                        self.notice(status);
                    }
                    let rest = later.len() + parts.iter().map(|part| part.len()).sum::<usize>();
                    if rest > 0 && !pace.wait(&self.queue).await {
                        fates.refused += rest;
                        return fates;
                    }
                }
            }
            was_malformed = false;
            parts.extend((!later.is_empty()).then_some(later));
        }
        fates
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = match self.current.headers() {
            Some(replaced) => Vec::clone(&replaced),
            None => self.headers.clone(),
        };
        let mut header = |name: &str, value: &str| headers.push((name.into(), value.into()));
        header("authorization", self.secret.expose());
        header("content-type", "application/json");
        if let Some(user_agent) = &self.user_agent {
            header("user-agent", user_agent);
        }
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
        let wanted = retry_after(&response.head);
        match response.head.status {
            status @ 200..=299 => match timeout(PATIENCE, is_page(response.body)).await {
                Ok(true) => Attempt::Refused(status, wanted),
                _ => Attempt::Taken,
            },
            400 => Attempt::Malformed,
            413 => Attempt::TooLarge,
            408 | 429 | 500..=599 => Attempt::Failed(wanted),
            status => Attempt::Refused(status, wanted),
        }
    }

    fn notice(&self, status: u16) {
        if let Some(commands) = self.commands.upgrade() {
            let _ = commands.send(Command::Notice(Notice::InsightsRefused { status }));
        }
    }
}

/// Returns true if the body of an answer begins as a page of HTML does. Servers of events answer with an empty body.
async fn is_page(mut body: Body) -> bool {
    let mut text = Vec::new();
    while text.trim_ascii().len() < LONGEST_BEGINNING && text.len() < MAX_BLANKS {
        match poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            Some(Ok(piece)) => text.extend_from_slice(&piece),
            _ => break,
        }
    }
    is_html_page(&String::from_utf8_lossy(&text))
}

/// Returns the body with the first events, as many as fit into [`MAX_BODY`] bytes and at least one, and their number.
fn body(events: &[Event], clock_offset: i64) -> (Bytes, usize) {
    let mut body = String::from("[");
    let mut count = 0;
    for event in events {
        let length = body.len();
        if count > 0 {
            body.push(',');
        }
        event.write(&mut body, clock_offset);
        if count > 0 && body.len() >= MAX_BODY {
            body.truncate(length);
            break;
        }
        count += 1;
    }
    body.push(']');
    (Bytes::from(body), count)
}
