//! The flag whose changes are measured.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A flag that is on, and whose value for a context without a key changes if it is switched off, or if it is off and its default value becomes
/// another one.
pub(crate) struct ChangedFlag {
    pub(crate) key: String,
    flag: Map<String, Value>,
    state: Map<String, Value>,
}

/// A change of the flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The state of the flag is written, with the switch off.
    Off,
    /// The state of the flag is written, with the switch on.
    On,
    /// The default value of its definition becomes this text.
    Define(&'static str),
}

#[derive(Deserialize)]
struct Ruleset {
    flags: BTreeMap<String, Box<RawValue>>,
    states: BTreeMap<String, Box<RawValue>>,
}

impl ChangedFlag {
    /// Chooses a flag of a ruleset.
    ///
    /// # Errors
    /// No flag has the properties.
    pub(crate) fn choose(ruleset: &str) -> Result<Self, String> {
        let ruleset: Ruleset = serde_json::from_str(ruleset).map_err(|why| why.to_string())?;
        let found = ruleset.flags.iter().find_map(|(key, flag)| {
            // Some values have numbers that are no doubles, and such flags are not chosen.
            let flag: Map<String, Value> = serde_json::from_str(flag.get()).ok()?;
            let state = serde_json::from_str(ruleset.states.get(key)?.get()).ok()?;
            let chosen = Self { key: key.clone(), flag, state };
            chosen.fits().then_some(chosen)
        });
        found.ok_or_else(|| "the ruleset has no flag that can be changed".to_string())
    }

    fn fits(&self) -> bool {
        let is_empty = |value: Option<&Value>| match value {
            None | Some(Value::Null) => true,
            Some(Value::Array(list)) => list.is_empty(),
            Some(Value::String(text)) => text.is_empty(),
            Some(value) => *value == 0,
        };
        let (flag, state) = (|name| self.flag.get(name), |name| self.state.get(name));
        let value = state("default_value");
        state("enabled") == Some(&Value::Bool(true))
            && ["rules", "variants", "percentage_rollout"]
                .into_iter()
                .all(|name| is_empty(state(name)))
            && ["mutual_exclusion_group", "prerequisites", "expires_at"]
                .into_iter()
                .all(|name| is_empty(flag(name)))
            && value.is_some_and(|value| !value.is_null())
            && value != flag("default_value")
    }

    /// Returns the definition after a change.
    pub(crate) fn definition(&self, default: &str) -> String {
        let mut flag = self.flag.clone();
        flag.insert("key".to_string(), self.key.as_str().into());
        flag.insert("default_value".to_string(), default.into());
        Value::Object(flag).to_string()
    }

    /// Returns the state with the switch on or off.
    pub(crate) fn state(&self, change: Change) -> String {
        let mut state = self.state.clone();
        state.insert("enabled".to_string(), Value::Bool(change == Change::On));
        Value::Object(state).to_string()
    }
}
