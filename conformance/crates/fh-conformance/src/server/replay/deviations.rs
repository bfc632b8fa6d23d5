//! The intended differences between our Edge and the recordings, as data.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::answer::insert;
use super::rule::Rule;
use super::when::{Facts, When};

/// One intended difference, with its reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deviation {
    /// The condition for the exchanges that it applies to.
    pub when: When,
    /// The name of the stream's events that `instead` applies to. If absent, `instead` applies to the whole answer.
    #[serde(default)]
    pub event: Option<String>,
    /// A merge patch (RFC 7386) for the recorded answer or event: members replace, null removes.
    #[serde(default)]
    pub instead: Option<Value>,
    /// A change of the expected answer that a patch cannot express.
    #[serde(default)]
    pub rule: Option<Rule>,
    /// Names of recorded events that are not expected.
    #[serde(default)]
    pub without_events: Vec<String>,
    /// Members of the answer that are not compared.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// The specification rule or decision that justifies the difference.
    pub because: String,
}

/// All intended differences, in order.
#[derive(Debug, Clone, Default)]
pub struct Deviations(Vec<Deviation>);

/// The error of a list of deviations that cannot be read.
#[derive(Debug)]
pub struct BadDeviations(String);

impl fmt::Display for BadDeviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deviations: {}", self.0)
    }
}

impl std::error::Error for BadDeviations {}

/// The expected answer of a step, and the reasons of the deviations that changed it.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) answer: Value,
    pub(super) because: Vec<String>,
}

impl Deviations {
    /// Reads a list of deviations.
    ///
    /// # Errors
    /// If the text cannot be read, with line and column; or if an entry has no condition, no effect or no reason.
    pub fn parse(text: &str) -> Result<Self, BadDeviations> {
        let all: Vec<Deviation> =
            serde_json::from_str(text).map_err(|error| BadDeviations(error.to_string()))?;
        for each in &all {
            let says = each.instead.is_some()
                || each.rule.is_some()
                || !each.without_events.is_empty()
                || !each.left_out.is_empty();
            if !says || each.when.is_empty() || each.because.is_empty() {
                let entry = format!(
                    "the entry for {:?} has no condition, no effect or no reason",
                    each.when
                );
                return Err(BadDeviations(entry));
            }
        }
        Ok(Self(all))
    }

    /// Returns the deviations of our Edge.
    ///
    /// # Errors
    /// As [`Deviations::parse`].
    pub fn ours() -> Result<Self, BadDeviations> {
        Self::parse(include_str!("deviations.json"))
    }

    /// Returns the recorded answer of a step with all deviations applied. `used` records which deviations applied, and which of them
    /// changed the answer.
    pub(super) fn expect(
        &self,
        facts: &Facts<'_>,
        recorded: &Value,
        equivalent: Option<&Value>,
        used: &mut Used,
    ) -> Expectation {
        let mut answer = recorded.clone();
        let mut because = Vec::new();
        for (at, deviation) in self.0.iter().enumerate() {
            if !deviation.when.holds(facts) {
                continue;
            }
            used.about.insert(at);
            if deviation.lay_over(&mut answer, facts, equivalent) {
                because.push(deviation.because.clone());
                used.changed.insert(at);
            }
        }
        Expectation { answer, because }
    }

    /// Returns true if the expected answer depends on the server's answer to an equivalent request.
    pub(super) fn needs_equivalent(&self, facts: &Facts<'_>) -> bool {
        let needs = |each: &&Deviation| each.rule == Some(Rule::AsWithCommas);
        self.0.iter().filter(needs).any(|deviation| deviation.when.holds(facts))
    }

    /// Returns the deviations that applied to a step but changed none.
    pub(super) fn unused(&self, used: &Used) -> Vec<String> {
        self.named(|at| used.about.contains(&at) && !used.changed.contains(&at))
    }

    /// Returns the deviations that applied to no step of this recording.
    pub(super) fn idle(&self, used: &Used) -> Vec<String> {
        self.named(|at| !used.about.contains(&at))
    }

    fn named(&self, which: impl Fn(usize) -> bool) -> Vec<String> {
        let all = self.0.iter().enumerate().filter(|(at, _)| which(*at));
        all.map(|(_, deviation)| deviation.name()).collect()
    }

    /// Returns true if this member of the answer is not compared.
    pub(super) fn leaves_out(&self, facts: &Facts<'_>, member: &str) -> bool {
        self.0.iter().any(|deviation| {
            deviation.left_out.iter().any(|each| each == member) && deviation.when.holds(facts)
        })
    }
}

/// Indices of deviations in their list.
#[derive(Debug, Default)]
pub(super) struct Used {
    about: BTreeSet<usize>,
    changed: BTreeSet<usize>,
}

impl Deviation {
    /// Returns the names of the steps in its condition, or the reason if it names no steps.
    fn name(&self) -> String {
        match self.when.steps.as_slice() {
            [] => self.because.clone(),
            steps => steps.join(", "),
        }
    }

    /// Applies the deviation to an answer. Returns true if it changed anything.
    fn lay_over(&self, answer: &mut Value, facts: &Facts<'_>, equivalent: Option<&Value>) -> bool {
        let before = answer.clone();
        if let Some(rule) = self.rule {
            rule.apply(answer, facts, equivalent);
        }
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

/// Applies a merge patch (RFC 7386).
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
    use crate::server::transcript::{Answered, Asked};
    use serde_json::json;

    fn deviations(entries: Value) -> Deviations {
        Deviations::parse(&entries.to_string()).unwrap()
    }

    #[test]
    fn laid_over_and_counted() {
        let deviations = deviations(json!([
            {"when": {"steps": ["if-none-match weak"]}, "instead": {"status": 304, "body": null}, "because": "W/"},
            {"when": {"steps": ["put *"]}, "instead": {"status": 200}, "because": "nothing new"},
            {"when": {"steps": ["never"]}, "instead": {"status": 200}, "because": "nothing at all"},
            {"when": {"steps": ["stream *"]}, "event": "feature", "instead": {"id": "x"}, "because": "ids"},
            {"when": {"steps": ["stream b"]}, "withoutEvents": ["ack"], "because": "known"},
        ]));
        let mut used = Used::default();
        let asked = Asked { method: "GET".into(), ..Asked::default() };
        let mut expect = |step: &str, recorded: &Value| {
            let answered = Answered::default();
            let facts = Facts { step, asked: &asked, recorded: &answered, current: None };
            deviations.expect(&facts, recorded, None, &mut used)
        };
        let recorded = json!({"status": 200, "body": {"0": 1}});
        let weak = expect("if-none-match weak", &recorded);
        assert_eq!((weak.answer, weak.because.len()), (json!({"status": 304}), 1));
        let same = expect("put x", &recorded);
        assert_eq!((same.answer, same.because.len()), (recorded, 0));
        let events = json!({"events": [{"event": "ack"}, {"event": "feature"}]});
        let stream = expect("stream b", &events);
        assert_eq!(stream.answer, json!({"events": [{"event": "feature", "id": "x"}]}));
        assert_eq!(deviations.unused(&used), ["put *"]);
        assert_eq!(deviations.idle(&used), ["never"]);
    }

    #[test]
    fn entries_say_something() {
        for bad in [
            r#"[{"when": {}, "instead": {}, "because": "x"}]"#,
            r#"[{"when": {"method": "GET"}, "because": "x"}]"#,
            r#"[{"when": {"method": "GET"}, "instead": {}, "because": ""}]"#,
            r#"[{"when": {"step": "a"}, "instead": {}, "because": "x"}]"#,
            r#"[{"steps": ["a"], "instead": {}, "because": "x"}]"#,
        ] {
            assert!(Deviations::parse(bad).is_err(), "{bad}");
        }
    }

    /// Conditions and patches must not contain ids, keys or etags of one recording.
    #[test]
    fn ours_hold_for_any_recording() {
        let recorded = crate::server::transcript::Transcript::recorded().unwrap();
        let text = include_str!("deviations.json");
        assert!(Deviations::ours().unwrap().0.iter().all(|each| each.when.steps.is_empty()));
        let own = recorded.value_ids.iter().flat_map(|(key, id)| [key, id]);
        let keys = recorded.accounts.values().flat_map(|each| [&each.client, &each.server]);
        let etags = recorded.steps.iter().filter_map(|step| step.response.headers.get("etag"));
        let etags = etags.map(|etag| etag.trim_matches('"').to_owned()).filter(|tag| tag.len() > 4);
        let etags: Vec<String> = etags.collect();
        assert!(etags.len() > 20);
        for fixture in own.chain(keys).chain(&etags).chain([&recorded.environment_id]) {
            assert!(!text.contains(fixture.as_str()), "{fixture}");
        }
    }
}
