//! The choice of the sequences that are committed.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::draw::has_rules;
use crate::sequence;

/// Number of sequences from which the committed ones are chosen.
const CANDIDATES: usize = 500;

/// Returns this many sequences to commit, all with rules or all without, ordered by their seeds. Each is chosen because it shows the most
/// that no sequence before it shows.
pub(crate) fn chosen(count: usize, with_rules: bool) -> Vec<Value> {
    let seeds = (0..).filter(|seed| has_rules(*seed) == with_rules);
    let all: Vec<(Value, BTreeSet<String>)> = seeds
        .take(CANDIDATES)
        .map(|seed| {
            let sequence = sequence(seed);
            let shown = shown(&sequence);
            (sequence, shown)
        })
        .collect();
    let mut left: Vec<usize> = (0..all.len()).collect();
    let mut seen: BTreeSet<&String> = BTreeSet::new();
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < count {
        let news = |at: usize, seen: &BTreeSet<&String>| {
            all[at].1.iter().filter(|each| !seen.contains(each)).count()
        };
        // Of several that show as much, the first is chosen.
        let best =
            (0..left.len()).max_by_key(|at| (news(left[*at], &seen), usize::MAX - at)).unwrap();
        let at = left.remove(best);
        seen.extend(&all[at].1);
        chosen.push(at);
        if news(at, &seen) == 0 && left.iter().all(|at| news(*at, &seen) == 0) {
            seen.clear();
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| all[at].0.clone()).collect()
}

/// Returns the kinds of things that a sequence shows: steps with the shapes of their results, and events after steps.
fn shown(sequence: &Value) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for step in sequence["steps"].as_array().unwrap() {
        let (what, done) = (&step["step"]["what"], &step["step"]["do"]);
        let gives = &step["gives"];
        shown.insert(format!(
            "{done} {what} {} {} {}",
            shape(gives),
            gives["reason"],
            gives["kind"]
        ));
        shown.insert(format!("the text {}", gives["text"]));
        shown.insert(format!("{done} {}", step["after"]).replace(|c: char| c.is_ascii_digit(), ""));
        for event in step["log"].as_array().unwrap() {
            shown.insert(format!("{done} {} {}", event[0], shape(&event[2])));
            shown.insert(format!("{} {}", event[0], event[2]["reason"]));
            if event[0] == "change" {
                let change = &event[2];
                shown.insert(format!(
                    "{} to {} {} {} {}",
                    shape(&change[1]),
                    shape(&change[2]),
                    change[3],
                    change[4],
                    change[5]
                ));
            }
        }
    }
    shown
}

fn shape(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.first().map_or(String::new(), shape)),
        Value::Object(_) => format!("{{{} {}}}", shape(&value["value"]), value["reason"]),
        Value::String(text) => format!("text {}", text.len().min(2)),
        Value::Number(_) => "number".to_owned(),
        other => other.to_string(),
    }
}
