//! The known failures of each SDK, with their reasons and the commands that show them.

use super::subjects::{Subjects, failure_anchor};
use super::{Block, Inline, Item, Mark, Section, code, enumerated, paragraph, text};
use crate::baseline::KnownFailure;
use crate::recording::Recording;

/// Maximum number of ids that an entry names.
const MOST_IDS: usize = 12;

pub(super) fn known(subjects: &Subjects<'_>) -> Section {
    let mut blocks = vec![
        paragraph(
            "The page as HTML lists the known failures of each SDK, each with its reason, at most 12 of the ids and, for a scenario, the failed \
             check. Each has a number, to which the outcome of a scenario leads. The first command runs a scenario or case again, and writes the timeline of a scenario that fails into \
             the folder DIR. The second one serves the Edge of a scenario on a port, for curl and a debugger.",
        ),
        Block::Commands(vec![
            "cargo xtask subjects NAME --only ID --evidence DIR".to_owned(),
            "fh-conformance edge --scenario ID".to_owned(),
        ]),
    ];
    for recording in subjects.all() {
        let items = recording.failures.iter().enumerate();
        let items: Vec<Item> = items.map(|(n, failure)| item(recording, n, failure)).collect();
        let title = recording.title();
        let title = match items.len() {
            0 => {
                blocks.push(Block::Paragraph(vec![text(format!("{title} has no failures."))]));
                continue;
            }
            1 => format!("{title}: 1 reason"),
            count => format!("{title}: {count} reasons"),
        };
        blocks.push(Block::Folded { title, blocks: vec![Block::List(items)] });
    }
    Section { title: "Known failures".to_owned(), blocks }
}

fn item(recording: &Recording, number: usize, failure: &KnownFailure) -> Item {
    let mut line = vec![text(format!("{}. {} ", number + 1, failure.reason))];
    if failure.reason.is_empty() {
        line.extend([Inline::Mark(Mark::Failed), text(". ")]);
    }
    if failure.sometimes {
        line.push(text("This happens sometimes. "));
    }
    if failure.at != crate::run::LABEL {
        line.push(text(format!("Failed check: “{}”. ", failure.at)));
    }
    let ids = failure.ids.iter().map(|id| vec![code(id.as_str())]);
    line.extend(enumerated(ids.collect(), " ", MOST_IDS));
    if let Some(id) = failure.ids.first() {
        line.push(text(" · "));
        line.push(code(format!("cargo xtask subjects {} --only {id}", recording.sdk.name)));
    }
    Item { anchor: Some(failure_anchor(recording, number)), line }
}
