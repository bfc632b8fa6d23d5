//! The page `docs/conformance.md`, and the same page as HTML.

use super::subjects::Subjects;
use super::{
    Block, Inline, Item, Mark, Page, capabilities, cases, code, faults, known, link, only_ours,
    overview, scenarios, text,
};

/// Returns the page that shows all recordings.
#[must_use]
pub fn conformance(subjects: &Subjects<'_>) -> Page {
    let introduction = vec![
        Block::Paragraph(vec![
            text(
                "This page shows how SDKs for FeatureHub behave in the conformance suite: cases of evaluations, and scenarios in which an Edge \
                  behaves as scripted. It is rendered from recorded runs in ",
            ),
            code("conformance/recorded"),
            text(". The page "),
            link("conform.md", "conform.md"),
            text(" shows how to test another SDK."),
        ]),
        Block::Paragraph(vec![
            text("The page as HTML also shows the outcome of each scenario and the reason of each failure: "),
            code("fh-conformance report conformance/recorded/*.json --html conformance.html"),
            text("."),
        ]),
        Block::List(
            [
                (Mark::Pass, "all checks passed."),
                (
                    Mark::Known,
                    "a check failed as the SDK's baseline says, which has the reason.",
                ),
                (Mark::Sometimes, "a check fails in some runs, because the SDK has a race."),
                (Mark::Failed, "a check failed, and no baseline lists it."),
                (Mark::Skipped, "the SDK lacks a capability or cannot set a delay, or the run did not include the row."),
            ]
            .into_iter()
            .map(|(mark, meaning)| Item {
                anchor: None,
                line: vec![Inline::Mark(mark), text(format!(": {meaning}"))],
            })
            .collect(),
        ),
        Block::Paragraph(vec![text(
            "A tier is reached if nothing of it and of lower tiers fails: 0 evaluates, 1 polls, 2 streams, 3 has everything else. Known \
             failures count as failures, and so does what is not run because the SDK cannot set a delay, or lacks a capability that the \
             tier or a lower tier needs.",
        )]),
    ];
    Page {
        title: "SDKs in the conformance suite".to_owned(),
        command: "cargo xtask subjects --record".to_owned(),
        introduction,
        sections: vec![
            overview::overview(subjects),
            cases::cases(subjects),
            scenarios::scenarios(subjects),
            known::known(subjects),
            capabilities::capabilities(subjects),
            only_ours::only_ours(subjects),
            faults::section(subjects),
        ],
    }
}
