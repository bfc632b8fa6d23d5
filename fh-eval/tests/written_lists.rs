//! The lists of conditionals and rule types in other files, which are written from the engine's list.
//! `FH_WRITE_PAGES=1 cargo test -p fh-eval --test written_lists` writes them.
#![cfg(not(target_family = "wasm"))]
// Reads and writes the files that hold the lists, and asks the environment whether to write.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::Path;

use fh_eval::internal::{Conditional, RuleType};

const WRITE: &str = "FH_WRITE_PAGES";

/// A list in a file, between two texts that occur there in this order.
struct List {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    text: String,
}

/// Returns the names in quotes, with commas between them.
fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// Returns the names as code of a page.
fn code(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}

/// Returns the console's list of conditionals, which shows those with the same relation side by side.
fn console_conditionals() -> String {
    let mut sorted = Conditional::ALL.to_vec();
    sorted.sort_by_key(|conditional| conditional.relation());
    let line = |conditional: Conditional| {
        let words = |[one, several]: [&str; 2]| format!("['{one}', '{several}']");
        let in_time =
            conditional.words_in_time().map(|given| format!(", inTime: {}", words(given)));
        let relation = format!("{:?}", conditional.relation()).to_lowercase();
        format!(
            "  {}: {{ label: '{}', words: {}{}, relation: '{relation}', isNegative: {} }},\n",
            conditional.name(),
            conditional.label(),
            words(conditional.words()),
            in_time.unwrap_or_default(),
            conditional.is_negative(),
        )
    };
    sorted.into_iter().map(line).collect()
}

fn lists() -> Vec<List> {
    let conditionals: Vec<&str> = Conditional::ALL.iter().map(|one| one.name()).collect();
    let types: Vec<&str> = RuleType::ALL.iter().map(|one| one.name()).collect();
    let label = |kind: &RuleType| format!("  {}: '{}',\n", kind.name(), kind.label());
    let list = |file, from, to, text| List { file, from, to, text };
    let mut lists = vec![
        list(
            "server/edge/console/words.js",
            "export const CONDITIONALS = {\n",
            "};",
            console_conditionals(),
        ),
        list(
            "server/edge/console/words.js",
            "export const TYPES = {\n",
            "};",
            RuleType::ALL.iter().map(label).collect(),
        ),
        list(
            "docs/spec/evaluation.md",
            "| RolloutStrategyAttributeConditional | ",
            " |",
            code(&conditionals),
        ),
        list(
            "docs/spec/evaluation.md",
            "| RolloutStrategyFieldType (`type`) | ",
            " |",
            code(&types),
        ),
    ];
    for schema in
        ["server/edge/schema/state-1.schema.json", "conformance/data/schema/vectors-1.schema.json"]
    {
        let enumeration = "\"conditional\": { \"enum\": [";
        lists.push(list(schema, enumeration, "] }", quoted(&conditionals)));
        lists.push(list(
            schema,
            "\"type\": { \"enum\": [\"STRING\", ",
            "] }",
            quoted(types.get(1..).unwrap_or_default()),
        ));
    }
    lists
}

#[test]
fn lists_have_the_names_of_the_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut differing = Vec::new();
    for List { file, from, to, text } in lists() {
        let path = root.join(file);
        let all = fs::read_to_string(&path).unwrap();
        let (before, rest) = all.split_once(from).unwrap_or_else(|| panic!("{file} lacks {from}"));
        let (written, after) = rest.split_once(to).unwrap_or_else(|| panic!("{file} lacks {to}"));
        if std::env::var_os(WRITE).is_some() {
            fs::write(path, format!("{before}{from}{text}{to}{after}")).unwrap();
        } else if written != text {
            differing.push(format!("{file}, after {from:?}:\n{written}\n- expected:\n{text}"));
        }
    }
    assert!(
        differing.is_empty(),
        "{WRITE}=1 cargo test -p fh-eval --test written_lists writes these lists:\n{}",
        differing.join("\n")
    );
}

/// The layer with the names of the published SDK keeps that SDK's order, because programs may list the names.
#[test]
fn the_models_of_typescript_have_all_names() {
    let file = "bindings/web/packages/client/src/featurehub/models.ts";
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let all = fs::read_to_string(root.join(file)).unwrap();
    let conditionals = Conditional::ALL.iter().map(|one| one.name()).collect();
    let types = RuleType::ALL.iter().map(|one| one.name()).collect();
    for (list, mut expected) in
        [("RolloutStrategyAttributeConditional", conditionals), ("RolloutStrategyFieldType", types)]
    {
        let expected: &mut Vec<&str> = &mut expected;
        let from = format!("{list} = /* @__PURE__ */ names(");
        let (_, rest) = all.split_once(&from).unwrap_or_else(|| panic!("{file} lacks {from}"));
        let (written, _) = rest.split_once(')').unwrap();
        let mut written: Vec<&str> = written.split('"').skip(1).step_by(2).collect();
        written.sort_unstable();
        expected.sort_unstable();
        assert_eq!(&written, expected, "{file}: {list}");
    }
}

/// The matrix of the specification has a row for each conditional, and says `false` for each pair that never holds.
#[test]
fn the_specification_has_all_pairs() {
    let page = include_str!("../../docs/spec/evaluation.md");
    let mut rows = page.lines().skip_while(|line| !line.starts_with("| | STRING |"));
    let cells = |row: &'static str| -> Vec<&str> {
        row.trim_matches('|').split(" | ").map(str::trim).collect()
    };
    let header = cells(rows.next().unwrap());
    for conditional in Conditional::ALL {
        let name = conditional.name();
        let row = page.lines().find(|line| {
            line.strip_prefix("| ")
                .and_then(|rest| rest.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with(" | ") || rest.starts_with(" ("))
        });
        let row = cells(row.unwrap_or_else(|| panic!("docs/spec/evaluation.md has no row {name}")));
        for kind in RuleType::ALL {
            let column = header.iter().position(|title| *title == kind.name()).unwrap();
            let holds = kind.can_test(conditional.relation());
            assert_eq!(row[column] != "false", holds, "{name} {}: {}", kind.name(), row[column]);
        }
    }
}
