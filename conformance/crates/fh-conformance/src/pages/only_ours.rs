//! The cases and scenarios that only this project's SDKs pass.

use std::collections::BTreeMap;

use super::subjects::{Subjects, of_case, of_scenario};
use super::{Block, Line, Mark, Section, code, enumerated, grouped, paragraph, text};
use crate::sdk::scenarios;

pub(super) fn only_ours(subjects: &Subjects<'_>) -> Section {
    let all = scenarios::all().filter(|scenario| {
        is_only_ours(
            subjects.own().map(|recording| of_scenario(recording, scenario.id)),
            subjects.others().map(|recording| of_scenario(recording, scenario.id)),
        )
    });
    let ids: Vec<Line> = all.map(|scenario| vec![code(scenario.id)]).collect();
    let mut by_group: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &subjects.suite.cases {
        if is_only_ours(
            subjects.own().map(|recording| of_case(recording, case)),
            subjects.others().map(|recording| of_case(recording, case)),
        ) {
            *by_group.entry(case.group.as_str()).or_default() += 1;
        }
    }
    let groups = by_group
        .into_iter()
        .map(|(group, count)| vec![code(group), text(format!(" ({})", grouped(count as u64)))]);
    let mut blocks = vec![paragraph(
        "At least one other SDK fails each of these, and no other SDK passes it. `fh-conformance explain ID` says what an SDK must do, and why.",
    )];
    let listed = [("Scenarios: ", ids), ("Cases, by group: ", groups.collect())];
    for (what, lines) in listed.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let mut line = vec![text(what)];
        line.extend(enumerated(lines, ", ", usize::MAX));
        line.push(text("."));
        blocks.push(Block::Paragraph(line));
    }
    if blocks.len() == 1 {
        blocks.push(paragraph("There is nothing of this kind."));
    }
    Section { title: "What only this project's SDK passes".to_owned(), blocks }
}

/// Returns true if one of our SDKs passes and none fails, and of the others one fails and none passes.
fn is_only_ours(
    own: impl Iterator<Item = Option<Mark>>,
    others: impl Iterator<Item = Option<Mark>>,
) -> bool {
    let (mut passes, mut fails) = (false, false);
    for mark in own.flatten() {
        match mark {
            Mark::Pass => passes = true,
            Mark::Known | Mark::Sometimes | Mark::Failed => return false,
            _ => {}
        }
    }
    for mark in others.flatten() {
        match mark {
            // An SDK that fails sometimes can pass.
            Mark::Pass | Mark::Sometimes => return false,
            Mark::Known | Mark::Failed => fails = true,
            _ => {}
        }
    }
    passes && fails
}
