use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::baseline::tests::{failed, row, skipped};
use crate::data::{Capability, Data, Schemas};
use crate::protocol::Hello;
use crate::report::{Report, RowOutcome, SkipKind};
use crate::sdk::{Measurement, ScenarioOutcome, ScenarioResult, scenarios};
use crate::tier;

const BASELINE: &str = r#"{"format":1,"subject":"s","version":"1","cannot":["usage"],"known":[
    {"ids":["C-POLL-004"],"at":"race","reason":"It races.","sometimes":true},
    {"ids":["C-POLL-002","a.two"],"at":"value","reason":"It rounds."}]}"#;

/// Records a run in which the scenario that fails sometimes has this outcome.
fn recorded(race: RowOutcome) -> Recording {
    let client = Some(Profile::Client);
    let mut rows = vec![
        row("a.two", "a", client, failed("value")),
        row("a.one", "a", client, RowOutcome::Passed),
        row("a.three", "a", client, skipped(SkipKind::Capability, "usage")),
        row("C-POLL-003", "C-POLL", None, skipped(SkipKind::Unconfigurable, "poll_ms")),
        row("C-POLL-002", "C-POLL", None, failed("value")),
        row("C-POLL-004", "C-POLL", None, race),
        row("C-POLL-005", "C-POLL", None, failed("another check")),
    ];
    for id in scenarios::ids() {
        if !rows.iter().any(|row| row.id == id) {
            rows.push(row(id, "another", None, RowOutcome::Passed));
        }
    }
    let mut report = Report { rows, ..Report::default() };
    let baseline = Baseline::parse(BASELINE).unwrap();
    baseline.apply(&mut report);
    let capabilities = Capability::load(&Data::embedded()).unwrap();
    let tier = tier::reached(&report, &capabilities, &baseline.sometimes());
    let hello = Hello {
        sdk: Sdk { name: "s".to_owned(), version: "1".to_owned(), ..Sdk::default() },
        cannot: [("usage".to_owned(), "It has none.".to_owned())].into(),
        ..Hello::default()
    };
    let result = ScenarioResult {
        scenario: scenarios::named("F-001").unwrap(),
        outcome: ScenarioOutcome::Passed,
        took: Duration::from_secs(17),
        start: Instant::now(),
        timeline: Vec::new(),
        log: String::new(),
        late: Duration::ZERO,
        last_request: None,
        measurements: vec![
            Measurement { name: "requests", value: 2085.0 },
            Measurement { name: "back after s", value: 0.3 },
        ],
    };
    Recording::of(&RecordedRun {
        hello: &hello,
        report: &report,
        results: &[result],
        baseline: Some(&baseline),
        tier: &tier,
        day: "2026-11-21",
    })
}

const TEXT: &str = r#"{
  "$schema": "../data/schema/recording-1.schema.json",
  "format": 1,
  "recorded": "2026-11-21",
  "suite": "1.0",
  "sdk": { "name": "s", "version": "1", "language": "", "runtime": "" },
  "tier": { "reached": null, "blocked_by": ["C-POLL-002", "C-POLL-003", "C-POLL-004", "C-POLL-005", "a (1 case)"] },
  "cannot": { "usage": "It has none." },
  "groups": { "client": { "a": { "cases": 3, "known": 1, "skipped": { "usage": 1 } } } },
  "scenarios": ALL,
  "skipped": [{ "why": "unconfigurable", "what": "poll_ms", "ids": ["C-POLL-003"] }],
  "failures": [
    { "at": "another check", "ids": ["C-POLL-005"] },
    { "at": "race", "reason": "It races.", "sometimes": true, "ids": ["C-POLL-004"] },
    { "at": "value", "reason": "It rounds.", "ids": ["C-POLL-002", "a.two"] }
  ],
  "faults": { "F-001": { "requests": 2000, "back_within_s": 1 } }
}
"#;

fn text() -> String {
    TEXT.replace("ALL", &scenarios::ids().count().to_string())
}

#[test]
fn a_recording_has_each_reason_once_and_no_times() {
    let recording = recorded(RowOutcome::Passed);
    assert_eq!(recording.to_text(), text());
    assert_eq!(Recording::parse(&text()).unwrap(), recording);
    assert_eq!(recording.group("a", Profile::Client).unwrap().passed(), 1);
    assert_eq!(recorded(failed("race")), recording, "a race is no change");
}

#[test]
fn recordings_satisfy_their_schema() {
    let schemas = Schemas::compile(&Data::embedded()).unwrap();
    let violations = |text: &str| {
        let document: Value = serde_json::from_str(text).unwrap();
        schemas.violations("recording", "recording-1", &document)
    };
    assert_eq!(violations(&text()), []);
    assert_ne!(violations(&text().replace("\"unconfigurable\"", "\"perhaps\"")), []);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recorded");
    for file in std::fs::read_dir(folder).into_iter().flatten() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert_eq!(violations(&text), []);
        Recording::parse(&text).unwrap();
    }
}

#[test]
fn failures_with_reasons_are_the_baseline_of_the_next_run() {
    let baseline = Recording::parse(&text()).unwrap().baseline();
    let written = Baseline::parse(BASELINE).unwrap();
    assert_eq!((&baseline.subject, &baseline.version), (&written.subject, &written.version));
    assert_eq!(baseline.cannot, written.cannot);
    assert_eq!(baseline.known, written.known);
    // A person explains a failure by its reason.
    let explained =
        text().replace("\"another check\"", "\"another check\", \"reason\": \"It is late.\"");
    let explained = Recording::parse(&explained).unwrap();
    assert!(explained.baseline().always_fails("C-POLL-005"));
    assert_eq!(explained.scenario("C-POLL-005"), Some(RecordedOutcome::Known));
    assert!(Recording::is_recording(&text()) && !Recording::is_recording(BASELINE));
}

#[test]
fn a_file_of_another_form_is_refused() {
    for (from, to, part) in [
        ("\"format\": 1", "\"format\": 2", "format 2"),
        ("\"C-POLL-002\", \"C-POLL-003\"", "\"C-POLL-003\", \"C-POLL-002\"", "the form"),
        ("\"It rounds.\"", "\" \"", "no reason"),
        ("[\"C-POLL-002\", \"a.two\"]", "[]", "no ids"),
        (
            r#""race", "reason": "It races.", "sometimes": true, "ids": ["C-POLL-004"]"#,
            r#""value", "reason": "It races.", "ids": ["a.two"]"#,
            "twice",
        ),
        ("\"suite\"", "\"suit\"", "suit"),
    ] {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text());
        let error = Recording::parse(&changed).unwrap_err();
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// Compares a recording with a changed one, of a run that left out what `left_out` names.
fn differences(change: impl Fn(&mut Recording), left_out: &[&str]) -> Vec<String> {
    let recorded = recorded(RowOutcome::Passed);
    let mut run = recorded.clone();
    change(&mut run);
    recorded.differences(
        &run,
        &Coverage {
            leaves_out_scenario: &|id| left_out.contains(&id),
            leaves_out_group: &|group, _| left_out.contains(&group),
            group_of_case: &|id| id.split('.').next().map(str::to_owned),
        },
    )
}

/// Changes a recording.
type Change = fn(&mut Recording);

#[test]
fn each_change_is_one_difference() {
    assert_eq!(differences(|_| {}, &[]), Vec::<String>::new());
    let day_and_runtime = |run: &mut Recording| {
        run.recorded = "2027-01-01".to_owned();
        run.sdk.runtime = "another".to_owned();
        run.faults.clear();
    };
    assert_eq!(differences(day_and_runtime, &[]), Vec::<String>::new());
    let changes: [(&str, Change); 9] = [
        ("the number of scenarios: recorded", |run| run.scenarios += 1),
        ("the SDK: recorded s 1, now s 2", |run| run.sdk.version = "2".to_owned()),
        ("usage: recorded lacks (It has none.), now has", |run| run.cannot.clear()),
        ("usage: recorded lacks (It has none.), now lacks (Never.)", |run| {
            run.cannot.insert("usage".to_owned(), "Never.".to_owned());
        }),
        ("C-POLL-001: recorded pass, now nothing", |run| {
            run.passed.remove("C-POLL-001");
        }),
        ("C-POLL-003: recorded skipped, unconfigurable: poll_ms, now pass", |run| {
            let skipped = std::mem::take(&mut run.skipped);
            run.passed.extend(skipped[0].ids.clone());
        }),
        ("C-POLL-005: recorded failed at \"another check\", now failed at \"a third\"", |run| {
            run.failures[0].at = "a third".to_owned();
        }),
        ("a.two: recorded known at \"value\" (It rounds.), now pass", |run| {
            run.failures[2].ids.remove("a.two");
        }),
        ("the tier: recorded", |run| run.tier.reached = Some(0)),
    ];
    for (text, change) in changes {
        let lines = differences(change, &[]);
        assert!(lines.len() == 1 && lines[0].starts_with(text), "{text}: {lines:?}");
    }
}

#[test]
fn what_a_run_left_out_is_not_compared() {
    let smaller = |run: &mut Recording| {
        run.passed.remove("C-POLL-001");
        run.groups.clear();
        run.failures[2].ids.remove("a.two");
        run.tier = TierReached::default();
    };
    assert_eq!(differences(smaller, &["C-POLL-001", "a"]), Vec::<String>::new());
    assert_eq!(differences(smaller, &["a"]).len(), 1);
    // The group, without its cases and without the tier.
    assert_eq!(differences(smaller, &["C-POLL-001"]).len(), 1);
}

#[test]
fn measurements_of_the_same_version_are_merged() {
    let earlier = recorded(RowOutcome::Passed);
    let mut later = earlier.clone();
    later.faults.insert(
        "F-001".to_owned(),
        RecordedFault { requests: Some(1), ..RecordedFault::default() },
    );
    let mut newer = later.clone();
    newer.sdk.version = "2".to_owned();
    later.merge_measurements(&earlier);
    newer.merge_measurements(&earlier);
    assert_eq!(later.faults["F-001"].requests, Some(2000));
    assert_eq!(newer.faults["F-001"].requests, Some(1));
}
