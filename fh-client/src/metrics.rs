//! Metrics that the client reports through the `metrics` crate, if the cargo feature `metrics` is enabled.
//!
//! The program must install a recorder of the `metrics` crate; without a recorder no metric is counted. Every metric has the
//! label `environment`. Unless the table says otherwise, it is the id of the first API key's environment. The contexts of a
//! [pool](crate::ContextPool) increase the counters, but set no gauges.
//!
//! | name | kind | meaning |
//! |---|---|---|
//! | `featurehub_client_ready` | gauge | 1 while the readiness is `READY`, otherwise 0 |
//! | `featurehub_client_connected` | gauge | 1 while the state of the connection is `streaming`, `resting` or `done`, otherwise 0 |
//! | `featurehub_client_seconds_since_contact` | gauge | seconds since the Edge last sent the head of a response or a part of its body; set every 10 seconds, and absent before the first contact |
//! | `featurehub_client_features` | gauge | number of features that are served; set every 10 seconds |
//! | `featurehub_client_requests_total` | counter | requests for features, including redirects |
//! | `featurehub_client_reconnects_total` | counter | streams that were opened after the first one |
//! | `featurehub_client_problems_total` | counter | failed attempts and other new problems in the status, with the label `problem` |
//! | `featurehub_client_evaluations_total` | counter | reads that observers are notified of, with the labels `feature` and `variant`: the id of the strategy that matched, or `default`. The label `environment` is the environment of the feature. The counter is updated every 10 seconds, at a flush and when the client ends; in a context pool and with manual delivery, only when events are delivered. A client [without listeners](crate::ClientBuilder::without_listeners) counts no evaluations |
//! | `featurehub_client_uncounted_evaluations_total` | counter | evaluations beyond 1,000 combinations of feature, value, strategy and interceptor within 10 seconds. The label `environment` is that of the API key with which the client started |
//! | `featurehub_client_dropped_events_total` | counter | events that were dropped because a queue of listeners or of an observer was full |

use std::time::Duration;

use ::metrics::{counter, gauge};
use fh_repository::readiness::Readiness;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::time::Millis;
use fh_repository::{Dispatch, Observer, Repository, SummaryWindow, UsageEvent, UsageSummary};

use crate::reporting::Reporting;
use crate::server::Server;

/// The time between two updates of the gauges that change with time, and between two counts of evaluations.
const INTERVAL: Duration = Duration::from_secs(10);

/// The maximum number of combinations of feature, value, strategy and interceptor that are counted separately within one
/// interval. Evaluations of further combinations are counted together as uncounted.
const MOST_COMBINATIONS: usize = 1_000;

/// An observer that counts evaluations by feature and variant.
pub(crate) struct Evaluations {
    environment: String,
}

impl Evaluations {
    pub(crate) fn new(server: &Server) -> Self {
        Self { environment: server.environment.to_string() }
    }
}

impl Observer for Evaluations {
    fn observe(&self, _: &UsageEvent) {}

    fn dispatch(&self) -> Dispatch {
        Dispatch::Summary(SummaryWindow { every: INTERVAL, distinct: MOST_COMBINATIONS })
    }

    fn summary(&self, summary: &UsageSummary) {
        for counted in &summary.counts {
            let feature = &counted.feature;
            let environment = feature.environment.as_deref().unwrap_or(&self.environment);
            counter!(
                "featurehub_client_evaluations_total",
                "environment" => environment.to_string(),
                "feature" => feature.key.to_string(),
                "variant" => feature.variant().to_string()
            )
            .increment(counted.count);
        }
        if summary.uncounted > 0 {
            let environment = self.environment.clone();
            counter!("featurehub_client_uncounted_evaluations_total", "environment" => environment)
                .increment(summary.uncounted);
        }
    }
}

pub(crate) struct Gauges {
    environment: String,
    reporting: Reporting,
    pub(crate) next: Millis,
    streams: u64,
    dropped: u64,
}

impl Gauges {
    pub(crate) fn new(environment: &str, reporting: Reporting) -> Self {
        Self {
            environment: environment.to_string(),
            reporting,
            next: Millis::default(),
            streams: 0,
            dropped: 0,
        }
    }

    /// Changes the label `environment` of all later reports. Sets the gauges of readiness, connection and features to 0 for
    /// the former environment, unless the client is a context of a pool.
    pub(crate) fn moved(&mut self, environment: &str) {
        if self.reporting == Reporting::Brief {
            self.environment = environment.to_string();
            return;
        }
        for gauge in
            ["featurehub_client_ready", "featurehub_client_connected", "featurehub_client_features"]
        {
            gauge!(gauge, "environment" => self.label()).set(0.0);
        }
        self.environment = environment.to_string();
        self.next = Millis::default();
    }

    fn label(&self) -> String {
        self.environment.clone()
    }

    pub(crate) fn status(&mut self, old: &SessionStatus, new: &SessionStatus) {
        if self.reporting == Reporting::Full {
            let is_ready = new.readiness == Readiness::Ready;
            gauge!("featurehub_client_ready", "environment" => self.label())
                .set(f64::from(u8::from(is_ready)));
            let is_connected = matches!(
                new.connection,
                Connection::Streaming | Connection::Resting | Connection::Done
            );
            gauge!("featurehub_client_connected", "environment" => self.label())
                .set(f64::from(u8::from(is_connected)));
        }
        counter!("featurehub_client_requests_total", "environment" => self.label())
            .increment(new.requests.saturating_sub(old.requests));
        if new.connection == Connection::Streaming && old.connection != Connection::Streaming {
            self.streams += 1;
            if self.streams > 1 {
                counter!("featurehub_client_reconnects_total", "environment" => self.label())
                    .increment(1);
            }
        }
        if let Some(problem) = &new.problem
            && (old.problem.as_ref() != Some(problem) || old.attempts != new.attempts)
        {
            counter!(
                "featurehub_client_problems_total",
                "environment" => self.label(),
                "problem" => problem.as_str()
            )
            .increment(1);
        }
    }

    pub(crate) fn measure(&mut self, repository: &Repository, now: Millis) {
        self.next = now.after(INTERVAL);
        if self.reporting == Reporting::Full {
            if let Some(contact) = repository.last_contact() {
                gauge!("featurehub_client_seconds_since_contact", "environment" => self.label())
                    .set(now.since(contact).as_secs_f64());
            }
            let features = repository.snapshot().rules().ruleset().len();
            gauge!("featurehub_client_features", "environment" => self.label())
                .set(features as f64);
        }
        let counters = repository.counters();
        let dropped = counters.dropped_events + counters.dropped_usage;
        counter!("featurehub_client_dropped_events_total", "environment" => self.label())
            .increment(dropped.saturating_sub(self.dropped));
        self.dropped = dropped;
    }
}
