//! The known failures of each SDK, with their reasons and the commands that show them.

use super::subjects::{Subjects, failure_anchor};
use super::{Block, Inline, Item, Mark, Section, code, paragraph, text};
use crate::baseline::KnownFailure;
use crate::recording::Recording;

/// Maximum number of ids that an entry names.
const MOST_IDS: usize = 12;

pub(super) fn known(subjects: &Subjects<'_>) -> Section {
    let mut blocks = vec![
        Block::Paragraph(vec![text(
            "The page as HTML lists the known failures of each SDK, each with its reason, at most 12 of the ids and, for a scenario, the failed \
                  check. Each has a number, to which the outcome of a scenario leads. The first command runs a scenario or case again, and writes the timeline of a scenario that fails into \
                  the folder DIR. The second one serves the Edge of a scenario on a port, for curl and a debugger.",
        )]),
        Block::Commands(vec![
            "cargo xtask subjects NAME --only ID --evidence DIR".to_owned(),
            "fh-conformance edge --scenario ID".to_owned(),
        ]),
    ];
    for recording in subjects.all() {
        let items = recording.known.iter().enumerate();
        let known = items.map(|(number, entry)| item(recording, number, entry));
        let mut parts = vec![Block::List(known.collect())];
        if !recording.failed.is_empty() {
            let failed = recording.failed.iter().map(|failure| Item {
                anchor: None,
                line: vec![
                    Inline::Mark(Mark::Failed),
                    text(" "),
                    code(failure.id.as_str()),
                    text(format!(" at “{}”", failure.at)),
                ],
            });
            parts.push(Block::List(failed.collect()));
        }
        let title = recording.title();
        blocks.push(match recording.known.len() {
            0 if recording.failed.is_empty() => paragraph(format!("{title} has no failures.")),
            1 => Block::Folded { title: format!("{title}: 1 reason"), blocks: parts },
            count => Block::Folded { title: format!("{title}: {count} reasons"), blocks: parts },
        });
    }
    Section { title: "Known failures".to_owned(), blocks }
}

fn item(recording: &Recording, number: usize, entry: &KnownFailure) -> Item {
    let mut line = vec![text(format!("{}. {} ", number + 1, entry.reason))];
    if entry.sometimes {
        line.push(text("This happens sometimes. "));
    }
    if entry.at != crate::run::LABEL {
        line.push(text(format!("Failed check: “{}”. ", entry.at)));
    }
    for (index, id) in entry.ids.iter().take(MOST_IDS).enumerate() {
        if index > 0 {
            line.push(text(" "));
        }
        line.push(code(id.as_str()));
    }
    let hidden = entry.ids.len().saturating_sub(MOST_IDS);
    if hidden > 0 {
        line.push(text(format!(" and {hidden} more")));
    }
    if let Some(id) = entry.ids.first() {
        line.push(text(" · "));
        line.push(code(format!("cargo xtask subjects {} --only {id}", recording.sdk.name)));
    }
    Item { anchor: Some(failure_anchor(recording, number)), line }
}
