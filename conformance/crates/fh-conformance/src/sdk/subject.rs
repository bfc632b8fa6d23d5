//! The SDK under test.

use std::collections::BTreeSet;

use crate::adapter::{Adapter, AdapterCommand, Timeline};
use crate::protocol::Hello;

/// An SDK under test: the command that starts its adapter, and what the adapter says about it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The command.
    pub command: AdapterCommand,
    /// The answer to `hello`.
    pub hello: Hello,
    /// The settings that `create` ignored when all of them were given.
    pub ignored: BTreeSet<String>,
}

impl Subject {
    /// Starts the adapter once and asks for the SDK and its capabilities.
    ///
    /// # Errors
    /// A message that names what the adapter does wrong.
    pub fn discover(command: AdapterCommand) -> Result<Self, String> {
        let mut adapter = Adapter::start(&command, Timeline::default())?;
        let hello = adapter.hello().map_err(|error| {
            let log = adapter.log();
            format!("{command} does not answer to hello: {error}\n{log}")
        })?;
        Ok(Self { command, hello, ignored: BTreeSet::new() })
    }

    /// Returns true if the SDK ignores the setting with this path, such as `retry.jitter`.
    #[must_use]
    pub fn ignores(&self, setting: &str) -> bool {
        is_ignored(&self.ignored, setting)
    }
}

/// Returns true if a list of ignored settings has the setting or a setting that contains it.
pub(super) fn is_ignored<'a>(ignored: impl IntoIterator<Item = &'a String>, setting: &str) -> bool {
    ignored.into_iter().any(|ignored| {
        setting == ignored
            || setting.strip_prefix(ignored.as_str()).is_some_and(|rest| rest.starts_with('.'))
    })
}
