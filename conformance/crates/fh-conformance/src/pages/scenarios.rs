//! The scenarios: SDK by scenario.

use super::subjects::{Subjects, of_scenario, scenario_cell};
use super::{Block, Item, Mark, Section, Table, code, tally, text};
use crate::sdk::scenarios::GROUPS;

pub(super) fn scenarios(subjects: &Subjects<'_>) -> Section {
    let mut blocks = vec![Block::Paragraph(vec![
        code("fh-conformance sdk list"),
        text(" says what each scenario expects, and so does "),
        code("fh-conformance explain ID"),
        text(
            ". A scenario is not run if the SDK lacks a capability that it requires, or \
             cannot set a delay that it needs.",
        ),
    ])];
    let sums = GROUPS.iter().map(|group| {
        let name = vec![text(format!("{}: {}", group.name, group.title))];
        let cells = subjects.all().map(|recording| {
            let count = |mark: Mark| {
                let marks = group.scenarios.iter().map(|each| of_scenario(recording, each));
                (marks.filter(|found| *found == Some(mark)).count(), mark)
            };
            tally(
                [Mark::Pass, Mark::Known, Mark::Sometimes, Mark::Failed, Mark::Skipped].map(count),
            )
        });
        std::iter::once(name).chain(cells).collect()
    });
    blocks.push(Block::Table(Table { head: subjects.head(&["group"]), rows: sums.collect() }));
    for group in GROUPS {
        let rows = group.scenarios.iter().map(|scenario| {
            let name = vec![text(format!("{} {}", scenario.id, scenario.name))];
            let cells = subjects.all().map(|recording| scenario_cell(recording, scenario.id));
            std::iter::once(name).chain(cells).collect()
        });
        let table = Table { head: subjects.head(&["scenario"]), rows: rows.collect() };
        let mut parts = vec![Block::Table(table)];
        let not_executed = group.not_executed.iter().map(|(id, reason)| Item {
            anchor: None,
            line: vec![text(format!("{id} is not executed: {reason}."))],
        });
        let not_executed: Vec<Item> = not_executed.collect();
        if !not_executed.is_empty() {
            parts.push(Block::List(not_executed));
        }
        blocks.push(Block::Folded {
            title: format!("{}: {}", group.name, group.title),
            blocks: parts,
        });
    }
    Section { title: "Scenarios".to_owned(), blocks }
}
