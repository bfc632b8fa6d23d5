//! The page `docs/reference/conformance.md`, and the same page as HTML.

use super::subjects::Subjects;
use super::{Inline, Mark, Page, faults, known, list, matrices, only_ours, paragraph, text};

/// Returns the page that shows all recordings.
#[must_use]
pub fn conformance(subjects: &Subjects<'_>) -> Page {
    let marks = [
        (Mark::Pass, "all checks passed."),
        (Mark::Known, "a check failed as the SDK's baseline says, which has the reason."),
        (Mark::Sometimes, "a check fails in some runs, because the SDK has a race."),
        (Mark::Failed, "a check failed, and no baseline lists it."),
        (
            Mark::Skipped,
            "the SDK lacks a capability or cannot set a delay, or the run did not include the row.",
        ),
    ];
    let introduction = vec![
        paragraph(
            "This page shows how SDKs for FeatureHub behave in the conformance suite: cases of evaluations, and scenarios in which an Edge \
             behaves as scripted. It is rendered from recorded runs in `conformance/recorded`. The page `conform.md` shows how to test another SDK.",
        ),
        paragraph(
            "The page as HTML also shows the outcome of each scenario and the reason of each failure: \
             `fh-conformance report conformance/recorded/*.json --html conformance.html`.",
        ),
        list(marks.map(|(mark, meaning)| vec![Inline::Mark(mark), text(format!(": {meaning}"))])),
        paragraph(
            "A tier is reached if nothing of it and of lower tiers fails: 0 evaluates, 1 polls, 2 streams, 3 has everything else. Known \
             failures count as failures, and so does what is not run because the SDK cannot set a delay, or lacks a capability that the \
             tier or a lower tier needs.",
        ),
    ];
    Page {
        title: "SDKs in the conformance suite".to_owned(),
        command: "cargo xtask subjects --record".to_owned(),
        introduction,
        sections: vec![
            matrices::overview(subjects),
            matrices::cases(subjects),
            matrices::scenarios(subjects),
            known::known(subjects),
            matrices::capabilities(subjects),
            only_ours::only_ours(subjects),
            faults::section(subjects),
        ],
    }
}
