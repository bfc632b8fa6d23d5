//! Differences between a run and a recording.

use std::collections::{BTreeMap, BTreeSet};

use super::{RecordedOutcome, Recording, is_scenario};

/// The cases and scenarios that a run left out.
pub struct Coverage<'c> {
    /// Returns true if the run left out the scenario with this id.
    pub leaves_out_scenario: &'c dyn Fn(&str) -> bool,
    /// Returns true if the run left out the cases of a group in a profile.
    pub leaves_out_group: &'c dyn Fn(&str, &str) -> bool,
    /// Returns the group of a case.
    pub group_of_case: &'c dyn Fn(&str) -> Option<String>,
}

/// A fact that a recording has.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Fact<'r> {
    Named(&'static str),
    Lacks(&'r str),
    Scenario(&'r str),
    Group(&'r str, &'r str),
    Case(&'r str),
}

impl Fact<'_> {
    /// Returns the name, and the text of a recording that does not list the fact.
    fn name(&self) -> (String, &'static str) {
        match self {
            Self::Named(name) => ((*name).to_owned(), "nothing"),
            Self::Lacks(name) => ((*name).to_owned(), "has"),
            Self::Scenario(id) => ((*id).to_owned(), "nothing"),
            Self::Group(group, profile) => (format!("{group} ({profile})"), "nothing"),
            Self::Case(id) => ((*id).to_owned(), "pass"),
        }
    }
}

impl Recording {
    /// Returns a line for each difference between this recording and the outcome of a run. Cases and scenarios that the run left out are not compared, nor are
    /// the day, the runtime and the measurements.
    #[must_use]
    pub fn differences(&self, run: &Self, coverage: &Coverage<'_>) -> Vec<String> {
        let (recorded, now) = (self.facts(), run.facts());
        let has_group = |facts: &BTreeMap<Fact<'_>, String>, name: &str| {
            facts.keys().any(|fact| matches!(fact, Fact::Group(group, _) if *group == name))
        };
        let (mut lines, mut is_whole) = (Vec::new(), true);
        let mut compare = |fact: &Fact<'_>, recorded: Option<&String>, now: Option<&String>| {
            let (name, missing) = fact.name();
            let text = |text: Option<&String>| text.map_or(missing, String::as_str).to_owned();
            let (recorded, now) = (text(recorded), text(now));
            if recorded != now {
                lines.push(format!("{name}: recorded {recorded}, now {now}"));
            }
        };
        for fact in recorded.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            let is_left_out = match fact {
                Fact::Scenario(id) => !now.contains_key(fact) && (coverage.leaves_out_scenario)(id),
                Fact::Group(group, profile) => {
                    !now.contains_key(fact) && (coverage.leaves_out_group)(group, profile)
                }
                Fact::Case(id) => {
                    let group = (coverage.group_of_case)(id).unwrap_or_default();
                    !has_group(&now, &group) && has_group(&recorded, &group)
                }
                Fact::Named(_) | Fact::Lacks(_) => false,
            };
            if is_left_out {
                is_whole = false;
            } else {
                compare(fact, recorded.get(fact), now.get(fact));
            }
        }
        if is_whole {
            let tier = |recording: &Self| serde_json::to_string(&recording.tier).ok();
            compare(&Fact::Named("the tier"), tier(self).as_ref(), tier(run).as_ref());
        }
        lines
    }

    fn facts(&self) -> BTreeMap<Fact<'_>, String> {
        let named = [
            ("the suite's version", self.suite.clone()),
            ("the number of scenarios", self.scenarios.to_string()),
            ("the SDK", self.title()),
            ("the language", self.sdk.language.clone()),
        ];
        let named = named.map(|(name, text)| (Fact::Named(name), text)).into_iter();
        let cannot = self.cannot.iter();
        let cannot = cannot.map(|(name, why)| (Fact::Lacks(name), format!("lacks ({why})")));
        let scenarios = self.scenario_ids().into_iter();
        let scenarios = scenarios.map(|id| (Fact::Scenario(id), self.scenario_as_text(id)));
        let groups = self.groups.iter().flat_map(|(profile, groups)| {
            groups.iter().map(move |(name, group)| {
                let text = serde_json::to_string(group).unwrap_or_default();
                (Fact::Group(name, profile), text)
            })
        });
        let cases = self.failing().filter(|id| !is_scenario(id));
        let cases = cases.map(|id| (Fact::Case(id), self.failure_as_text(id)));
        named.chain(cannot).chain(scenarios).chain(groups).chain(cases).collect()
    }

    fn scenario_as_text(&self, id: &str) -> String {
        match self.scenario(id) {
            None => "nothing".to_owned(),
            Some(RecordedOutcome::Pass) => "pass".to_owned(),
            Some(RecordedOutcome::Skipped(each)) => format!("skipped, {}: {}", each.why, each.what),
            Some(_) => self.failure_as_text(id),
        }
    }

    /// Returns the failures of a case or a scenario.
    fn failure_as_text(&self, id: &str) -> String {
        let failures = self.failures.iter().filter(|failure| failure.ids.contains(id));
        let texts = failures.map(|failure| match (failure.reason.as_str(), failure.sometimes) {
            ("", _) => format!("failed at {:?}", failure.at),
            (reason, true) => format!("sometimes at {:?} ({reason})", failure.at),
            (reason, false) => format!("known at {:?} ({reason})", failure.at),
        });
        texts.collect::<Vec<_>>().join(" and ")
    }
}
