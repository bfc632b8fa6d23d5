//! The tables of SDK by group of cases, by scenario and by capability, and the overview with the sums.

use std::collections::{BTreeMap, BTreeSet};

use super::subjects::{Subjects, of_scenario, scenario_cell};
use super::{
    Block, Inline, Line, Mark, Section, Table, code, enumerated, grouped, list, paragraph, tally,
    text,
};
use crate::case::Profile;
use crate::recording::{RecordedGroup, Recording};
use crate::sdk::Scenario;
use crate::sdk::scenarios::GROUPS;

/// Maximum number of blockers of a tier that are named.
const MOST_BLOCKERS: usize = 8;

pub(super) fn overview(subjects: &Subjects<'_>) -> Section {
    let head = ["SDK", "language", "runtime", "recorded", "tier", "cases", "scenarios"];
    let rows = subjects.all().map(|recording| {
        let tier =
            recording.tier.reached.map_or_else(|| "none".to_owned(), |tier| tier.to_string());
        let sdk = &recording.sdk;
        let texts = [&recording.title(), &sdk.language, &sdk.runtime, &recording.recorded, &tier];
        let cases = recording.groups.values().flat_map(BTreeMap::values).flat_map(counts);
        let scenarios = recording.scenario_ids().into_iter();
        let scenarios = scenarios.filter_map(|id| Some((1, of_scenario(recording, id)?)));
        let texts = texts.map(|each| vec![text(each.as_str())]).into_iter();
        texts.chain([sum(cases), sum(scenarios)]).collect()
    });
    let table = Table { head: head.map(str::to_owned).to_vec(), rows: rows.collect() };
    let blocked = subjects.all().filter(|recording| !recording.tier.blocked_by.is_empty());
    let blocked = list(blocked.map(|recording| {
        let blockers = recording.tier.blocked_by.iter().map(|blocker| {
            vec![match blocker.strip_prefix("lacks ") {
                Some(capability) => code(capability),
                None => text(blocker.as_str()),
            }]
        });
        let (next, title) = (recording.tier.next(), recording.title());
        let mut line = vec![text(format!("Tier {next} of {title} is blocked by "))];
        line.extend(enumerated(blockers.collect(), ", ", MOST_BLOCKERS));
        line.push(text("."));
        line
    }));
    Section { title: "SDKs".to_owned(), blocks: vec![Block::Table(table), blocked] }
}

/// Returns how many of all pass, and the counts of the other outcomes.
fn sum(all: impl Iterator<Item = (usize, Mark)>) -> Line {
    let all: Vec<(usize, Mark)> = all.collect();
    let of =
        |mark: Mark| all.iter().filter(|each| each.1 == mark).map(|each| each.0).sum::<usize>();
    let number = |count: usize| grouped(count as u64);
    let (passed, total) = (of(Mark::Pass), all.iter().map(|each| each.0).sum());
    let mut line = vec![text(format!("{} of {} ", number(passed), number(total)))];
    line.push(Inline::Mark(Mark::Pass));
    let others = tally(OTHERS.map(|mark| (of(mark), mark)));
    line.extend((!others.is_empty()).then(|| text(", ")));
    line.extend(others);
    line
}

/// The outcomes other than passing.
const OTHERS: [Mark; 4] = [Mark::Known, Mark::Sometimes, Mark::Failed, Mark::Skipped];

fn counts(group: &RecordedGroup) -> [(usize, Mark); 5] {
    [
        (group.passed(), Mark::Pass),
        (group.known, Mark::Known),
        (group.sometimes, Mark::Sometimes),
        (group.failed, Mark::Failed),
        (group.skipped.values().sum(), Mark::Skipped),
    ]
}

pub(super) fn cases(subjects: &Subjects<'_>) -> Section {
    let profiles = subjects.all().flat_map(|recording| &recording.groups);
    let keys =
        profiles.filter_map(|(profile, groups)| Some((profile.parse().ok()?, groups.keys())));
    let keys = keys.flat_map(|(profile, names)| names.map(move |name| (name.as_str(), profile)));
    let keys: BTreeSet<(&str, Profile)> = keys.collect();
    let of = |recording: &Recording, (group, profile): (&str, Profile)| {
        recording.group(group, profile).cloned()
    };
    let table = subjects.matrix(
        &["group", "cases"],
        keys,
        |key| {
            let all = subjects.all().filter_map(|recording| of(recording, *key));
            let all = all.map(|group| group.cases).max().unwrap_or(0);
            let suffix = if key.1 == Profile::Edge { " (edge)" } else { "" };
            vec![vec![text(format!("{}{suffix}", key.0))], vec![text(grouped(all as u64))]]
        },
        |recording, key| match of(recording, *key) {
            Some(group) => tally(counts(&group)),
            None => vec![Inline::Mark(Mark::Skipped)],
        },
    );
    let introduction = paragraph(
        "A case is one payload, one context, one getter and the one right answer. The groups that end in “(edge)” compare with the \
         answers of a FeatureHub Edge for server-evaluated keys, which only an evaluator for Edges gives. The cases that were generated from a seed \
         run on this project's SDK. The command diff compares other SDKs on newly drawn cases.",
    );
    Section { title: "Cases of evaluations".to_owned(), blocks: vec![introduction, table] }
}

pub(super) fn scenarios(subjects: &Subjects<'_>) -> Section {
    let name = |name: String| vec![vec![text(name)]];
    let mut blocks = vec![
        paragraph(
            "`fh-conformance sdk list` says what each scenario expects, and so does `fh-conformance explain ID`. A scenario is not run if the SDK \
             lacks a capability that it requires, or cannot set a delay that it needs.",
        ),
        subjects.matrix(
            &["group"],
            GROUPS,
            |group| name(format!("{}: {}", group.name, group.title)),
            |recording, group| {
                let of = |scenario: &Scenario| of_scenario(recording, scenario.id);
                let marks: Vec<Mark> = group.scenarios.iter().filter_map(of).collect();
                let count = |mark| marks.iter().filter(|each| **each == mark).count();
                let all = [Mark::Pass].into_iter().chain(OTHERS);
                tally(all.map(|mark| (count(mark), mark)))
            },
        ),
    ];
    for group in GROUPS {
        let mut parts = vec![subjects.matrix(
            &["scenario"],
            group.scenarios,
            |scenario| name(format!("{} {}", scenario.id, scenario.name)),
            |recording, scenario| scenario_cell(recording, scenario.id),
        )];
        let reasons = group.not_executed.iter();
        let reasons = reasons.map(|(id, why)| vec![text(format!("{id} is not executed: {why}."))]);
        let reasons: Vec<Line> = reasons.collect();
        parts.extend((!reasons.is_empty()).then(|| list(reasons)));
        let title = format!("{}: {}", group.name, group.title);
        blocks.push(Block::Folded { title, blocks: parts });
    }
    Section { title: "Scenarios".to_owned(), blocks }
}

pub(super) fn capabilities(subjects: &Subjects<'_>) -> Section {
    let mut blocks = vec![
        paragraph(
            "The tier is the lowest one that needs the capability; no tier needs the others.",
        ),
        subjects.matrix(
            &["capability", "the SDK …", "tier"],
            subjects.capabilities,
            |each| {
                let tier = each.tier.map_or_else(|| "–".to_owned(), |tier| tier.to_string());
                let title = each.title.strip_prefix("The SDK ").unwrap_or(&each.title);
                vec![vec![code(each.id.as_str())], vec![text(title)], vec![text(tier)]]
            },
            |recording, each| {
                let lacks = recording.cannot.contains_key(&each.id);
                vec![Inline::Mark(if lacks { Mark::Lacks } else { Mark::Has })]
            },
        ),
    ];
    for recording in subjects.all().filter(|recording| !recording.cannot.is_empty()) {
        let cannot = recording.cannot.iter();
        let cannot = cannot.map(|(name, why)| vec![code(name.as_str()), text(format!(": {why}"))]);
        let title = format!("What {} lacks", recording.title());
        blocks.push(Block::Folded { title, blocks: vec![list(cannot)] });
    }
    Section { title: "Capabilities".to_owned(), blocks }
}
