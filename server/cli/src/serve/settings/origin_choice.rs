//! The choice between `--state`, `--relay`, `--cluster` and `--default-state`.

use std::fmt;

use super::server_settings::Settings;
use super::setting::Setting;
use super::sources::Source;
use super::state_source::StateSource;

/// A state file or a relay that is not used, because a source with precedence selects a relay or a state file instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overruled {
    by: Source,
    unused: Source,
}

impl fmt::Display for Overruled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, unused } = self;
        write!(f, "{unused} is not used, because {by} takes precedence")
    }
}

/// The prefix of settings that have no effect without a relay.
const OF_RELAYS: &str = "relay-";
/// The prefix of settings that have no effect without a state.
const OF_STATES: &str = "state-";

/// The prefix of settings that have no effect without a cluster.
const OF_CLUSTERS: &str = "cluster-";

/// An origin of features that a server may have.
#[derive(Clone, Copy)]
struct Origin {
    /// The settings that name the origin.
    names: &'static [&'static str],
    /// The prefix of settings that have no effect without it.
    prefix: &'static str,
    is_set: fn(&Settings) -> bool,
    drop: fn(&mut Settings),
}

const ORIGINS: [Origin; 3] = [
    Origin {
        names: &["state"],
        prefix: OF_STATES,
        is_set: |s| s.state.is_some(),
        drop: |s| s.state = None,
    },
    Origin {
        names: &["relay"],
        prefix: OF_RELAYS,
        is_set: |s| s.relay.is_some(),
        drop: |s| s.relay = None,
    },
    Origin {
        names: &["cluster", "cluster-file"],
        prefix: OF_CLUSTERS,
        is_set: |s| s.cluster.is_some(),
        drop: |s| {
            s.cluster = None;
            s.cluster_file = None;
        },
    },
];

/// Keeps the state, the relay or the cluster, depending on which source has precedence, and drops the others. If none is given, the default
/// state file is used, if there is one. Returns a dropped source and the source with precedence, or `None` if nothing was dropped.
///
/// # Errors
/// Fails if two sources have the same precedence. The error names both sources.
pub(super) fn choose(
    settings: &mut Settings,
    said: &mut Vec<(&'static Setting, Source)>,
) -> Result<Option<Overruled>, String> {
    let source = |origin: &Origin| {
        let found = said.iter().filter(|(setting, _)| origin.names.contains(&setting.name));
        found.map(|(_, source)| source.clone()).min_by_key(Source::rank)
    };
    let given = ORIGINS.iter().filter(|origin| (origin.is_set)(settings));
    let mut given: Vec<(&Origin, Source)> =
        given.filter_map(|origin| Some((origin, source(origin)?))).collect();
    given.sort_by_key(|(_, source)| source.rank());
    let mut given = given.into_iter();
    let Some((_, by)) = given.next() else {
        settings.state = settings.default_state.clone().map(StateSource::File);
        return Ok(None);
    };
    let mut overruled = None;
    for (origin, unused) in given {
        if unused.rank() == by.rank() {
            return Err(format!("{by} and {unused} exclude each other: set one of them"));
        }
        (origin.drop)(settings);
        // A flag about a relay contradicts a flag that names a state, so it stays and is rejected later.
        said.retain(|(setting, source)| {
            let is_of_it =
                origin.names.contains(&setting.name) || setting.name.starts_with(origin.prefix);
            !is_of_it || source.rank() < unused.rank()
        });
        overruled = overruled.or(Some(Overruled { by: by.clone(), unused }));
    }
    Ok(overruled)
}
