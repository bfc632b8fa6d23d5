//! Checks of the page about the architecture: its ways through the system name files and functions that exist, and its picture and
//! the README's table name all crates that ship.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::root;

/// The headings of the ways, each with the largest number of files that a reader visits.
const WAYS: [(&str, usize); 3] = [
    ("## From a payload to a value", 10),
    ("## From a socket to a listener", 12),
    ("## From a PUT to the streams", 12),
];
const MOST_STEPS: usize = 10;

fn page() -> String {
    fs::read_to_string(root().join("docs/architecture.md")).unwrap()
}

/// Returns the text from a heading to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, after) = page.split_once(&format!("{heading}\n")).unwrap();
    after.split("\n## ").next().unwrap()
}

/// Returns true if a source defines a function, and names the type in front of the function if there is one.
fn has_function(source: &str, name: &str) -> bool {
    let (of, function) = name.rsplit_once("::").unwrap_or(("", name));
    let is_there = |end: &str| source.contains(&format!("fn {function}{end}"));
    (is_there("(") || is_there("<")) && source.contains(of)
}

/// Returns the files of a way, and the functions that its steps name but that are not in the file before them.
fn follow(section: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut files, mut missing) = (BTreeSet::new(), Vec::new());
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| step"));
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 5 && rows.len() <= MOST_STEPS, "{} steps", rows.len());
    let mut by_step: Vec<String> = Vec::new();
    for (row, number) in rows.into_iter().zip(1..) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        let (step, places) = (cells[0], cells[1]);
        assert_eq!(step.parse(), Ok(number), "{row}");
        // A step may go on in the file of the previous step, or in that of an earlier one: "`publish` of step 6".
        let mut file = by_step.last().cloned().unwrap_or_default();
        let mut named = 0;
        for part in places.split([',', ';']).map(str::trim) {
            let quoted: Vec<&str> = part.split('`').skip(1).step_by(2).collect();
            if let Some((_, step)) = part.split_once(" of step ") {
                let step: usize = step.parse().unwrap();
                file.clone_from(&by_step[step - 1]);
            }
            for name in quoted {
                if name.ends_with(".rs") {
                    assert!(part.contains(&format!("](../{name})")), "{row}: link {name}");
                    file = name.to_string();
                    files.insert(file.clone());
                } else {
                    named += 1;
                    let source = fs::read_to_string(root().join(&file)).unwrap_or_default();
                    if !has_function(&source, name) {
                        missing.push(format!("step {number}: {file} has no function {name}"));
                    }
                }
            }
        }
        assert!(named > 0, "{row}");
        by_step.push(file);
    }
    (files, missing)
}

#[test]
fn the_ways_name_functions_that_exist() {
    let page = page();
    for (heading, most) in WAYS {
        let (files, missing) = follow(section(&page, heading));
        assert!(missing.is_empty(), "{heading}: {missing:#?}");
        assert!(files.len() <= most, "{heading}: {} files, at most {most}", files.len());
    }
}

#[test]
fn a_function_that_is_gone_is_found() {
    let page = page();
    let section = section(&page, WAYS[0].0).replace("`Patterns::get`", "`Patterns::fetch`");
    let (_, missing) = follow(&section);
    assert_eq!(
        missing,
        ["step 6: fh-eval/src/featurehub/patterns.rs has no function Patterns::fetch"]
    );
}

#[test]
fn the_picture_and_the_table_name_all_crates() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let page = page();
    let picture = page.split("```").nth(1).unwrap();
    let mut crates = 0;
    for entry in fs::read_dir(root()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("fh-") && entry.path().join("Cargo.toml").exists() {
            crates += 1;
            assert!(picture.contains(&format!("<b>{name}</b>")), "{name} is not in the picture");
            assert!(
                readme.contains(&format!("\n| [`{name}`]({name}) |")),
                "{name} is not in the README"
            );
        }
    }
    assert!(crates >= 6, "{crates}");
}
