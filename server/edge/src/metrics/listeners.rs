//! Metrics of the listeners that serve an Edge.

use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

use fh_listen::{Connections, ListenOptions, Tls};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::gauges::{Seconds, whole};

/// The metrics of one listener that `/metrics` shows; see [`EdgeHandle::show_listener`](crate::EdgeHandle::show_listener).
#[derive(Clone, Debug)]
pub struct ListenerFigures {
    name: &'static str,
    connections: Connections,
    max_connections: usize,
    tls: Option<Tls>,
}

impl ListenerFigures {
    /// Creates the metrics of a listener with these options. `name` is the listener's name in `/metrics`. `tls` supplies the expiry of the
    /// certificate, if the expiry is known; a listener without TLS shows none.
    #[must_use]
    pub fn new(name: &'static str, options: &ListenOptions, tls: Option<Tls>) -> Self {
        let connections = options.connections.clone();
        Self { name, connections, max_connections: options.max_connections.get(), tls }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    listener: &'static str,
}

/// The metrics of all listeners, labelled with the name of the listener.
#[derive(Debug, Default)]
pub(super) struct ListenerMetrics {
    open: Family<Labels, Gauge>,
    most: Family<Labels, Gauge>,
    accepted: Family<Labels, Counter>,
    refused: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
    expiry: Family<Labels, Seconds>,
}

impl ListenerMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("fh_edge");
        registry.register("connections", "Open connections", self.open.clone());
        registry.register(
            "connections_max",
            "Largest number of open connections, without connections for health checks",
            self.most.clone(),
        );
        for (name, help, family) in [
            ("connections_accepted", "Connections accepted", &self.accepted),
            (
                "connections_refused",
                "Connections that were closed because a limit was reached",
                &self.refused,
            ),
            (
                "accept_failures",
                "Connections that the operating system failed to accept",
                &self.failures,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
        registry.register(
            "certificate_expiry_timestamp_seconds",
            "Expiry of the certificate in use, in seconds since 1970",
            self.expiry.clone(),
        );
    }

    pub(super) fn set(&self, listeners: &[ListenerFigures]) {
        for listener in listeners {
            let labels = Labels { listener: listener.name };
            let connections = &listener.connections;
            self.open.get_or_create(&labels).set(whole(connections.open()));
            self.most.get_or_create(&labels).set(whole(listener.max_connections));
            let set = |family: &Family<Labels, Counter>, count| {
                family.get_or_create(&labels).inner().store(count, Ordering::Relaxed);
            };
            set(&self.accepted, connections.accepted());
            set(&self.refused, connections.refused());
            set(&self.failures, connections.accept_failures());
            let expires = listener.tls.as_ref().and_then(Tls::expires);
            if let Some(since_1970) = expires.and_then(|at| at.duration_since(UNIX_EPOCH).ok()) {
                self.expiry.get_or_create(&labels).set(since_1970.as_secs_f64());
            }
        }
    }
}
