//! The scenarios of faults: requests, recovery and memory of each SDK.

use super::subjects::{Subjects, of_scenario};
use super::{Block, Inline, Line, Mark, Page, Section, grouped, list, paragraph, text, words};
use crate::recording::{RecordedFault, RecordedOutcome, Recording, STORM};
use crate::sdk::Scenario;
use crate::sdk::scenarios::GROUPS;

/// The name of the group.
const GROUP: &str = "F";

/// Returns the page `docs/reference/faults.md`.
#[must_use]
pub fn faults(subjects: &Subjects<'_>) -> Page {
    let introduction = vec![
        paragraph(
            "In each row, an Edge on a raw TCP socket misbehaves for 12 s from the first request on, and is healthy afterwards, \
             or a proxy in front of it holds streams back. One client \
             connects to this Edge in a process of its own. The client streams, with a client-evaluated key. All delays are those of an SDK \
             in use.",
        ),
        list(
            [
                "Requests are the client's requests during the fault, counted on the wire, including redirects. For an SDK that documents \
                 its delays, the largest number that the delays allow follows in parentheses. Requests that reach no listener are counted \
                 where the SDK hands them to its HTTP library.",
                "Back is the time from the end of the fault until the client has the features again. “Not back” means that the client did \
                 not get the features within the time. In the rows F-023 to F-025, a proxy holds streams back for ever, and passes polls on: \
                 back is the time from the start of the client until it has the features, and a change is seen within the time that follows.",
                "Memory is the growth of the client's process above what it had before the client was created. Less than 10 MB is shown as \
                 10 MB.",
            ]
            .map(words),
        ),
        paragraph(
            "All numbers are upper limits: the largest of several runs of the version, rounded up to 1, 2, 3 or 5 times a power of ten if \
             larger than 10. More than 1,000 requests depend on the machine alone. The delays before retries are random, so the exact numbers differ from run to run. A client that was not back \
             in one run is shown as not back.",
        ),
        paragraph(
            "The client of this project retries half a minute to a minute after an Edge has refused it at first contact. The scenarios F-001 \
             to F-026 measure these numbers, and fail if the client leaves its bounds. This takes about a minute:",
        ),
        Block::Commands(vec![
            "fh-conformance sdk --adapter 'fh-conformance adapter rust' --group F --all --unscaled".to_owned(),
        ]),
        paragraph(
            "Without `--unscaled`, all delays are a tenth, except that of the header `Retry-After`. The page `conformance.md` shows how to list \
             the reasons of the known failures.",
        ),
        paragraph(
            "With `--tls` or `--http2`, clients reach this Edge by TLS, or by HTTP/2 with TLS only. The client of this project in Rust keeps its \
             bounds there as well, which the deep part \"faults over TLS and HTTP/2\" shows. The tests of the Edge put its relay under the same kinds \
             of faults, among them F-018 and F-019. The page `featbit.md` has the faults of clients of FeatBit, such as an upgrade that is refused \
             with status 500.",
        ),
        paragraph(
            "A balancer that ends each response after 30 s, as Google Cloud's do by default, takes too long for these rows. Tests of the session \
             pass its time at once: within an hour, the client of this project is without a stream for 1.9 % of the time, for at most 1 s at once, \
             and sends no poll.",
        ),
    ];
    Page {
        title: "Clients under 26 faults".to_owned(),
        command: "cargo xtask subjects --record".to_owned(),
        introduction,
        sections: vec![Section { title: "The faults".to_owned(), blocks: blocks(subjects) }],
    }
}

/// Returns the section of the page of all recordings.
pub(super) fn section(subjects: &Subjects<'_>) -> Section {
    let introduction = paragraph(
        "An Edge misbehaves for 12 s from the first request on, and is healthy afterwards. The page `faults.md` has the outcomes.",
    );
    let outcomes = Block::Folded { title: "Outcomes".to_owned(), blocks: blocks(subjects) };
    Section { title: "Faults of an Edge".to_owned(), blocks: vec![introduction, outcomes] }
}

fn blocks(subjects: &Subjects<'_>) -> Vec<Block> {
    let scenarios = GROUPS.iter().find(|group| group.name == GROUP);
    let scenarios = scenarios.map(|group| group.scenarios).unwrap_or_default();
    let table = subjects.matrix(
        &["an Edge that …"],
        scenarios,
        |scenario| {
            let given = scenario.given.strip_prefix("an Edge that ").unwrap_or(scenario.given);
            vec![vec![text(format!("{} {given}", scenario.id))]]
        },
        |recording, scenario| cell(recording, scenario),
    );
    // A process that ended meanwhile has no numbers, and is not back.
    let ran = |recording: &Recording, scenario: &Scenario| {
        let outcome = recording.scenario(scenario.id);
        outcome.is_some_and(|outcome| !matches!(outcome, RecordedOutcome::Skipped(_)))
    };
    let recovered = subjects.all().filter(|recording| !recording.faults.is_empty());
    let recovered = recovered.map(|recording| {
        let back = recording.faults.values().filter(|fault| fault.back_within_s.is_some()).count();
        let all = scenarios.iter().filter(|scenario| ran(recording, scenario)).count();
        vec![text(format!("{} is back after {back} of {all} faults.", recording.title()))]
    });
    vec![table, list(recovered)]
}

fn cell(recording: &Recording, scenario: &Scenario) -> Line {
    let mark = of_scenario(recording, scenario.id).unwrap_or(Mark::Skipped);
    let mut line = vec![Inline::Mark(mark)];
    if let Some(fault) = recording.faults.get(scenario.id) {
        line.push(text(format!(": {}", in_words(fault))));
    }
    line
}

fn in_words(fault: &RecordedFault) -> String {
    let mut parts = Vec::new();
    parts.extend(fault.requests.map(|requests| requests_in_words(requests, fault)));
    if let Some(seconds) = fault.back_within_s {
        parts.push(format!("back in {seconds} s"));
    }
    if let Some(seconds) = fault.not_back_within_s {
        parts.push(format!("not back in {seconds} s"));
    }
    if let Some(seconds) = fault.change_within_s {
        parts.push(format!("a change in {seconds} s"));
    }
    if let Some(megabytes) = fault.growth_mb {
        parts.push(format!("{} MB", grouped(megabytes)));
    }
    parts.join(", ")
}

/// Returns the number of requests. Of requests that reached no listener, the client tells how many it sent.
fn requests_in_words(requests: u64, fault: &RecordedFault) -> String {
    let limit = fault.limit.map(|limit| format!(" (at most {})", grouped(limit)));
    let limit = limit.unwrap_or_default();
    let word = |count: u64| if count == 1 { "request" } else { "requests" };
    match fault.sent {
        _ if requests >= STORM && fault.limit.is_none() => {
            format!("over {} requests", grouped(STORM / 2))
        }
        Some(sent) if sent > requests => {
            format!("{} {} sent{limit}, {} received", grouped(sent), word(sent), grouped(requests))
        }
        Some(_) | None => format!("{} {}{limit}", grouped(requests), word(requests)),
    }
}
