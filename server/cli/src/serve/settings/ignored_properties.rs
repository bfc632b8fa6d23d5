//! Properties of FeatureHub's servers that this Edge does not use. One warning at the start lists those
//! that are set, for operators who migrate a deployment.

use super::sources::Sources;
use super::table::SETTINGS;

/// The subjects and names of the properties. A name that ends in a dot is a prefix.
const FOREIGN: [(&str, &[&str]); 9] = [
    (
        "messages between FeatureHub's servers",
        &[
            "nats.urls",
            "nats.enabled",
            "nats.healthcheck.disabled",
            "nats.",
            "cloudevents.",
            "dacha1.enabled",
            "dacha2.enabled",
            "dacha1.",
        ],
    ),
    (
        "FeatureHub's caches",
        &[
            "dacha.url.default",
            "dacha.timeout.connect",
            "dacha.timeout.read",
            "dacha.",
            "dacha2.",
            "cache.name",
            "edge.dacha.delay-slots",
            "edge.dacha.response-timeout",
            "edge.cache.streamed-maximum-environments",
        ],
    ),
    ("webhooks", &["webhooks.features.enabled", "webhooks.", "webhook.", "enricher.enabled"]),
    (
        "statistics",
        &[
            "edge.stats",
            "edge.stats.publish-interval-ms",
            "edge.stats.max-apis-per-publish",
            "edge.stats.publish-misses",
            "edge.stats.",
        ],
    ),
    ("a content delivery network", &["edge.cache.fastly.key", "edge.cache.fastly.service-id"]),
    ("threads and slots", &["update.pool-size", "listen.pool-size", "maxSlots"]),
    ("the management repository", &["management-repository.url", "mr.", "sdk.feature.", "db."]),
    (
        "logs",
        &[
            "connect.logging.environment",
            "connect.logging.",
            "audit.logging.user",
            "audit.logging.web.header-fields",
            "audit.logging.",
            "jersey.logging.verbosity",
            "jersey.logging.exclude-body-uris",
            "jersey.logging.exclude-entirely-uris",
            "jersey.bufferSize",
        ],
    ),
    (
        "other servers' answers and figures",
        &[
            "cache-control.api",
            "cache-control.api.enabled",
            "opentelemetry.valid-baggage-headers",
            "prometheus.jersey.prefix",
            "prometheus.dynamic-jersey",
        ],
    ),
];

/// The prefixes of the properties of FeatureHub's Edge. An unknown property of a file with such a prefix is reported as a
/// mistake.
const OURS: [&str; 5] = ["edge.", "server.", "monitor.", "jersey.cors.", "featurehub.url"];

/// The given properties and variables that have no effect on this Edge.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IgnoredProperties {
    /// The properties of FeatureHub's servers that this Edge does not use, each with its subject.
    pub(crate) foreign: Vec<(String, &'static str)>,
    /// A message for each unknown property of a file with a prefix of [`OURS`], and each unknown variable of this Edge.
    pub(crate) unknown: Vec<String>,
}

impl IgnoredProperties {
    pub(crate) fn of(sources: &Sources) -> Self {
        let mut idle = Self::default();
        for (name, line) in sources.properties() {
            if is_setting(name) {
                continue;
            }
            match about(name) {
                Some(about) => idle.add(name, about),
                None if OURS.iter().any(|start| name.starts_with(start)) => {
                    let meant = fh_files::closest(name, names_of_properties());
                    let meant = meant.map(|meant| format!("; did you mean {meant}?"));
                    let meant = meant.unwrap_or_default();
                    idle.unknown.push(format!("{name} ({line}) is no property of an Edge{meant}"));
                }
                None => {}
            }
        }
        for (about, names) in FOREIGN {
            for name in names.iter().filter(|name| !name.ends_with('.')) {
                if sources.in_environment(name).is_some() {
                    idle.add(name, about);
                }
            }
        }
        let known: Vec<String> = SETTINGS.iter().map(super::Setting::variable).collect();
        for name in sources.own_variables().filter(|name| !known.iter().any(|known| known == name))
        {
            let meant = fh_files::closest(name, known.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            idle.unknown.push(format!("{name} in the environment is no setting{meant}"));
        }
        idle
    }

    fn add(&mut self, name: &str, about: &'static str) {
        if !self.foreign.iter().any(|(known, _)| known == name) {
            self.foreign.push((name.to_string(), about));
        }
    }

    /// Returns a text that lists the given properties of other servers with their subjects, or `None` if there are none.
    pub(crate) fn foreign_words(&self) -> Option<String> {
        let names: Vec<String> =
            self.foreign.iter().map(|(name, about)| format!("{name} ({about})")).collect();
        (!names.is_empty()).then(|| {
            format!("settings of FeatureHub that have no effect on this Edge: {}", names.join(", "))
        })
    }
}

fn is_setting(name: &str) -> bool {
    names_of_properties().any(|known| known == name)
}

fn names_of_properties() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter_map(|setting| setting.property).map(|property| property.name)
}

fn about(name: &str) -> Option<&'static str> {
    let fits =
        |known: &&str| known.strip_suffix('.').map_or(*known == name, |_| name.starts_with(*known));
    FOREIGN.iter().find(|(_, names)| names.iter().any(fits)).map(|(about, _)| *about)
}

/// Returns the subjects and the names of the properties, for the page.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static str, String)> {
    FOREIGN.iter().map(|(about, names)| {
        let is_covered = |name: &str| {
            names.iter().any(|all| all.ends_with('.') && *all != name && name.starts_with(*all))
        };
        let shown = names.iter().filter(|name| !is_covered(name)).map(|name| {
            let all = if name.ends_with('.') { "*" } else { "" };
            format!("`{name}{all}`")
        });
        (*about, shown.collect::<Vec<_>>().join(", "))
    })
}
