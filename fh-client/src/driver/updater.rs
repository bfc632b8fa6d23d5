//! The task that sends a test update and, if the caller requests it, waits until the client receives the change.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fh_eval::{Subject, Timestamp};
use fh_repository::Repository;
use fh_repository::problem::{Problem, Stage};
use fh_repository::rules::Rules;
use fh_repository::status::Connection;
use fh_session::{ApiKey, EdgeUrl, Secrets};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::arrival::Arrival;
use super::exchange::Exchange;
use crate::command::Command;
use crate::test_updates::{
    AfterAccepted, Outcome, Refusal, Sent, Update, UpdateRequest, read_answer,
};
use crate::transport::{Method, Transport, TransportError, TransportErrorKind, TransportRequest};

/// The time after which an accepted update is sent again if the client has not received the change.
const ONCE_MORE_AFTER: Duration = Duration::from_secs(2);
/// The time after the first accepted sending of an update at which the wait for the change ends and the update fails with
/// [`Refusal::NotApplied`]. If the second sending takes longer, the wait ends after that sending.
const PATIENCE: Duration = Duration::from_secs(10);
/// The minimum time between the starts of two refreshes during one wait for the change of an update. Without an open stream,
/// each wait begins with a refresh.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// The size in bytes at which the client stops reading a response's body. The rest of the body is ignored.
const LONGEST_ANSWER: usize = 16 * 1024;

/// The state that a task on the driver's runtime needs to send an update.
pub(crate) struct Updater {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) edge: EdgeUrl,
    pub(crate) key: ApiKey,
    pub(crate) secrets: Secrets,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) repository: Repository,
    pub(crate) commands: mpsc::WeakUnboundedSender<Command>,
}

impl Updater {
    pub(crate) async fn run(mut self, request: UpdateRequest) -> Sent {
        let UpdateRequest { feature, update, then, key } = request;
        if let Some(key) = key {
            let values = self.headers.iter().map(|(_, value)| value.as_str());
            self.secrets = Secrets::of([&self.key, &key]).and_headers(values);
            self.key = key;
        }
        let outcome = self.put(&feature, &update).await?;
        if then == AfterAccepted::Return {
            return Ok(outcome);
        }
        let start = Instant::now();
        let end = start + PATIENCE;
        if self.arrives(&feature, &update, start + ONCE_MORE_AFTER).await {
            return Ok(outcome);
        }
        // The server may have lost or delayed the update. Sending it twice does no harm.
        self.put(&feature, &update).await?;
        if self.arrives(&feature, &update, end).await {
            return Ok(outcome);
        }
        Err(Refusal::NotApplied)
    }

    async fn put(&self, feature: &str, update: &Update) -> Result<Outcome, Refusal> {
        let mut headers = self.headers.clone();
        headers.push(("content-type".to_string(), "application/json".to_string()));
        let url = self.edge.update(&self.key, feature).ok_or(Refusal::NoSuchFeature)?;
        let request = TransportRequest {
            method: Method::Put,
            url,
            headers,
            body: Some(Bytes::from(update.to_json())),
            connect_timeout: self.connect_timeout,
        };
        match timeout(self.timeout, self.exchange(request)).await {
            // The first sending may have locked the feature, so that the second one was refused.
            Ok(Ok((412, _, Some(first)))) if update.locks() => {
                Err(Refusal::Unreachable(self.problem(&first)))
            }
            Ok(Ok((status, text, _))) => read_answer(status, &self.secrets.wiped(&text)),
            Ok(Err(error)) => Err(Refusal::Unreachable(self.problem(&error))),
            Err(_) => Err(Refusal::Unreachable(Problem::TimedOut(Stage::Head))),
        }
    }

    /// Sends the request. Returns the status, the beginning of the body, and the failure after which the request was sent once more.
    async fn exchange(
        &self,
        request: TransportRequest,
    ) -> Result<(u16, String, Option<TransportError>), TransportError> {
        let mut exchange = Exchange::new(&*self.transport, request);
        let (mut status, mut text) = (None, Vec::new());
        while text.len() < LONGEST_ANSWER {
            match poll_fn(|cx| exchange.poll(cx)).await {
                Arrival::Head(head) => status = Some(head.status),
                Arrival::Piece(piece) => text.extend_from_slice(&piece),
                Arrival::Failed(error) if status.is_none() => return Err(error),
                // The status has been received, so a broken connection is no error here. The text is only shown to people and
                // may be incomplete.
                arrival if arrival.is_end() => break,
                _ => {}
            }
        }
        // The head is the first arrival, so there is a status.
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok((status.unwrap_or_default(), text, exchange.repeated_after))
    }

    fn problem(&self, error: &TransportError) -> Problem {
        let text = self.secrets.wiped(error.text());
        match error.kind() {
            TransportErrorKind::Tls => Problem::Tls(text),
            TransportErrorKind::ConnectTimeout => Problem::TimedOut(Stage::Connect),
            _ => Problem::Unreachable(text),
        }
    }

    /// Waits until the client has received the requested state of the feature. Returns false if the time `until` is reached
    /// first.
    async fn arrives(&self, feature: &str, update: &Update, until: Instant) -> bool {
        let mut watch = self.repository.watch();
        let arrived = async {
            while !is_applied(&self.repository.latest(), feature, update) {
                watch.changed().await;
            }
        };
        let arrived = timeout_at(until, arrived);
        let asking = self.keep_asking();
        let (mut arrived, mut asking) = (std::pin::pin!(arrived), std::pin::pin!(asking));
        let mut is_asking = true;
        poll_fn(|cx| {
            // The future `asking` returns once the driver has ended. A future that has returned must not be polled again.
            is_asking = is_asking && asking.as_mut().poll(cx).is_pending();
            arrived.as_mut().poll(cx)
        })
        .await
        .is_ok()
    }

    /// Refreshes the features at most every 500 ms while no stream is open. Returns once the driver has ended.
    async fn keep_asking(&self) {
        let mut next = Instant::now();
        loop {
            sleep_until(next).await;
            next = Instant::now() + ASK_EVERY;
            if self.repository.status().connection != Connection::Streaming {
                let Some(commands) = self.commands.upgrade() else { return };
                let (reply, settled) = oneshot::channel();
                let _ = commands.send(Command::Refresh(reply));
                drop(commands);
                let _ = settled.await;
            }
        }
    }
}

fn is_applied(rules: &Rules, feature: &str, update: &Update) -> bool {
    let Some(feature) = rules.ruleset().get(feature) else { return false };
    let subject = Subject::without_context(Timestamp::from_millis(0));
    update.is_applied(feature.kind(), &feature.evaluate(&subject), feature.is_locked())
}
