//! The cases of evaluations: SDK by group.

use std::collections::BTreeSet;

use super::subjects::Subjects;
use super::{Block, Inline, Line, Mark, Section, Table, grouped, paragraph, tally, text};
use crate::case::Profile;
use crate::recording::{RecordedGroup, Recording};

pub(super) fn cases(subjects: &Subjects<'_>) -> Section {
    let keys: BTreeSet<(&str, Profile)> = subjects.all().flat_map(of_recording).collect();
    let rows = keys.into_iter().map(|(group, profile)| {
        let counts = || subjects.all().map(|recording| recording.group(group, profile));
        let all = counts().flatten().map(|group| group.cases).max().unwrap_or(0);
        let mut row = vec![vec![text(name(group, profile))], vec![text(grouped(all as u64))]];
        row.extend(counts().map(cell));
        row
    });
    let table = Table { head: subjects.head(&["group", "cases"]), rows: rows.collect() };
    let blocks = vec![
        paragraph(
            "A case is one payload, one context, one getter and the one right answer. The groups that end in “(edge)” compare with the \
             answers of a FeatureHub Edge for server-evaluated keys, which only an evaluator for Edges gives. The cases that were generated from a seed \
             run on this project's SDK. The command diff compares other SDKs on newly drawn cases.",
        ),
        Block::Table(table),
    ];
    Section { title: "Cases of evaluations".to_owned(), blocks }
}

fn of_recording(recording: &Recording) -> impl Iterator<Item = (&str, Profile)> {
    let each = recording.groups.iter();
    each.filter_map(|group| Some((group.group.as_str(), group.profile.parse().ok()?)))
}

fn name(group: &str, profile: Profile) -> String {
    match profile {
        Profile::Client => group.to_owned(),
        Profile::Edge => format!("{group} (edge)"),
    }
}

fn cell(group: Option<&RecordedGroup>) -> Line {
    let Some(group) = group else { return vec![Inline::Mark(Mark::Skipped)] };
    tally([
        (group.pass, Mark::Pass),
        (group.known, Mark::Known),
        (group.sometimes, Mark::Sometimes),
        (group.failed, Mark::Failed),
        (group.skipped.values().sum(), Mark::Skipped),
    ])
}
