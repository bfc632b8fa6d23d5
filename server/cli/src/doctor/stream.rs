//! Checks of a stream: that it opens, that events arrive without delay, and how it ends.

use std::time::Duration;

use fh_session::internal::sse::{Decoder, Event, Limits};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;
use crate::sanitize::{cut, plural};

use super::check::{Finding, Report, Topic};
use super::exchange::{Ask, Head, Trouble, piece};
use super::poll::Poll;
use super::visit::Visit;
use super::wording::milliseconds;

/// The time limit for the first features, counted from the request.
const FIRST: Duration = Duration::from_secs(10);

/// The events of a stream so far. Times are measured from the request.
#[derive(Default)]
struct Heard {
    ack: Option<Duration>,
    features: Option<(Duration, usize)>,
    /// The number of received pieces that complete lines but no event, such as comments, and of `ack` events after the first.
    heartbeats: u32,
    updates: u32,
    /// True if the Edge requested that clients stop their requests.
    stale: bool,
    /// The number of seconds for which the Edge requested that clients pause their requests.
    pause: Option<f64>,
    failure: Option<String>,
    bye: bool,
    /// The time at which the stream ended, and the error that ended it, if any. `None` if the stream is still open.
    end: Option<(Duration, Option<Trouble>)>,
    unreadable: Option<String>,
}

impl Visit<'_> {
    pub(super) async fn stream(
        &self,
        report: &mut Report<'_>,
        poll: Option<&Poll>,
    ) -> Result<(), Failure> {
        if !self.http.has_time() {
            return Ok(());
        }
        let context = self.given_context()?;
        let url = self.url().stream(self.keys().first(), None).expose().to_string();
        let ask = Ask::get(&url)
            .header("accept", "text/event-stream")
            .header("accept-encoding", "identity")
            .maybe("x-featurehub", context.text());
        let start = Instant::now();
        let until = self.http.until(FIRST);
        let opened = timeout_at(until, self.http.open(ask)).await;
        let (head, response) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(trouble)) => {
                let finding =
                    Finding::bad(Topic::Stream, trouble.to_string()).advice(trouble.advice());
                return report.add(finding);
            }
            Err(_) => {
                return report.add(held_back("no response head", start.elapsed(), None));
            }
        };
        if poll.is_none() && head.status >= 400 {
            let message =
                format!("the poll failed, and the Edge opens no stream (status {})", head.status);
            return report.add(Finding::bad(Topic::Stream, message));
        }
        if let Some(finding) = not_a_stream(&head) {
            return report.add(finding.data(json!({ "status": head.status })));
        }
        let heard = self.listen(response, start, until).await;
        self.judge(report, &head, &heard, start.elapsed(), poll)
    }

    /// Reads the stream until the first features, but at most until `until`, and then for the time of `--listen`. Stops earlier
    /// at the deadline, or if the stream ends or cannot be read.
    async fn listen(&self, mut response: Response, start: Instant, until: Instant) -> Heard {
        let mut heard = Heard::default();
        let mut decoder = Decoder::new(Limits::default());
        let mut until = until;
        let mut lines = 0;
        loop {
            let Ok(next) = timeout_at(until, piece(&mut response)).await else {
                return heard;
            };
            let now = start.elapsed();
            let bytes = match next {
                Ok(Some(bytes)) => bytes,
                Ok(None) => {
                    heard.end = Some((now, None));
                    return heard;
                }
                Err(trouble) => {
                    heard.end = Some((now, Some(trouble)));
                    return heard;
                }
            };
            let had_features = heard.features.is_some();
            let mut bytes = bytes.as_ref();
            let mut events = 0;
            loop {
                match decoder.decode(&mut bytes) {
                    Ok(Some(event)) => {
                        events += 1;
                        heard.event(&event, now);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        heard.unreadable = Some(error.to_string());
                        return heard;
                    }
                }
            }
            // Lines without an event are mostly comments, with which proxies and servers keep a connection alive.
            if events == 0 && decoder.lines() > lines && decoder.unfinished() == 0 {
                heard.heartbeat();
            }
            lines = decoder.lines();
            if !had_features && heard.features.is_some() {
                until = self.http.until(self.examination.listen);
            }
        }
    }

    fn judge(
        &self,
        report: &mut Report<'_>,
        head: &Head,
        heard: &Heard,
        listened: Duration,
        poll: Option<&Poll>,
    ) -> Result<(), Failure> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1000.0);
        let data = json!({
            "http": head.version,
            "headMilliseconds": seconds(Some(head.after)),
            "ackMilliseconds": seconds(heard.ack),
            "featuresMilliseconds": seconds(heard.features.map(|(at, _)| at)),
            "features": heard.features.map(|(_, count)| count),
            "heartbeats": heard.heartbeats,
            "updates": heard.updates,
            "endedAfterSeconds": heard.end.as_ref().map(|(at, _)| at.as_secs_f64()),
            "bye": heard.bye,
            "listenedSeconds": listened.as_secs_f64(),
        });
        report.add(first_events(head, heard, listened).data(data))?;
        let Some((_, count)) = heard.features else { return Ok(()) };
        if let Some(finding) =
            poll.and_then(|poll| difference(poll, self.keys().first().environment(), count))
        {
            report.add(finding)?;
        }
        if head
            .get("content-encoding")
            .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
        {
            let finding = Finding::warning(
                Topic::Stream,
                "the stream is compressed, which was not requested",
            )
            .advice("compression delays events: exclude text/event-stream from compression");
            report.add(finding)?;
        }
        report.add(afterwards(heard, listened))
    }
}

impl Heard {
    fn event(&mut self, event: &Event, now: Duration) {
        match &*event.name {
            "ack" if self.ack.is_none() => self.ack = Some(now),
            "ack" => self.heartbeat(),
            "features" => {
                let list: Result<Vec<&serde_json::value::RawValue>, _> =
                    serde_json::from_str(&event.data);
                match list {
                    Ok(list) => {
                        self.features.get_or_insert((now, list.len()));
                    }
                    Err(error) => {
                        self.unreadable =
                            Some(format!("the data of `features` is not a JSON list: {error}"));
                    }
                }
            }
            "feature" | "delete_feature" => self.updates += 1,
            "bye" => self.bye = true,
            "failure" => self.failure = Some(status(&event.data)),
            "config" => {
                let config: Value = serde_json::from_str(&event.data).unwrap_or_default();
                match config.get("edge.stale") {
                    Some(Value::Bool(true)) => self.stale = true,
                    Some(Value::Number(seconds)) => {
                        self.pause = seconds.as_f64().filter(|seconds| *seconds > 0.0);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn heartbeat(&mut self) {
        self.heartbeats += 1;
    }
}

/// Returns the reason in the data of a `failure` event, `{"status": reason}`, or the data if they have no such reason. A text
/// with more than 120 columns is cut.
fn status(data: &str) -> String {
    let document: Value = serde_json::from_str(data).unwrap_or_default();
    let reason = document.get("status").and_then(Value::as_str).unwrap_or(data);
    cut(reason, 120).into_owned()
}

/// Returns a finding for a response that is not a stream, or `None` for a stream.
fn not_a_stream(head: &Head) -> Option<Finding> {
    let status = head.status;
    let finding = match status {
        200 if head.is("text/event-stream") => return None,
        200 => {
            let found = head.get("content-type").unwrap_or_else(|| "none".to_string());
            Finding::bad(Topic::Stream, format!("the answer is no stream: its content type is {found}"))
                .advice("check the proxy in front of the Edge, which answers in place of the Edge")
        }
        236 => Finding::warning(Topic::Stream, "the Edge answered with status 236: the environment is stale"),
        501 => Finding::warning(Topic::Stream, "this Edge cannot stream (status 501)")
            .advice("this Edge supports polling only (edge-rest): let SDKs poll, or run edge-full"),
        404 | 405 => Finding::bad(Topic::Stream, format!("the server has no path for streams (status {status})"))
            .advice("the proxy may pass on /features only: let it pass on /features/ENVIRONMENT/KEY as well"),
        502..=504 => Finding::bad(Topic::Stream, format!("no stream was opened (status {status})"))
            .advice("the proxy may wait for the end of answers: switch its buffering off for /features/"),
        _ => Finding::bad(Topic::Stream, format!("the server answered with status {status} instead of a stream"))
            .advice("check proxies in front of the Edge, and the Edge's log"),
    };
    Some(finding)
}

fn held_back(what: &str, after: Duration, content_encoding: Option<String>) -> Finding {
    let compressed = content_encoding.map(|coding| format!(", encoded as {coding}"));
    let message = format!(
        "{what} within {:.1} s{}: something on the way probably delays the stream",
        after.as_secs_f64(),
        compressed.unwrap_or_default()
    );
    Finding::bad(Topic::Stream, message).advice(
        "switch buffering and compression off for /features/ in the proxy (nginx: proxy_buffering off; gzip off), \
         or let SDKs poll",
    )
}

/// Returns the finding about the first events of the stream.
fn first_events(head: &Head, heard: &Heard, listened: Duration) -> Finding {
    if let Some(why) = &heard.unreadable {
        return Finding::bad(Topic::Stream, format!("the stream cannot be read: {why}"))
            .advice("check proxies in front of the Edge");
    }
    if let Some(reason) = &heard.failure {
        return Finding::bad(Topic::Stream, format!("the Edge refuses the stream: {reason}")).advice(
            "if polling works, the Edge's cache had a temporary problem: try again; otherwise check the key's permissions",
        );
    }
    if heard.features.is_none()
        && let Some(finding) = stay_away(heard)
    {
        return finding;
    }
    match (heard.features, &heard.end) {
        (Some((at, count)), _) => {
            let ack = heard.ack.map(|at| format!(", ack after {}", milliseconds(at)));
            let features = plural(count, "feature", "features");
            let message =
                format!("{features} after {}{}", milliseconds(at), ack.unwrap_or_default());
            Finding::good(Topic::Stream, message)
        }
        (None, Some(_)) if heard.bye => Finding::bad(
            Topic::Stream,
            "the Edge sent `bye` before any features: its cache is not ready, or the Edge is stopping",
        )
        .advice("the Edge may be starting; otherwise check that its cache (Dacha) runs"),
        (None, Some((at, trouble))) => {
            let why = trouble.as_ref().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
            let message =
                format!("the stream ended after {} without features{why}", milliseconds(*at));
            Finding::bad(Topic::Stream, message)
                .advice("check the Edge's log, and the time limits of proxies in front of it")
        }
        (None, None) if heard.ack.is_some() => {
            let message =
                format!("`ack` came, but no features within {:.1} s", listened.as_secs_f64());
            Finding::bad(Topic::Stream, message)
                .advice("the Edge waits for its cache (Dacha), or something on the way delays large events: see the Edge's log")
        }
        (None, None) => held_back("no event", listened, head.get("content-encoding")),
    }
}

/// Returns a finding if the Edge requests that clients stop or pause their requests.
fn stay_away(heard: &Heard) -> Option<Finding> {
    if heard.stale {
        let message = "the Edge reports that the environment is stale, so SDKs stop their requests";
        return Some(Finding::warning(Topic::Stream, message).advice(
            "FeatureHub's hosted service sends this status for environments that are unused or unpaid: see the service's dashboard",
        ));
    }
    let seconds = heard.pause?;
    let message = format!("the Edge asks clients to pause requests for {seconds} s");
    Some(
        Finding::warning(Topic::Stream, message)
            .advice("check the settings and the load of the Edge"),
    )
}

/// Returns a finding if the stream and the poll have different numbers of features. With several keys, only the first is
/// streamed.
fn difference(poll: &Poll, environment: &str, streamed: usize) -> Option<Finding> {
    let polled = crate::payload::Payload::of(String::new(), poll.answer.body.clone()).ok()?;
    let polled = polled.environments().ok()?.into_iter().find(|found| {
        found.id.as_deref().is_none_or(|found| found.eq_ignore_ascii_case(environment))
    });
    let polled = polled?.features.len();
    (polled != streamed).then(|| {
        let message = format!("the stream has {streamed} features, a poll {polled}");
        Finding::warning(Topic::Stream, message)
            .advice("if nothing was changed just now: check whether several Edges with different data share this URL")
    })
}

/// Returns the finding about the part of the stream after its first features.
fn afterwards(heard: &Heard, listened: Duration) -> Finding {
    if let Some(finding) = stay_away(heard) {
        return finding;
    }
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    match &heard.end {
        Some((at, _)) if heard.bye => {
            let message = format!(
                "the Edge ended the stream after {} with `bye`, as clients expect",
                seconds(*at)
            );
            Finding::note(Topic::Stream, message)
        }
        Some((at, trouble)) => {
            let why = trouble.as_ref().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
            let message = format!("the stream was cut after {} without `bye`{why}", seconds(*at));
            Finding::warning(Topic::Stream, message)
                .advice("raise the time limits of proxies in front of the Edge above the time limit of the Edge's streams (FeatureHub: 30 s by default)")
        }
        None => {
            let counts = [
                (heard.updates, "update", "updates"),
                (heard.heartbeats, "heartbeat", "heartbeats"),
            ];
            let seen = counts.into_iter().filter(|(count, ..)| *count > 0);
            let seen: Vec<String> =
                seen.map(|(count, one, many)| plural(count as usize, one, many)).collect();
            let seen =
                if seen.is_empty() { "nothing more".to_string() } else { seen.join(" and ") };
            let message = format!("{seen} while listening for {}", seconds(listened));
            Finding::note(Topic::Stream, message)
                .advice("--listen 90 shows the interval of heartbeats and the end of the stream")
        }
    }
}
