//! The capabilities: SDK by capability, and the reasons for what an SDK lacks.

use super::subjects::Subjects;
use super::{Block, Inline, Item, Line, Mark, Section, Table, code, paragraph, text};
use crate::recording::Recording;

pub(super) fn capabilities(subjects: &Subjects<'_>) -> Section {
    let rows = subjects.capabilities.iter().map(|capability| {
        let name = vec![code(capability.id.as_str())];
        let tier = capability.tier.map_or_else(|| "–".to_owned(), |tier| tier.to_string());
        let title = capability.title.strip_prefix("The SDK ").unwrap_or(&capability.title);
        let cells = subjects.all().map(|recording| cell(recording, &capability.id));
        [name, vec![text(title)], vec![text(tier)]].into_iter().chain(cells).collect()
    });
    let head = subjects.head(&["capability", "the SDK …", "tier"]);
    let mut blocks = vec![
        paragraph(
            "The tier is the lowest one that needs the capability; no tier needs the others.",
        ),
        Block::Table(Table { head, rows: rows.collect() }),
    ];
    for recording in subjects.all().filter(|recording| !recording.cannot.is_empty()) {
        let items = recording.cannot.iter().map(|(name, reason)| Item {
            anchor: None,
            line: vec![code(name.as_str()), text(format!(": {reason}"))],
        });
        blocks.push(Block::Folded {
            title: format!("What {} lacks", recording.title()),
            blocks: vec![Block::List(items.collect())],
        });
    }
    Section { title: "Capabilities".to_owned(), blocks }
}

fn cell(recording: &Recording, capability: &str) -> Line {
    let lacks = recording.cannot.contains_key(capability);
    vec![Inline::Mark(if lacks { Mark::Lacks } else { Mark::Has })]
}
