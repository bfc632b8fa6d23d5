//! Where our Edge answers something else on purpose, as data.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::answer::insert;

/// One reason to answer otherwise, and what is answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deviation {
    /// Names of steps; a `*` at the end stands for anything. `STREAM/NAME` is a request during a stream.
    pub steps: Vec<String>,
    /// Only these events of a stream.
    #[serde(default)]
    pub event: Option<String>,
    /// Laid over the recorded answer, or event: members replace, null removes (RFC 7386).
    #[serde(default)]
    pub instead: Option<Value>,
    /// Events that do not come.
    #[serde(default)]
    pub without_events: Vec<String>,
    /// Members of the answer that are not compared.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// The rule or decision.
    pub because: String,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Deviations(Vec<Deviation>);

/// The list cannot be read.
#[derive(Debug)]
pub struct BadDeviations(String);

impl fmt::Display for BadDeviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deviations: {}", self.0)
    }
}

impl std::error::Error for BadDeviations {}

/// What a step may answer, and which deviations made it so.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) answer: Value,
    pub(super) because: Vec<String>,
}

impl Deviations {
    /// Reads a list.
    ///
    /// # Errors
    /// With line and column, or the entry that says nothing.
    pub fn parse(text: &str) -> Result<Self, BadDeviations> {
        let all: Vec<Deviation> =
            serde_json::from_str(text).map_err(|error| BadDeviations(error.to_string()))?;
        for each in &all {
            let says = each.instead.is_some()
                || !each.without_events.is_empty()
                || !each.left_out.is_empty();
            if !says || each.steps.is_empty() || each.because.is_empty() {
                let entry = format!("the entry for {:?} says nothing", each.steps);
                return Err(BadDeviations(entry));
            }
        }
        Ok(Self(all))
    }

    /// Those of our Edge.
    ///
    /// # Errors
    /// As [`Deviations::parse`].
    pub fn ours() -> Result<Self, BadDeviations> {
        Self::parse(include_str!("deviations.json"))
    }

    /// The recorded answer of a step with all deviations laid over it. `used` counts, per deviation, what it changed.
    pub(super) fn expect(&self, step: &str, recorded: &Value, used: &mut Used) -> Expectation {
        let mut answer = recorded.clone();
        let mut because = Vec::new();
        for (at, deviation) in self.0.iter().enumerate() {
            let patterns = deviation.steps.iter().enumerate();
            let fitting: Vec<usize> =
                patterns.filter(|(_, pattern)| fits(pattern, step)).map(|(at, _)| at).collect();
            if fitting.is_empty() || !deviation.lay_over(&mut answer) {
                continue;
            }
            because.push(deviation.because.clone());
            for pattern in fitting {
                used.0.push((at, pattern));
            }
        }
        Expectation { answer, because }
    }

    /// Patterns that no step needed.
    pub(super) fn unused(&self, used: &Used) -> Vec<String> {
        let all = self.0.iter().enumerate().flat_map(|(at, deviation)| {
            deviation.steps.iter().enumerate().map(move |(pattern, step)| (at, pattern, step))
        });
        let unused = all.filter(|(at, pattern, _)| !used.0.contains(&(*at, *pattern)));
        unused.map(|(_, _, step)| step.clone()).collect()
    }

    /// Is a member of the answer of `step` left out?
    pub(super) fn leaves_out(&self, step: &str, member: &str) -> bool {
        self.0.iter().any(|deviation| {
            deviation.left_out.iter().any(|each| each == member)
                && deviation.steps.iter().any(|pattern| fits(pattern, step))
        })
    }
}

/// Deviations that changed something: which, by which of their patterns.
#[derive(Debug, Default)]
pub(super) struct Used(Vec<(usize, usize)>);

impl Deviation {
    /// True if that changed anything.
    fn lay_over(&self, answer: &mut Value) -> bool {
        let before = answer.clone();
        match (&self.event, &self.instead) {
            (None, Some(patch)) => merge(answer, patch),
            (Some(name), Some(patch)) => {
                let events = answer.get_mut("events").and_then(Value::as_array_mut);
                let named = |event: &&mut Value| is_named(event, name);
                events.into_iter().flatten().filter(named).for_each(|event| merge(event, patch));
            }
            (_, None) => {}
        }
        if let Some(events) = answer.get_mut("events").and_then(Value::as_array_mut) {
            events.retain(|event| !self.without_events.iter().any(|name| is_named(event, name)));
        }
        for member in &self.left_out {
            insert(answer, member, Value::Null);
        }
        *answer != before || !self.left_out.is_empty()
    }
}

fn is_named(event: &Value, name: &str) -> bool {
    event.get("event").and_then(Value::as_str) == Some(name)
}

fn fits(pattern: &str, step: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => step.starts_with(start),
        None => pattern == step,
    }
}

/// A merge patch (RFC 7386).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, patch) in members {
        if patch.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), patch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deviations(entries: Value) -> Deviations {
        Deviations::parse(&entries.to_string()).unwrap()
    }

    #[test]
    fn laid_over_and_counted() {
        let deviations = deviations(json!([
            {"steps": ["if-none-match weak"], "instead": {"status": 304, "body": null}, "because": "W/"},
            {"steps": ["put *", "never"], "instead": {"status": 200}, "because": "nothing new"},
            {"steps": ["stream *"], "event": "feature", "instead": {"id": "x"}, "because": "ids"},
            {"steps": ["stream b"], "withoutEvents": ["ack"], "because": "known"},
        ]));
        let mut used = Used::default();
        let recorded = json!({"status": 200, "body": {"0": 1}});
        let weak = deviations.expect("if-none-match weak", &recorded, &mut used);
        assert_eq!((weak.answer, weak.because.len()), (json!({"status": 304}), 1));
        let same = deviations.expect("put x", &recorded, &mut used);
        assert_eq!((same.answer, same.because.len()), (recorded, 0));
        let events = json!({"events": [{"event": "ack"}, {"event": "feature"}]});
        let stream = deviations.expect("stream b", &events, &mut used);
        assert_eq!(stream.answer, json!({"events": [{"event": "feature", "id": "x"}]}));
        assert_eq!(deviations.unused(&used), ["put *", "never"]);
    }

    #[test]
    fn entries_say_something() {
        for bad in [
            r#"[{"steps": [], "instead": {}, "because": "x"}]"#,
            r#"[{"steps": ["a"], "because": "x"}]"#,
            r#"[{"steps": ["a"], "instead": {}, "because": ""}]"#,
            r#"[{"step": "a"}]"#,
        ] {
            assert!(Deviations::parse(bad).is_err(), "{bad}");
        }
    }
}
