//! Checks that `docs/spec/decisions.md` and `conformance/data/decisions.json` contain the same decisions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The decision of a row: one answer, or one for each profile.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Both(String),
    ByProfile { client: String, edge: String },
}

/// Returns the text of a cell, without code marks and with links replaced by their texts.
fn plain(cell: &str) -> String {
    let cell = cell.replace('`', "").replace("\\|", "|");
    let mut parts = cell.split("](");
    let mut text = parts.next().unwrap().to_string();
    for part in parts {
        // The text of the link begins at the last opening bracket; its target ends at the closing parenthesis.
        let open = text.rfind('[').unwrap();
        text.remove(open);
        text.push_str(part.split_once(')').unwrap().1);
    }
    text.trim().to_string()
}

fn answer(cell: &str) -> Answer {
    let profiles = cell.strip_prefix("`client`: ").and_then(|rest| rest.split_once(" `edge`: "));
    match profiles {
        Some((client, edge)) => Answer::ByProfile { client: plain(client), edge: plain(edge) },
        None => Answer::Both(plain(cell)),
    }
}

/// Returns the questions and answers of the page's rows.
fn rows(page: &str) -> BTreeMap<String, (String, Answer)> {
    let rows = page.lines().filter(|line| line.starts_with("| <a id=\"d-"));
    rows.map(|row| {
        let cells = row.replace("\\|", "\u{1}");
        let cells: Vec<String> =
            cells.split('|').map(|cell| cell.trim().replace('\u{1}', "\\|")).collect();
        let [_, id, question, decision, _reason, _rule, _] = cells.as_slice() else {
            panic!("not five cells: {row}")
        };
        let id = id.rsplit('>').next().unwrap().to_string();
        (id, (plain(question), answer(decision)))
    })
    .collect()
}

#[test]
fn the_page_and_the_file_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let rows = rows(&fs::read_to_string(root.join("docs/spec/decisions.md")).unwrap());
    let file = fs::read_to_string(root.join("conformance/data/decisions.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let decisions = file["decisions"].as_array().unwrap();
    assert!(decisions.len() > 40 && rows.len() > 100);
    let text = |value: &Value| value.as_str().unwrap().to_string();
    for decision in decisions {
        let id = decision["id"].as_str().unwrap();
        let answer = match decision.get("answers") {
            Some(answers) => {
                Answer::ByProfile { client: text(&answers["client"]), edge: text(&answers["edge"]) }
            }
            None => Answer::Both(text(&decision["answer"])),
        };
        assert_eq!(rows[id], (text(&decision["question"]), answer), "{id}");
    }
}
