use std::collections::BTreeSet;

use super::*;
use crate::baseline::KnownFailure;
use crate::data::{Capability, Data, Suite};
use crate::protocol::Sdk;
use crate::recording::{RecordedFault, RecordedGroup, Recording, STORM, Skipped};
use crate::tier::TierReached;

const HOSTILE: &str = "</td><script>alert(1)</script>| [x](y) \u{202e}\"'&";

fn failure(id: &str, at: &str, reason: &str) -> KnownFailure {
    let (at, reason) = (at.to_owned(), reason.to_owned());
    KnownFailure { at, reason, sometimes: false, ids: [id.to_owned()].into() }
}

fn passed(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Returns a recording in which one scenario passed.
fn recording(name: &str) -> Recording {
    let group = RecordedGroup { cases: 199, ..RecordedGroup::default() };
    let groups = [("eval.string".to_owned(), group)].into();
    Recording {
        recorded: "2026-11-21".to_owned(),
        sdk: Sdk { name: name.to_owned(), version: "1.0".to_owned(), ..Sdk::default() },
        groups: [("client".to_owned(), groups)].into(),
        passed: passed(&["C-POLL-001"]),
        ..Recording::default()
    }
}

fn hostile() -> Recording {
    let text = || HOSTILE.to_owned();
    let fault = RecordedFault {
        requests: Some(STORM),
        sent: Some(STORM),
        not_back_within_s: Some(45),
        ..RecordedFault::default()
    };
    Recording {
        recorded: text(),
        sdk: Sdk { name: text(), version: text(), language: text(), runtime: text() },
        tier: TierReached {
            reached: None,
            blocked_by: [text(), format!("lacks {HOSTILE}")].into(),
        },
        cannot: [("usage".to_owned(), text()), (text(), text())].into(),
        passed: passed(&["F-001"]),
        skipped: vec![Skipped { why: text(), what: text(), ids: ["C-POLL-002".to_owned()].into() }],
        failures: vec![
            failure("C-POLL-001", HOSTILE, HOSTILE),
            failure(HOSTILE, HOSTILE, ""),
            failure("F-012", "value", HOSTILE),
        ],
        faults: [("F-001".to_owned(), fault)].into(),
        ..recording("")
    }
}

fn pages(recordings: Vec<Recording>) -> [Page; 2] {
    let data = Data::embedded();
    let (suite, capabilities) = (Suite::load(&data).unwrap(), Capability::load(&data).unwrap());
    let subjects = Subjects::new(recordings, &suite, &capabilities);
    [conformance(&subjects), faults(&subjects)]
}

#[test]
fn texts_of_an_sdk_are_escaped_wherever_they_stand() {
    for page in pages(vec![recording("fh-rust"), hostile()]) {
        let (html, markdown) = (page.to_html(), page.to_markdown());
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains('\u{202e}') && !markdown.contains('\u{202e}'));
        assert!(html.contains("&lt;script&gt;"));
        // Outside code, where text has no meaning, nothing is left of the tags.
        let prose: String = markdown.split('`').step_by(2).collect();
        assert!(!prose.contains("<script"), "{markdown}");
        assert!(prose.contains("&lt;script&gt;"));
        assert!(!prose.contains("[x](y)"));
    }
}

#[test]
fn links_lead_to_anchors_of_the_page() {
    let [page, _] = pages(vec![recording("fh-rust"), hostile()]);
    let html = page.to_html();
    let between = |start: &str| -> BTreeSet<String> {
        html.split(start)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    };
    let (links, ids) = (between("href=\"#"), between(" id=\""));
    assert!(links.len() > page.sections.len(), "{links:?}");
    assert!(links.is_subset(&ids), "{links:?} {ids:?}");
}

#[test]
fn each_scenario_and_capability_has_a_row() {
    let [page, table] = pages(vec![hostile()]);
    let (html, markdown) = (page.to_html(), page.to_markdown());
    for scenario in crate::sdk::scenarios::all() {
        let row = format!(">{} {}<", scenario.id, scenario.name);
        assert!(html.contains(&row), "{row}");
    }
    for capability in Capability::load(&Data::embedded()).unwrap() {
        assert!(markdown.contains(&format!("| `{}` |", capability.id)), "{}", capability.id);
    }
    let faults = table.to_markdown();
    assert!(faults.contains("pass: over 1,000 requests, not back in 45 s"), "{faults}");
    // A process that ended has no numbers.
    assert!(faults.contains("is back after 0 of 2 faults."), "{faults}");
}
