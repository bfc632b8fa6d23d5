//! Sends changes of features upstream. A PUT is sent with the caller's key, and the caller gets the response of the upstream Edge, if there
//! is one.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fh_client::ApiKey;
use fh_client::transport::{
    Method, Response, ResponseHead, Transport, TransportError, TransportRequest,
};
use fh_eval::internal::is_html_page;
use http::{HeaderValue, StatusCode};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::source::Source;
use crate::clock::after;
use crate::log_text::cut;
use crate::origin::{PutAnswer, PutLine};
use crate::rate::FailedAttempts;
use crate::reply::{Effect, Reply};

/// The largest number of bytes of an upstream response's body that are passed on. A longer body is cut. Most bodies are one sentence.
const LONGEST_ANSWER: usize = 16 * 1024;

/// The reason why there is no upstream response to pass on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PutTrouble {
    /// There was no connection to the upstream Edge, so the change was not sent.
    NotSent,
    /// The upstream Edge did not answer, or not in time. It is unknown whether the change was made.
    Unreachable,
    /// The response is none that an Edge sends, but for example a redirect or an HTML page.
    NotAnEdge,
}

impl PutTrouble {
    const fn sentence(self) -> &'static str {
        match self {
            Self::NotSent => "the upstream Edge cannot be reached; the change was not sent",
            Self::Unreachable => {
                "the upstream Edge has not answered; whether the change was made is not known"
            }
            Self::NotAnEdge => "the upstream answer did not come from an Edge",
        }
    }
}

impl From<PutTrouble> for PutAnswer {
    fn from(why: PutTrouble) -> Self {
        let status = match why {
            PutTrouble::NotSent | PutTrouble::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            PutTrouble::NotAnEdge => StatusCode::BAD_GATEWAY,
        };
        Self {
            status,
            content_type: Some(HeaderValue::from_static("text/plain")),
            retry_after: None,
            body: Bytes::from_static(why.sentence().as_bytes()),
            line: Some(line(Err(why.sentence()), why == PutTrouble::NotSent)),
        }
    }
}

/// Returns the line of a PUT in the audit log. A PUT that was not refused has changed the feature, or may have changed it.
fn line(outcome: Result<String, &'static str>, is_refused: bool) -> PutLine {
    PutLine { action: "put upstream", account: None, outcome, is_refused }
}

/// The sender of changes to the upstream Edge.
pub(super) struct Updates {
    source: Arc<Source>,
    connect_timeout: Duration,
    /// The rate of the log lines of changes that failed.
    failures: Arc<FailedAttempts>,
}

impl Updates {
    pub(super) fn new(source: &Arc<Source>, connect_timeout: Duration) -> Self {
        let failures = Arc::new(FailedAttempts::new());
        Self { source: Arc::clone(source), connect_timeout, failures }
    }

    /// Creates the upstream request for a change. `key` and `feature` are the decoded parts of the client's path. Returns `None` for the
    /// feature keys `.` and `..`, which a URL cannot contain.
    pub(super) fn request(
        &self,
        key: &ApiKey,
        feature: &str,
        body: Bytes,
    ) -> Option<TransportRequest> {
        let mut request =
            TransportRequest::new(Method::Put, self.source.edge.update(key, feature)?);
        request.headers = of_updates(&self.source.headers());
        request.body = Some(body);
        request.connect_timeout = self.connect_timeout;
        Some(request)
    }

    /// Sends the request for a change, and returns the upstream response. `effect` runs with it, also if the caller drops this future.
    pub(super) async fn send(
        &self,
        request: TransportRequest,
        effect: Effect<PutAnswer>,
    ) -> PutAnswer {
        let (transport, limit) = (Arc::clone(&self.source.transport), self.source.patience);
        let failures = Arc::clone(&self.failures);
        // If the transport panics or the relay's thread ends, the task drops the reply.
        let lost = || PutTrouble::Unreachable.into();
        let (reply, answer) = Reply::new(effect, lost);
        // The task runs on the relay's thread, which owns the upstream connections. A caller that disconnects does not cancel the task.
        self.source.runtime.spawn(async move {
            let (outcome, why) = match exchange(&*transport, request, limit).await {
                Ok(Ok(answer)) => {
                    let why = format!(
                        "no Edge gives an answer such as this one with status {}",
                        answer.0.status
                    );
                    (read(answer), why)
                }
                Ok(Err(why)) if why.is_unsent() => (Err(PutTrouble::NotSent), why.to_string()),
                Ok(Err(why)) => (Err(PutTrouble::Unreachable), why.to_string()),
                Err(_) => (Err(PutTrouble::Unreachable), "no answer in time".to_string()),
            };
            if outcome.is_err() {
                log_failure(&why, &failures);
            }
            reply.send(outcome.unwrap_or_else(PutAnswer::from));
        });
        answer.await.unwrap_or_else(|_| lost())
    }
}

/// Returns the headers of the request for a change: the given headers with names in lower case, and the content type.
fn of_updates(headers: &[(String, String)]) -> Vec<(String, String)> {
    let headers = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    headers.chain([("content-type".to_string(), "application/json".to_string())]).collect()
}

/// Logs the reason of a failure. Clients cause failures, so those beyond a rate are only counted.
fn log_failure(why: &str, failures: &FailedAttempts) {
    let report = |count| {
        tracing::warn!(count, "further changes could not be forwarded to the upstream Edge");
    };
    if failures.take(None, report).is_ok() {
        tracing::warn!(why = &*cut(why), "forwarding a change to the upstream Edge failed");
    }
}

/// Sends a request and reads its response within the time `limit`. The outer result is an error if no status arrives in time.
async fn exchange(
    transport: &dyn Transport,
    request: TransportRequest,
    limit: Duration,
) -> Result<Result<(ResponseHead, Bytes), TransportError>, Elapsed> {
    let end = Instant::from_std(after(std::time::Instant::now(), limit));
    let sent = request.body.clone();
    let response = match timeout_at(end, transport.send(request)).await? {
        Ok(response) => response,
        Err(why) => return Ok(Err(why)),
    };
    let Response { head, mut body, repeated_after } = response;
    // The first sending may have locked the feature, so that the second one was refused.
    if let Some(first) = repeated_after
        && head.status == 412
        && locks(sent.as_deref())
    {
        return Ok(Err(first));
    }
    let mut text = BytesMut::new();
    while text.len() < LONGEST_ANSWER {
        match timeout_at(end, poll_fn(|cx| body.as_mut().poll_next(cx))).await {
            Ok(Some(Ok(piece))) => text.extend_from_slice(&piece),
            // The status has arrived. The rest of the text is only for people, so it may be missing.
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    text.truncate(LONGEST_ANSWER);
    Ok(Ok((head, text.freeze())))
}

/// Returns true if the body of a change locks the feature.
fn locks(body: Option<&[u8]>) -> bool {
    let body = body.and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
    body.is_some_and(|body| body.get("lock") == Some(&true.into()))
}

fn read((head, body): (ResponseHead, Bytes)) -> Result<PutAnswer, PutTrouble> {
    let content_type = head.get("content-type").unwrap_or_default();
    let is_page = content_type.trim_start().to_ascii_lowercase().starts_with("text/html")
        || is_html_page(&String::from_utf8_lossy(&body));
    let status = StatusCode::from_u16(head.status).map_err(|_| PutTrouble::NotAnEdge)?;
    let is_an_edges = status.is_success() && !is_page
        || (status.is_client_error() && status != StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        || status.is_server_error();
    if !is_an_edges {
        return Err(PutTrouble::NotAnEdge);
    }
    let header = |name| head.get(name).and_then(|value| HeaderValue::from_str(value).ok());
    Ok(PutAnswer {
        status,
        content_type: header("content-type").filter(|_| !is_page),
        retry_after: header("retry-after"),
        // HTML pages that servers add to a status are not passed on.
        body: if is_page { Bytes::new() } else { body },
        line: Some(line(Ok(head.status.to_string()), status.is_client_error())),
    })
}

#[cfg(test)]
mod tests {
    use fh_client::transport::{BoxFuture, SecretUrl, TransportErrorKind};

    use super::*;

    /// An upstream Edge whose kept connection ended under the first sending, and which answered the second one with 412.
    struct Repeating;

    impl Transport for Repeating {
        fn send(&self, _: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
            let body = Box::pin(futures::stream::empty());
            let mut response = Response::new(ResponseHead::new(412), body);
            let first = TransportError::new(TransportErrorKind::Broken, "the connection ended");
            response.repeated_after = Some(first);
            Box::pin(async { Ok(response) })
        }
    }

    #[tokio::test]
    async fn a_lock_that_is_sent_twice_and_then_refused_is_not_passed_on() {
        let url = SecretUrl::new("http://edge.example/features/e/k/COLOUR");
        for (body, is_passed_on) in
            [(r#"{"lock": true}"#, false), (r#"{"lock":false}"#, true), ("no JSON", true)]
        {
            let mut request = TransportRequest::new(Method::Put, url.clone());
            request.body = Some(Bytes::from_static(body.as_bytes()));
            let outcome = exchange(&Repeating, request, Duration::from_secs(30)).await.unwrap();
            assert_eq!(outcome.is_ok(), is_passed_on, "{body}");
        }
    }

    #[test]
    fn what_is_passed_on() {
        let answer = |status, kind: &str, body: &'static str| {
            let head = ResponseHead::new(status).header("content-type", kind);
            read((head, Bytes::from_static(body.as_bytes())))
        };
        for status in [200, 201, 202, 400, 403, 404, 412, 429, 500, 503] {
            let answer = answer(status, "text/plain", "why").unwrap();
            assert_eq!((answer.status.as_u16(), &*answer.body), (status, &b"why"[..]));
        }
        for kind in ["Text/HTML; charset=utf-8", "text/plain"] {
            let page = answer(500, kind, "<h1>").unwrap();
            assert_eq!((page.content_type, page.body.len()), (None, 0));
        }
        for (status, kind, body) in [
            (200, "text/html", "x"),
            (200, "", "<!doctype html>"),
            (302, "text/plain", "x"),
            (407, "text/plain", "x"),
            (101, "", "x"),
        ] {
            assert_eq!(answer(status, kind, body).unwrap_err(), PutTrouble::NotAnEdge, "{status}");
        }
    }
}
