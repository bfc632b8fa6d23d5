//! The SDK under test.

use std::collections::BTreeSet;

use fh_test_servers::featurehub::FakeEdge;

use crate::adapter::{Adapter, AdapterCommand, AskError, Timeline};
use crate::protocol::{Create, Created, Hello, Mode};

use super::stage::EdgeProtocol;
use super::tempo::TEMPO;

/// An SDK under test: the command that starts its adapter, and what the adapter says about it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The command.
    pub command: AdapterCommand,
    /// The answer to `hello`.
    pub hello: Hello,
    /// The delays and time limits that `create` ignores in each mode that the SDK has.
    pub ignored: BTreeSet<String>,
    /// The protocol between its clients and the Edges of scenarios.
    pub protocol: EdgeProtocol,
}

impl Subject {
    /// Starts the adapter and asks for the SDK, its capabilities and the delays that it ignores.
    ///
    /// # Errors
    /// A message that names what the adapter does wrong.
    pub fn discover(command: AdapterCommand) -> Result<Self, String> {
        let mut adapter = Adapter::start(&command, Timeline::default())?;
        let hello = adapter.hello().map_err(|error| {
            let log = adapter.log();
            format!("{command} does not answer to hello: {error}\n{log}")
        })?;
        let modes = [("transport.poll", Mode::Poll), ("transport.stream", Mode::Stream)];
        let mut ignored: Option<BTreeSet<String>> = None;
        for (capability, mode) in modes {
            if hello.has(capability) {
                let of_mode = ignored_delays(&command, mode)?;
                ignored = Some(match ignored {
                    Some(others) => in_both(&others, &of_mode),
                    None => of_mode,
                });
            }
        }
        let ignored = ignored.unwrap_or_default();
        Ok(Self { command, hello, ignored, protocol: EdgeProtocol::default() })
    }

    /// Returns true if the SDK ignores the setting with this path, such as `retry.jitter`.
    #[must_use]
    pub fn ignores(&self, setting: &str) -> bool {
        is_ignored(&self.ignored, setting)
    }
}

/// Returns the delays and time limits that a client ignores when all of them are given. A process of its own creates the client.
fn ignored_delays(command: &AdapterCommand, mode: Mode) -> Result<BTreeSet<String>, String> {
    let edge = FakeEdge::start().map_err(|error| format!("a port: {error}"))?;
    let mut create = Create {
        client: "settings".to_owned(),
        edge_url: edge.url(),
        keys: vec![edge.client_key()],
        mode,
        ..Create::default()
    };
    TEMPO.apply(&mut create);
    let mut adapter = Adapter::start(command, Timeline::default())?;
    match adapter.ask_as::<Created>("create", &create) {
        Ok(created) => Ok(created.ignored.into_iter().collect()),
        // The scenarios report the error.
        Err(AskError::Answered(_)) => Ok(BTreeSet::new()),
        Err(error) => {
            Err(format!("{command} does not answer to create: {error}\n{}", adapter.log()))
        }
    }
}

/// Returns the settings that both lists have, as such or as a part of another setting.
fn in_both(one: &BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    let of_one = one.iter().filter(|setting| is_ignored(other, setting));
    of_one.chain(other.iter().filter(|setting| is_ignored(one, setting))).cloned().collect()
}

/// Returns true if a list of ignored settings has the setting or a setting that contains it.
pub(super) fn is_ignored<'a>(ignored: impl IntoIterator<Item = &'a String>, setting: &str) -> bool {
    ignored.into_iter().any(|ignored| {
        setting == ignored
            || setting.strip_prefix(ignored.as_str()).is_some_and(|rest| rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_ignored_as_such_or_as_a_part() {
        let list = |settings: &[&str]| settings.iter().map(|&name| name.to_owned()).collect();
        let poll: BTreeSet<String> = list(&["retry", "timeouts.head_ms", "timeouts.idle_ms", "a"]);
        let stream: BTreeSet<String> = list(&["retry.initial_ms", "timeouts", "b"]);
        let both: BTreeSet<String> =
            list(&["retry.initial_ms", "timeouts.head_ms", "timeouts.idle_ms"]);
        assert_eq!(in_both(&poll, &stream), both);
        assert_eq!(in_both(&stream, &poll), both);
        assert!(is_ignored(&stream, "timeouts.poll_ms"));
        assert!(!is_ignored(&both, "timeouts.poll_ms") && !is_ignored(&both, "retry"));
    }
}
