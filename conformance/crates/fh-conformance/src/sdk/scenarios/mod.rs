//! All scenarios, by group.

mod anna;
mod broken_edge;
mod catch;
mod close;
mod context;
mod faults;
mod intercept;
mod keys;
mod listeners;
mod poll;
mod readiness;
mod restarts;
mod safety;
mod store;
mod stream;
mod suspension;
mod usage;
mod wire;

use std::time::Duration;

use super::scenario::{Group, Scenario};
use crate::report::{Row, RowOutcome, SkipKind, SkippedRow};

/// All groups, in the order of reports.
pub const GROUPS: &[Group] = &[
    wire::GROUP,
    poll::GROUP,
    stream::GROUP,
    readiness::GROUP,
    listeners::GROUP,
    catch::GROUP,
    intercept::GROUP,
    usage::GROUP,
    context::GROUP,
    keys::GROUP,
    suspension::GROUP,
    close::GROUP,
    store::GROUP,
    safety::GROUP,
    faults::GROUP,
    restarts::GROUP,
];

/// Returns all scenarios, in the order of their groups.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    GROUPS.iter().flat_map(|group| group.scenarios)
}

/// Returns the ids of all scenarios, also of those that are never executed.
pub fn ids() -> impl Iterator<Item = &'static str> {
    let not_executed = GROUPS.iter().flat_map(|group| group.not_executed);
    all().map(|scenario| scenario.id).chain(not_executed.map(|(id, _)| *id))
}

/// Returns the scenario with this id.
#[must_use]
pub fn named(id: &str) -> Option<&'static Scenario> {
    all().find(|scenario| scenario.id == id)
}

/// Returns the id and the reason of a scenario that is never executed.
#[must_use]
pub fn not_executed(id: &str) -> Option<(&'static str, &'static str)> {
    GROUPS.iter().flat_map(|group| group.not_executed).copied().find(|(known, _)| *known == id)
}

/// Returns a row for each scenario that is never executed.
pub fn not_executed_rows() -> impl Iterator<Item = Row> {
    let all =
        GROUPS.iter().flat_map(|group| group.not_executed.iter().map(move |each| (group, each)));
    all.map(|(group, (id, reason))| Row {
        id: (*id).to_owned(),
        rev: None,
        title: String::new(),
        group: group.name.to_owned(),
        profile: None,
        tier: 3,
        outcome: RowOutcome::Skipped(SkippedRow {
            kind: SkipKind::NotExecuted,
            reason: (*reason).to_owned(),
        }),
        took: Duration::ZERO,
        reproduce: Vec::new(),
        evidence: Vec::new(),
    })
}

/// Returns what a scenario expects, and the commands that run it.
#[must_use]
pub fn explanation(scenario: &Scenario) -> String {
    let list = |names: &[&str]| {
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    format!(
        "{} {}\n  tier     {}\n  given    {}\n  when     {}\n  then     {}\n  source   {}\n  requires {}\n  needs    {}\n  finds    {}\n  \
         fh-conformance sdk --adapter CMD --only {}\n  fh-conformance edge --scenario {}\n",
        scenario.id,
        scenario.name,
        scenario.tier,
        scenario.given,
        scenario.when,
        scenario.then,
        scenario.decision,
        list(scenario.requires),
        list(scenario.needs),
        list(scenario.bites),
        scenario.id,
        scenario.id
    )
}

/// Returns a line for each scenario.
#[must_use]
pub fn to_lines() -> String {
    let mut out = String::new();
    for scenario in all() {
        let requires = scenario.requires.join(" ");
        out.push_str(&format!(
            "{:<14} {:<34} {}  {requires}\n",
            scenario.id, scenario.name, scenario.tier
        ));
    }
    out
}

const INTRODUCTION: &str = "\
# Scenarios for client SDKs

This page lists what a client must do while an Edge behaves as scripted. `fh-conformance sdk` runs the scenarios against any SDK behind an adapter
([adapter-protocol.md](adapter-protocol.md)), and `fh-conformance edge --scenario ID` serves the Edge of a scenario alone. N is the interval between polls, or the
first delay before a retry. A scenario runs only if the SDK has the capabilities that it requires and can set the settings that it needs. Scenarios with a star take
more than five seconds and run with `--all` only. The page is rendered by `fh-conformance sdk list --markdown`.
";

/// Returns the scenarios as a page.
#[must_use]
pub fn to_markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    for group in GROUPS {
        out.push_str(&format!("\n## {}: {}\n\n", group.name, group.title));
        out.push_str("| id | name | tier | given | when | then | source | requires, needs |\n|---|---|---|---|---|---|---|---|\n");
        for scenario in group.scenarios {
            let star = if scenario.slow { " *" } else { "" };
            let names = scenario.requires.iter().chain(scenario.needs);
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let cells = [
                format!("{}{star}", scenario.id),
                scenario.name.to_owned(),
                scenario.tier.to_string(),
                scenario.given.to_owned(),
                scenario.when.to_owned(),
                scenario.then.to_owned(),
                scenario.decision.to_owned(),
                names.join(" "),
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        for (id, reason) in group.not_executed {
            out.push_str(&format!("\n{id} is not executed: {reason}.\n"));
        }
    }
    out
}
