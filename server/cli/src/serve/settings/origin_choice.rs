//! The choice between `--state`, `--relay` and `--default-state`.

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

/// Keeps the state file or the relay, depending on which source has precedence, and drops the other one. If neither is
/// given, the default state file is used, if there is one. Returns the dropped source and the source with precedence, or
/// `None` if nothing was dropped.
///
/// # Errors
/// Fails if both sources have the same precedence. The error names both sources.
pub(super) fn choose(
    settings: &mut Settings,
    said: &mut Vec<(&'static Setting, Source)>,
) -> Result<Option<Overruled>, String> {
    let source = |name: &str| {
        let found = said.iter().find(|(setting, _)| setting.name == name);
        found.map(|(_, source)| source.clone())
    };
    let state = settings.state.as_ref().and_then(|_| source("state"));
    let relay = settings.relay.as_ref().and_then(|_| source("relay"));
    let (state, relay) = match (state, relay) {
        (Some(state), Some(relay)) => (state, relay),
        (None, None) => {
            settings.state = settings.default_state.clone().map(StateSource::File);
            return Ok(None);
        }
        _ => return Ok(None),
    };
    match state.rank().cmp(&relay.rank()) {
        std::cmp::Ordering::Equal => {
            Err(format!("{state} and {relay} exclude each other: set one of them"))
        }
        std::cmp::Ordering::Greater => {
            settings.state = None;
            said.retain(|(setting, source)| {
                let is_of_state = setting.name == "state" || setting.name.starts_with(OF_STATES);
                !is_of_state || source.rank() < state.rank()
            });
            Ok(Some(Overruled { by: relay, unused: state }))
        }
        std::cmp::Ordering::Less => {
            settings.relay = None;
            // A flag about the relay contradicts a flag that names a state, so it stays and is rejected later.
            said.retain(|(setting, source)| {
                let is_of_relay = setting.name == "relay" || setting.name.starts_with(OF_RELAYS);
                !is_of_relay || source.rank() < relay.rank()
            });
            Ok(Some(Overruled { by: state, unused: relay }))
        }
    }
}
