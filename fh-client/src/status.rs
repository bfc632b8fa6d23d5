//! The status of a client, for people, health endpoints and logs.

use std::fmt;
use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::Connection;
use fh_repository::system::System;
use fh_repository::time::Millis;
use fh_repository::{Counters, Repository};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::driver::DriverRuntime;

/// The status of a client: its readiness, its connection, its features, and counters.
///
/// The `Display` output of a status is a text for people. A status serialises as JSON for a health endpoint. Both forms can
/// contain texts from servers and transports. In these texts, `***` replaces the secret parts of API keys and the values of the
/// program's headers if they have at least 6 characters.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// let edge = MemoryEdge::new();
/// let client = edge.client().start()?;
/// client.wait_ready(std::time::Duration::from_secs(5))?;
/// let status = client.status();
/// assert_eq!(status.readiness.as_str(), "READY");
/// assert!(status.to_string().starts_with("READY, streaming"));
/// let json = serde_json::to_value(&status)?;
/// assert_eq!(json["connection"], "streaming");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The readiness of the client.
    pub readiness: Readiness,
    /// The state of the connection to the Edge.
    pub connection: Connection,
    /// The last problem; `None` before the first problem, and after the Edge has sent or confirmed features without a problem.
    /// While a client polls because the Edge cannot stream, the problem is [`Problem::NoStreaming`] after a successful poll
    /// without another problem.
    pub problem: Option<Problem>,
    /// The number of failed attempts since the Edge last sent a list of features or confirmed the features.
    pub attempts: u32,
    /// The number of requests for features that the client has sent since its start, including redirects.
    pub requests: u64,
    /// The time until the client sends its next request by itself; `None` if the client has planned no request.
    pub next_attempt: Option<Duration>,
    /// The time since the Edge last sent the head of a response to a request for features, or a part of its body; `None` before
    /// the first contact.
    pub since_contact: Option<Duration>,
    /// The time since the Edge last sent or confirmed the features; `None` before the first list of features. For features from
    /// a snapshot file, this is the time since the `savedAt` of the file. For other features that no Edge has sent, it is the
    /// time since the client first got a list of features.
    pub data_age: Option<Duration>,
    /// The source of the last list of features that the client accepted, or of the last change that a stream sent; `None`
    /// before the first list. A list of a store that changes nothing counts only if no features were served before.
    pub source: Option<Source>,
    /// True if the Edge has marked the environment as stale. The client then requests no features until the program calls
    /// [`Client::refresh`](crate::Client::refresh), replaces the API keys or the headers, or waits for the effect of a test
    /// update, for example.
    pub is_stale: bool,
    /// The number of features that the client serves at present.
    pub features: usize,
    /// The number of features that the client has rejected so far, because they belong to an environment that no API key can
    /// read, or to another environment than the list or the stream that contains them.
    pub foreign_features: u64,
    /// The number of diagnostics of the served features; see [`Client::diagnostics`](crate::Client::diagnostics).
    pub diagnostics: usize,
    /// True while catch & release holds back changes that a reader would see after a release.
    pub is_holding: bool,
    /// True while calls of listeners and observers run on all threads that deliver, so that the others wait; see
    /// [`Notice::ListenersWait`](crate::Notice::ListenersWait).
    pub are_listeners_waiting: bool,
    /// The system of the server, whose words the texts of the status use.
    pub system: System,
    /// The version of the newest flag or segment of FeatBit, in milliseconds of Unix time, from which the client asks for changes. `None`
    /// before the first flags, and for FeatureHub.
    pub cursor: Option<i64>,
    /// The difference in milliseconds by which the clock of FeatBit's server is ahead of this machine's, if a refusal has shown that they
    /// differ by more than 5 seconds. `None` otherwise, and for FeatureHub.
    pub clock_offset: Option<i64>,
    /// The numbers of events that the client has reported to FeatBit. `None` if the client reports none.
    #[cfg(feature = "featbit")]
    pub insights: Option<crate::featbit::InsightCounters>,
    /// The numbers of panics and failures of listeners, interceptors and observers, of rejected overrides, and of dropped events of
    /// listeners and observers.
    pub counters: Counters,
}

impl Status {
    pub(crate) fn of(
        repository: &Repository,
        runtime: &DriverRuntime,
        data_age_of_snapshot: Option<Duration>,
    ) -> Self {
        let snapshot = repository.snapshot();
        // The clock is read after the snapshot is taken. Otherwise the snapshot's times could be later than the time of the
        // clock.
        let now = runtime.now();
        let status = snapshot.status();
        let since = |moment: Millis| now.since(moment);
        let data_age = match (&status.source, data_age_of_snapshot) {
            (Some(Source::Snapshot), Some(age)) => Some(age),
            _ => status.updated.map(since),
        };
        Self {
            readiness: status.readiness,
            connection: status.connection,
            problem: status.problem.clone(),
            attempts: status.attempts,
            requests: status.requests,
            next_attempt: status.next_attempt.map(|next| next.since(now)),
            since_contact: repository.last_contact().map(since),
            data_age,
            source: status.source.clone(),
            is_stale: status.is_stale,
            features: snapshot.rules().ruleset().len(),
            foreign_features: status.foreign_features,
            diagnostics: snapshot.rules().ruleset().diagnostics().count(),
            is_holding: repository.is_holding(),
            are_listeners_waiting: repository.are_all_threads_taken(),
            system: status.system,
            cursor: status.cursor,
            clock_offset: status.clock_offset,
            #[cfg(feature = "featbit")]
            insights: None,
            counters: repository.counters(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {} features", self.readiness, self.connection, self.features)?;
        if let (Some(source), Some(age)) = (&self.source, self.data_age) {
            write!(f, " from {source}, {} old", Short(age))?;
        }
        if let Some(age) = self.since_contact {
            write!(f, ", last contact {} ago", Short(age))?;
        }
        if self.is_stale {
            f.write_str(", stale")?;
        }
        if self.is_holding {
            f.write_str(", updates held back")?;
        }
        if self.are_listeners_waiting {
            f.write_str(", listeners block all threads that call them")?;
        }
        if let Some(problem) = &self.problem {
            write!(f, "; {}", problem.on(self.system))?;
            if self.attempts > 1 {
                write!(f, " ({} attempts)", self.attempts)?;
            }
        }
        if let Some(next) = self.next_attempt {
            write!(f, "; next request in {}", Short(next))?;
        }
        Ok(())
    }
}

/// A duration that is written in a single unit: milliseconds, seconds, minutes or hours.
struct Short(Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..=119 => write!(f, "{seconds} s"),
            120..=7199 => write!(f, "{} min", seconds / 60),
            _ => write!(f, "{} h", seconds / 3600),
        }
    }
}

impl Serialize for Status {
    /// Writes the status as a JSON object, with durations in seconds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs_f64());
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("readiness", self.readiness.as_str())?;
        map.serialize_entry("connection", self.connection.as_str())?;
        map.serialize_entry("problem", &self.problem.as_ref().map(Problem::as_str))?;
        let message = self.problem.as_ref().map(|problem| problem.on(self.system).to_string());
        map.serialize_entry("message", &message)?;
        map.serialize_entry("attempts", &self.attempts)?;
        map.serialize_entry("requests", &self.requests)?;
        map.serialize_entry("nextAttemptSeconds", &seconds(self.next_attempt))?;
        map.serialize_entry("secondsSinceContact", &seconds(self.since_contact))?;
        map.serialize_entry("dataAgeSeconds", &seconds(self.data_age))?;
        map.serialize_entry("source", &self.source.as_ref().map(Source::as_str))?;
        map.serialize_entry("stale", &self.is_stale)?;
        map.serialize_entry("features", &self.features)?;
        map.serialize_entry("foreignFeatures", &self.foreign_features)?;
        map.serialize_entry("diagnostics", &self.diagnostics)?;
        map.serialize_entry("holding", &self.is_holding)?;
        map.serialize_entry("listenersWaiting", &self.are_listeners_waiting)?;
        if self.system == System::FeatBit {
            map.serialize_entry("cursor", &self.cursor)?;
            map.serialize_entry("clockOffsetMillis", &self.clock_offset)?;
        }
        #[cfg(feature = "featbit")]
        if let Some(insights) = self.insights {
            map.serialize_entry("insightsSent", &insights.sent)?;
            map.serialize_entry("insightsDropped", &insights.dropped)?;
            map.serialize_entry("insightsRefused", &insights.refused)?;
            map.serialize_entry("insightsWaiting", &insights.waiting)?;
        }
        map.serialize_entry("listenerPanics", &self.counters.listener_panics)?;
        map.serialize_entry("interceptorPanics", &self.counters.interceptor_panics)?;
        map.serialize_entry("observerPanics", &self.counters.observer_panics)?;
        map.serialize_entry("refusedOverrides", &self.counters.refused_overrides)?;
        map.serialize_entry("droppedEvents", &self.counters.dropped_events)?;
        map.serialize_entry("droppedUsage", &self.counters.dropped_usage)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (millis, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (119_999, "119 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
        ] {
            assert_eq!(Short(Duration::from_millis(millis)).to_string(), text);
        }
    }
}
