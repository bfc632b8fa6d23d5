//! The cases and scenarios that only this project's SDKs pass, with the decision that makes it right.

use std::collections::BTreeMap;

use super::subjects::{Subjects, of_case, of_scenario, with_decisions};
use super::{Block, Line, Mark, Section, Table, code, enumerated, paragraph, text};
use crate::case::Case;
use crate::json::Json;
use crate::sdk::scenarios;

/// Maximum number of ids that a row names.
const MOST_IDS: usize = 4;

pub(super) fn only_ours(subjects: &Subjects<'_>) -> Section {
    let mut rows = Vec::new();
    for scenario in scenarios::all() {
        if is_only_ours(
            subjects.own().map(|recording| of_scenario(recording, scenario.id)),
            subjects.others().map(|recording| of_scenario(recording, scenario.id)),
        ) {
            let then = format!("when {}: {}", scenario.when, scenario.then);
            rows.push(vec![
                vec![code(scenario.id)],
                vec![text(format!("given {}, {then}", scenario.given))],
                with_decisions(scenario.decision),
            ]);
        }
    }
    let mut by_source: BTreeMap<(String, &str), Vec<&Case>> = BTreeMap::new();
    for case in &subjects.suite.cases {
        if is_only_ours(
            subjects.own().map(|recording| of_case(recording, case)),
            subjects.others().map(|recording| of_case(recording, case)),
        ) {
            by_source.entry((source_of(case), case.group.as_str())).or_default().push(case);
        }
    }
    let of_cases = by_source.iter().map(|((source, group), cases)| {
        vec![ids(cases), vec![text(format!("{group}: {}", titles(cases)))], with_decisions(source)]
    });
    let of_cases: Vec<Vec<Line>> = of_cases.collect();
    let table = |head: [&str; 3], rows| {
        Block::Table(Table { head: head.map(str::to_owned).to_vec(), rows })
    };
    let mut blocks = vec![paragraph(
        "At least one other SDK fails each of these, and no other SDK passes it. The last column names the decision, or the part of the \
         specification, that makes the expectation right.",
    )];
    if rows.is_empty() && of_cases.is_empty() {
        blocks.push(paragraph("There is nothing of this kind."));
    }
    if !rows.is_empty() {
        blocks.push(table(["scenario", "expectation", "source"], rows));
    }
    if !of_cases.is_empty() {
        blocks.push(table(["cases", "expectation", "source"], of_cases));
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

/// Returns the decision of a case, or the part of the specification.
fn source_of(case: &Case) -> String {
    let source = case.source.as_ref();
    let decision = source.and_then(|source| source.get("ambiguity")?.get("decision")?.text());
    if let Some(decision) = decision {
        return decision.to_owned();
    }
    let sections = source.and_then(|source| source.get("spec")).map(Json::elements);
    let names = sections.unwrap_or_default().iter().filter_map(Json::text);
    names.map(|name| name.replace("SPEC-EVAL-", "evaluation ")).collect::<Vec<_>>().join(", ")
}

fn ids(cases: &[&Case]) -> Line {
    let ids = cases.iter().map(|case| vec![code(case.id.as_str())]);
    enumerated(ids.collect(), " ", MOST_IDS)
}

/// Returns the titles of the first cases.
fn titles(cases: &[&Case]) -> String {
    let mut titles: Vec<&str> = cases.iter().map(|case| case.title.as_str()).collect();
    titles.dedup();
    let more = if titles.len() > MOST_IDS { "; and others" } else { "" };
    titles.truncate(MOST_IDS);
    format!("{}{more}", titles.join("; "))
}
