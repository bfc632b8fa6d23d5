//! Differences between a run and a recording.

use std::collections::{BTreeMap, BTreeSet};

use super::{RecordedOutcome, Recording};

/// The cases and scenarios that a run left out.
pub struct Coverage<'c> {
    /// Returns true if the run left out the scenario with this id.
    pub leaves_out_scenario: &'c dyn Fn(&str) -> bool,
    /// Returns true if the run left out the cases of a group in a profile.
    pub leaves_out_group: &'c dyn Fn(&str, &str) -> bool,
    /// Returns the group of a case.
    pub group_of_case: &'c dyn Fn(&str) -> Option<String>,
}

impl Recording {
    /// Returns a line for each difference between this recording and the outcome of a run. Cases and scenarios that the run left out are not compared, nor are
    /// the day, the runtime and the measurements.
    #[must_use]
    pub fn differences(&self, run: &Self, coverage: &Coverage<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, recorded: String, now: String| {
            if recorded != now {
                lines.push(format!("{what}: recorded {recorded}, now {now}"));
            }
        };
        compare("the suite's version", self.suite.clone(), run.suite.clone());
        compare("the SDK", self.title(), run.title());
        compare("the language", self.sdk.language.clone(), run.sdk.language.clone());
        for name in self.cannot.keys().chain(run.cannot.keys()).collect::<BTreeSet<_>>() {
            compare(name, self.capability(name), run.capability(name));
        }
        let mut is_whole = true;
        let ids: BTreeSet<&String> = self.scenarios.keys().chain(run.scenarios.keys()).collect();
        for id in ids {
            if !run.scenarios.contains_key(id) && (coverage.leaves_out_scenario)(id) {
                is_whole = false;
                continue;
            }
            compare(id, self.scenario(id), run.scenario(id));
        }
        let (recorded, now) = (self.groups_as_text(), run.groups_as_text());
        let keys: BTreeSet<&(&str, &str)> = recorded.keys().chain(now.keys()).collect();
        for key in keys {
            let (group, profile) = *key;
            if !now.contains_key(key) && (coverage.leaves_out_group)(group, profile) {
                is_whole = false;
                continue;
            }
            let text = |texts: &BTreeMap<(&str, &str), String>| {
                texts.get(key).cloned().unwrap_or_else(|| "nothing".to_owned())
            };
            compare(&format!("{group} ({profile})"), text(&recorded), text(&now));
        }
        let cases = self.failing_ids().chain(run.failing_ids());
        let cases = cases
            .filter(|id| !self.scenarios.contains_key(*id) && !run.scenarios.contains_key(*id));
        for id in cases.collect::<BTreeSet<&str>>() {
            let group = (coverage.group_of_case)(id).unwrap_or_default();
            if now.keys().any(|(known, _)| *known == group)
                || !recorded.keys().any(|(known, _)| *known == group)
            {
                compare(id, self.failure(id), run.failure(id));
            }
        }
        if is_whole {
            compare("the tier", self.tier_as_text(), run.tier_as_text());
        }
        lines
    }

    fn capability(&self, name: &str) -> String {
        match self.cannot.get(name) {
            Some(reason) => format!("lacks ({reason})"),
            None => "has".to_owned(),
        }
    }

    fn scenario(&self, id: &str) -> String {
        match self.scenarios.get(id) {
            None => "nothing".to_owned(),
            Some(RecordedOutcome::Skipped { why, what }) => format!("skipped, {why}: {what}"),
            Some(RecordedOutcome::Pass) => "pass".to_owned(),
            Some(_) => self.failure(id),
        }
    }

    /// Returns the failure of a case or a scenario, or `pass`.
    fn failure(&self, id: &str) -> String {
        let mut failures: Vec<String> = Vec::new();
        for entry in self.known.iter().filter(|entry| entry.ids.contains(id)) {
            let how = if entry.sometimes { "sometimes" } else { "known" };
            failures.push(format!("{how} at {:?} ({})", entry.at, entry.reason));
        }
        let failed = self.failed.iter().filter(|failure| failure.id == id);
        failures.extend(failed.map(|failure| format!("failed at {:?}", failure.at)));
        if failures.is_empty() { "pass".to_owned() } else { failures.join(" and ") }
    }

    fn groups_as_text(&self) -> BTreeMap<(&str, &str), String> {
        let each = self.groups.iter().map(|group| {
            let text = serde_json::to_string(group).unwrap_or_default();
            ((group.group.as_str(), group.profile.as_str()), text)
        });
        each.collect()
    }

    fn tier_as_text(&self) -> String {
        serde_json::to_string(&self.tier).unwrap_or_default()
    }
}
