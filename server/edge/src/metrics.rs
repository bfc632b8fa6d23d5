//! Metrics for Prometheus. Where FeatureHub's names fit, they are used.

#[cfg(feature = "cluster")]
pub(crate) mod cluster;
mod gauges;
mod listeners;
mod log_lines;
mod process;
mod upstream;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use self::gauges::{EnvironmentLabels, Seconds, whole};
pub use self::listeners::ListenerFigures;
use self::listeners::ListenerMetrics;
pub use self::log_lines::{DroppedLogLines, LogKind};
use self::process::ProcessFigures;
use self::upstream::UpstreamFigures;
use crate::connections::Connections;
use crate::evaluations::{EvaluationCounters, Refused};
use crate::notices::{Notices, Topic};
use crate::origin::relay::UpstreamStatus;
use crate::request_memory::RequestMemory;
use crate::serving::{Environments, Phase};

/// The kind of a request of the Edge protocol, by which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestClass {
    Poll,
    Stream,
    Put,
}

/// The result of a request, by which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    NoChange,
    Missed,
    Forbidden,
    UpdateNonsense,
    UpdateNoChange,
    Failed,
    /// The request was answered with status 429, in most cases because of a rate limit.
    Limited,
}

impl Outcome {
    /// Returns the result of a request of this kind that was answered with this status.
    pub(crate) fn of(hit: RequestClass, status: StatusCode) -> Self {
        match (hit, status.as_u16()) {
            (_, 404 | 503) => Self::Missed,
            (_, 429) => Self::Limited,
            (RequestClass::Poll, 304) => Self::NoChange,
            (RequestClass::Put, 202) => Self::UpdateNoChange,
            (RequestClass::Put, 403) => Self::Forbidden,
            (RequestClass::Put, 412) => Self::UpdateNonsense,
            (_, 200..=299) => Self::Success,
            _ => Self::Failed,
        }
    }
}

/// The label of the counter of requests that were refused, and of streams that were closed, because of a limit on contexts and evaluations.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// All metrics of one Edge.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    requests: Counter,
    responses: [Counter; 4],
    outcomes: [Counter; 8],
    hits: [Counter; 3],
    poll_seconds: Histogram,
    put_seconds: Histogram,
    stream_seconds: Histogram,
    polls_in_flight: Gauge,
    streams: Gauge,
    environments_with_streams: Gauge,
    ready: Gauge,
    age: Family<EnvironmentLabels, Seconds>,
    features: Family<EnvironmentLabels, Gauge>,
    answer_bytes: Family<EnvironmentLabels, Gauge>,
    generation: Family<EnvironmentLabels, Gauge>,
    upstreams: UpstreamFigures,
    refused: Family<RefusalLabels, Counter>,
    request_memory: Gauge,
    request_memory_max: Gauge,
    memory: Arc<RequestMemory>,
    evaluations: EvaluationCounters,
    reload_successful: Gauge,
    changes_stored: Gauge,
    reload_success_time: Seconds,
    process: ProcessFigures,
    listener_metrics: ListenerMetrics,
    listeners: Mutex<Vec<ListenerFigures>>,
}

/// The upper bounds of the buckets for durations of requests, in seconds.
const REQUEST_SECONDS: [f64; 9] = [0.0005, 0.001, 0.002, 0.005, 0.02, 0.1, 0.5, 1.0, 4.0];
/// The upper bounds of the buckets for durations of streams, in seconds.
const STREAM_SECONDS: [f64; 8] = [1.0, 10.0, 30.0, 60.0, 300.0, 600.0, 3600.0, 86_400.0];

impl Metrics {
    /// Creates the metrics of an Edge. They include the counters in `evaluations`, which [`Evaluations`](crate::evaluations::Evaluations)
    /// increments.
    pub(crate) fn new(evaluations: &EvaluationCounters, memory: &Arc<RequestMemory>) -> Self {
        let mut registry = Registry::default();
        // The names are in the order of `Outcome`.
        let outcomes = [
            "success",
            "no_change",
            "missed",
            "forbidden",
            "update_nonsense",
            "update_no_change",
            "failed_to_process_request",
            "limited",
        ];
        let outcomes = outcomes.map(|name| {
            counter(
                &mut registry,
                &format!("edge_stat_result_{name}"),
                &format!("Requests with the result {name}"),
            )
        });
        // The names are in the order of `RequestClass`.
        let hits = ["poll", "eventsource", "testsdk"].map(|name| {
            counter(
                &mut registry,
                &format!("edge_stat_hitsource_{name}"),
                &format!("Requests of the kind {name}"),
            )
        });
        let responses = ["2xx", "3xx", "4xx", "5xx"].map(|name| {
            counter(
                &mut registry,
                &format!("response_{name}"),
                &format!("Responses with a {name} status"),
            )
        });
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("fh_edge_build", "The version of this program", build);
        let this = Self {
            requests: counter(
                &mut registry,
                "requests",
                "Requests, without those to the admin API, the console and a separate monitoring port",
            ),
            responses,
            outcomes,
            hits,
            poll_seconds: Histogram::new(REQUEST_SECONDS),
            put_seconds: Histogram::new(REQUEST_SECONDS),
            stream_seconds: Histogram::new(STREAM_SECONDS),
            polls_in_flight: Gauge::default(),
            streams: Gauge::default(),
            environments_with_streams: Gauge::default(),
            ready: Gauge::default(),
            age: Family::default(),
            features: Family::default(),
            answer_bytes: Family::default(),
            generation: Family::default(),
            upstreams: UpstreamFigures::default(),
            refused: Family::default(),
            request_memory: Gauge::default(),
            request_memory_max: Gauge::default(),
            memory: Arc::clone(memory),
            evaluations: evaluations.clone(),
            reload_successful: Gauge::default(),
            changes_stored: Gauge::default(),
            reload_success_time: Gauge::default(),
            process: ProcessFigures::default(),
            listener_metrics: ListenerMetrics::default(),
            listeners: Mutex::default(),
            registry: Mutex::default(),
        };
        this.register(&mut registry);
        Self { registry: Mutex::new(registry), ..this }
    }

    fn register(&self, registry: &mut Registry) {
        for (name, help, seconds) in [
            ("edge_conn_length_poll", "Seconds that polls took", &self.poll_seconds),
            ("edge_testsdk_length_test", "Seconds that PUTs took", &self.put_seconds),
            ("edge_conn_length_sse", "Seconds that streams lasted", &self.stream_seconds),
        ] {
            registry.register(name, help, seconds.clone());
        }
        for (name, help, gauge) in [
            ("edge_get_inflight_requests", "Polls being answered", &self.polls_in_flight),
            ("edge_sse_active_connections", "Open streams", &self.streams),
            (
                "edge_envs_sse_listeners",
                "Environments with open streams",
                &self.environments_with_streams,
            ),
            (
                "fh_edge_ready",
                "1 while the server is ready to serve features, otherwise 0",
                &self.ready,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
        registry.register(
            "fh_edge_data_age_seconds",
            "Seconds since features or settings of the environment were last published",
            self.age.clone(),
        );
        registry.register(
            "fh_edge_features",
            "Number of features, including retired ones",
            self.features.clone(),
        );
        registry.register(
            "fh_edge_answer_bytes",
            "Size of an uncompressed answer with all features of the environment. Clients refuse more than 16 MiB by default",
            self.answer_bytes.clone(),
        );
        registry.register(
            "fh_edge_generation",
            "Number of the published generation",
            self.generation.clone(),
        );
        self.upstreams.register(registry);
        registry.register(
            "fh_edge_refused",
            "Requests that were refused, and streams that were closed, by reason",
            self.refused.clone(),
        );
        registry.register(
            "fh_edge_request_memory_bytes",
            "Memory that is reserved for bodies, answers and contexts of requests",
            self.request_memory.clone(),
        );
        registry.register(
            "fh_edge_request_memory_max_bytes",
            "Limit of fh_edge_request_memory_bytes",
            self.request_memory_max.clone(),
        );
        registry.register(
            "fh_edge_request_memory_refusals",
            "Requests that got no memory in time",
            self.memory.refusals().clone(),
        );
        registry.register(
            "fh_edge_evaluations_moved",
            "Evaluations that were passed to another thread than the threads that serve requests",
            self.evaluations.moved.clone(),
        );
        registry.register(
            "fh_edge_evaluations_cancelled",
            "Evaluations on another thread whose caller disconnected before the evaluation ended",
            self.evaluations.cancelled.clone(),
        );
        registry.register(
            "fh_edge_last_reload_successful",
            "0 if the last read of the state failed, otherwise 1",
            self.reload_successful.clone(),
        );
        registry.register(
            "fh_edge_last_reload_success_timestamp_seconds",
            "Time of the last successful read of the state, in seconds since 1970; 0: never",
            self.reload_success_time.clone(),
        );
        registry.register(
            "fh_edge_changes_stored",
            "0 if the data folder could not store the last changes, so that they were refused, otherwise 1",
            self.changes_stored.clone(),
        );
        self.reload_successful.set(1);
        self.process.register(registry);
        self.listener_metrics.register(registry);
    }

    /// Records the current time as the time at which the state was last read successfully, at the start or later.
    pub(crate) fn state_read(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.reload_success_time.set(now.as_secs_f64());
        self.reload_successful.set(1);
    }

    /// Records that the state could not be read again. The time of the last success is kept.
    pub(crate) fn reload_failed(&self) {
        self.reload_successful.set(0);
    }

    /// Adds a listener to the metrics, which then show its connections. If the listener has TLS and the expiry of its certificate is known,
    /// the metrics also show the expiry.
    pub(crate) fn add_listener(&self, listener: ListenerFigures) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Adds the numbers of dropped log lines to the metrics.
    pub(crate) fn add_dropped_log_lines(&self, lines: &DroppedLogLines) {
        lines.register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts a request, and its response by the class of the status.
    pub(crate) fn responded(&self, status: StatusCode) {
        self.requests.inc();
        let class = usize::from(status.as_u16() / 100).saturating_sub(2);
        if let Some(counter) = self.responses.get(class) {
            counter.inc();
        }
    }

    /// Counts a request of the Edge protocol by its kind and its result.
    pub(crate) fn count(&self, hit: RequestClass, outcome: Outcome) {
        if let Some(counter) = self.hits.get(hit as usize) {
            counter.inc();
        }
        if let Some(counter) = self.outcomes.get(outcome as usize) {
            counter.inc();
        }
    }

    /// Counts a request that was refused because its context or its evaluation exceeds a limit.
    pub(crate) fn refused(&self, refused: Refused) {
        self.count_refusal(refused.reason());
    }

    /// Counts a stream that was closed after a change, because evaluating all features of its view for its context may exceed the work
    /// budget.
    pub(crate) fn stream_over_budget(&self) {
        self.count_refusal("too-much-work-after-a-change");
    }

    fn count_refusal(&self, reason: &'static str) {
        self.refused.get_or_create(&RefusalLabels { reason }).inc();
    }

    /// Counts a poll as in flight until the returned value is dropped. Dropping the value also records the duration of the poll.
    pub(crate) fn begin_poll(&self) -> Polling<'_> {
        self.polls_in_flight.inc();
        Polling { metrics: self, since: Instant::now() }
    }

    /// Counts a PUT by the status of its answer, and records its duration.
    pub(crate) fn put_answered(&self, since: Instant, status: StatusCode) {
        self.put_seconds.observe(since.elapsed().as_secs_f64());
        self.count(RequestClass::Put, Outcome::of(RequestClass::Put, status));
    }

    /// Records the time for which a stream was open.
    pub(crate) fn stream_lasted(&self, time: Duration) {
        self.stream_seconds.observe(time.as_secs_f64());
    }

    /// Returns all metrics as text in the OpenMetrics format. The parameters give the current values of some metrics, such as the number of
    /// open streams.
    pub(crate) fn text(
        &self,
        is_ready: bool,
        notices: &Notices,
        environments: &Environments,
        connections: &Connections,
        upstreams: &[UpstreamStatus],
    ) -> String {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        self.ready.set(i64::from(is_ready));
        self.changes_stored.set(i64::from(!notices.has(Topic::Changes)));
        self.streams.set(whole(connections.count()));
        self.environments_with_streams.set(whole(connections.by_environment().len()));
        self.age.clear();
        self.features.clear();
        self.answer_bytes.clear();
        self.generation.clear();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        for published in environments.places() {
            let labels = EnvironmentLabels {
                environment: published.id.to_string(),
                name: published.settings.name.to_string(),
            };
            if published.phase != Phase::Waiting {
                let age = now.saturating_sub(published.published_at);
                self.age.get_or_create(&labels).set(age.as_secs_f64());
            }
            self.features.get_or_create(&labels).set(whole(published.features.len()));
            let served = published.features.iter().filter(|feature| !feature.retired);
            let bytes = served.map(|feature| feature.json().len() + 1).sum();
            self.answer_bytes.get_or_create(&labels).set(whole(bytes));
            let generation = i64::try_from(published.generation).unwrap_or(i64::MAX);
            self.generation.get_or_create(&labels).set(generation);
        }
        self.request_memory.set(whole(self.memory.reserved()));
        self.request_memory_max.set(whole(self.memory.limit()));
        self.upstreams.set(upstreams);
        self.process.set();
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        self.listener_metrics.set(&listeners);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

/// A poll in flight. Dropping the value records the duration of the poll.
pub(crate) struct Polling<'a> {
    metrics: &'a Metrics,
    since: Instant,
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.metrics.polls_in_flight.dec();
        self.metrics.poll_seconds.observe(self.since.elapsed().as_secs_f64());
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_by_status() {
        let of = |hit, status| Outcome::of(hit, StatusCode::from_u16(status).unwrap());
        for (status, poll, put) in [
            (200, Outcome::Success, Outcome::Success),
            (202, Outcome::Success, Outcome::UpdateNoChange),
            (236, Outcome::Success, Outcome::Success),
            (304, Outcome::NoChange, Outcome::Failed),
            (400, Outcome::Failed, Outcome::Failed),
            (403, Outcome::Failed, Outcome::Forbidden),
            (404, Outcome::Missed, Outcome::Missed),
            (412, Outcome::Failed, Outcome::UpdateNonsense),
            (429, Outcome::Limited, Outcome::Limited),
            (500, Outcome::Failed, Outcome::Failed),
            (503, Outcome::Missed, Outcome::Missed),
        ] {
            assert_eq!(
                (of(RequestClass::Poll, status), of(RequestClass::Put, status)),
                (poll, put),
                "{status}"
            );
        }
    }
}
