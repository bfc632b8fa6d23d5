//! Metrics of a relay's upstream connections.

use std::time::Duration;

use fh_client::{Connection, Source, Status};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::gauges::{EnvironmentLabels, Seconds, whole};
use crate::origin::relay::{UpstreamRole, UpstreamState, UpstreamStatus};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProblemLabels {
    environment: String,
    name: String,
    problem: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

/// The metrics of upstream connections, labelled with the environment and the name of the connection's keys. Connections for one context
/// and connections of unconfigured keys have no metrics of their own. These connections are only counted by their state.
#[derive(Debug, Default)]
pub(super) struct UpstreamFigures {
    serving: Family<EnvironmentLabels, Gauge>,
    connected: Family<EnvironmentLabels, Gauge>,
    stale: Family<EnvironmentLabels, Gauge>,
    requests: Family<EnvironmentLabels, Gauge>,
    foreign: Family<EnvironmentLabels, Gauge>,
    contact_age: Family<EnvironmentLabels, Seconds>,
    data_age: Family<EnvironmentLabels, Seconds>,
    answer_age: Family<EnvironmentLabels, Seconds>,
    refused: Family<EnvironmentLabels, Seconds>,
    problems: Family<ProblemLabels, Gauge>,
    contexts: Family<StateLabels, Gauge>,
}

impl UpstreamFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("fh_edge_upstream");
        for (name, help, family) in [
            ("serving", "1 if there are features to serve", &self.serving),
            ("connected", "1 while there is contact with the upstream Edge", &self.connected),
            ("stale", "1 if the upstream Edge reports that the environment is stale", &self.stale),
            ("requests", "Requests sent upstream so far", &self.requests),
            (
                "foreign_features",
                "Features refused so far because the upstream Edge sent them as features of another environment",
                &self.foreign,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
        for (name, help, family) in [
            (
                "contact_age_seconds",
                "Seconds since the last contact with the upstream Edge",
                &self.contact_age,
            ),
            (
                "data_age_seconds",
                "Seconds since features were last received or confirmed",
                &self.data_age,
            ),
            (
                "answer_age_seconds",
                "Seconds since the last successful upstream answer to the key",
                &self.answer_age,
            ),
            (
                "refused_seconds",
                "Seconds since the upstream Edge began to refuse a key that it had accepted",
                &self.refused,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
        registry.register(
            "problem",
            "1 while the last upstream request has failed for this reason",
            self.problems.clone(),
        );
        registry.register(
            "contexts",
            "Contexts that the upstream Edge evaluates for, and keys that were not configured",
            self.contexts.clone(),
        );
    }

    /// Replaces the values of all metrics with those of these upstream connections.
    pub(super) fn set(&self, upstreams: &[UpstreamStatus]) {
        let families = [&self.serving, &self.connected, &self.stale, &self.requests, &self.foreign];
        for family in families {
            family.clear();
        }
        self.contact_age.clear();
        self.data_age.clear();
        self.answer_age.clear();
        self.refused.clear();
        self.problems.clear();
        self.contexts.clear();
        for upstream in upstreams {
            match (upstream.role, &upstream.client) {
                (UpstreamRole::Keys, Some(client)) => self.set_one(upstream, client),
                (UpstreamRole::Keys, None) => {}
                (UpstreamRole::Context | UpstreamRole::AnyKey, _) => {
                    let labels = StateLabels { state: upstream.state.as_str() };
                    self.contexts.get_or_create(&labels).inc();
                }
            }
        }
    }

    fn set_one(&self, upstream: &UpstreamStatus, client: &Status) {
        let labels = EnvironmentLabels {
            environment: upstream.environment.to_string(),
            name: upstream.name.to_string(),
        };
        let set = |family: &Family<EnvironmentLabels, Gauge>, value: i64| {
            family.get_or_create(&labels).set(value);
        };
        let is_connected = match client.connection {
            Connection::Resting => true,
            // A stream counts once it has sent a list. While one is held back, nothing arrives.
            Connection::Streaming => {
                client.attempts == 0 && client.source.as_ref().is_some_and(Source::is_edge)
            }
            _ => false,
        };
        set(&self.serving, i64::from(upstream.state == UpstreamState::Serving));
        set(&self.connected, i64::from(is_connected));
        set(&self.stale, i64::from(client.is_stale));
        let count = |count: u64| whole(usize::try_from(count).unwrap_or(usize::MAX));
        set(&self.requests, count(client.requests));
        set(&self.foreign, count(client.foreign_features));
        let age = |family: &Family<EnvironmentLabels, Seconds>, age: Option<Duration>| {
            if let Some(age) = age {
                family.get_or_create(&labels).set(age.as_secs_f64());
            }
        };
        age(&self.contact_age, client.since_contact);
        age(&self.data_age, client.data_age);
        age(&self.answer_age, upstream.answer_age);
        age(&self.refused, upstream.refused_for);
        if let Some(problem) = &client.problem {
            let EnvironmentLabels { environment, name } = labels.clone();
            let labels = ProblemLabels { environment, name, problem: problem.as_str() };
            self.problems.get_or_create(&labels).set(1);
        }
    }
}
