//! Checks of the page about the architecture: its ways through the system name files and functions that exist, and its picture and
//! the README's table name all crates that ship.

use std::collections::BTreeSet;
use std::fs;

use crate::documents::quoted;
use crate::sources::{LIBRARIES, root};

/// The headings of the ways, each with the largest number of files that a reader opens, and of those with the files of the list.
const WAYS: [(&str, usize, usize); 5] = [
    ("## From a payload to a value", 10, 16),
    ("## From a socket to a listener", 12, 17),
    ("## From a PUT to its answer", 13, 15),
    ("## From a change to the streams", 7, 9),
    ("## From a poll to its answer", 14, 17),
];
const MOST_STEPS: usize = 10;

fn page() -> String {
    fs::read_to_string(root().join("docs/project/architecture.md")).unwrap()
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

/// The files and functions that the steps of a way name.
#[derive(Default)]
struct Way {
    /// The files that a reader opens.
    files: BTreeSet<String>,
    /// The files of the list below the table, of which the page says all that is needed.
    listed: BTreeSet<String>,
    /// A line for each function or name that is not in the file before it.
    missing: Vec<String>,
}

impl Way {
    /// Reads the table of a way, and the list below it.
    fn follow(section: &str) -> Self {
        let mut way = Self::default();
        let mut by_step: Vec<String> = Vec::new();
        for row in
            section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| step"))
        {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 4, "{row}");
            assert_eq!(cells[0].parse(), Ok(by_step.len() + 1), "{row}");
            let file = way.step(cells[0], cells[1], cells[3], &by_step);
            by_step.push(file);
        }
        assert!(by_step.len() > 5 && by_step.len() <= MOST_STEPS, "{} steps", by_step.len());
        way.passed_by(section);
        way
    }

    /// Reads the places and the result of a step. Returns the first file of the step.
    fn step(&mut self, step: &str, places: &str, result: &str, by_step: &[String]) -> String {
        // A step may go on in the first file of an earlier one: "`publish` of step 6".
        let mut file = String::new();
        let mut first = None;
        let mut sources = String::new();
        let mut named = 0;
        for part in places.split([',', ';']).map(str::trim) {
            if let Some((_, earlier)) = part.split_once(" of step ") {
                file.clone_from(&by_step[earlier.parse::<usize>().unwrap() - 1]);
            }
            for name in quoted(part) {
                if name.ends_with(".rs") {
                    assert!(part.contains(&format!("](../../{name})")), "step {step}: link {name}");
                    file = name.to_string();
                    self.files.insert(file.clone());
                } else {
                    named += 1;
                    self.expect_function(&format!("step {step}"), &file, name);
                }
            }
            sources.push_str(&source(&file));
            first.get_or_insert_with(|| file.clone());
        }
        assert!(named > 0, "step {step} names no function");
        for name in quoted(result).filter(|name| !sources.contains(name)) {
            self.missing.push(format!("step {step}: no file of the step has {name}"));
        }
        first.unwrap_or_default()
    }

    /// Reads the list of the files that a reader need not open.
    fn passed_by(&mut self, section: &str) {
        let (_, list) = section.split_once("On the path, but not to be opened:\n").unwrap();
        let (list, called) = list.split_once("\n\nCalled for ").unwrap();
        self.called(called);
        for item in list.split("\n- ").skip(1) {
            let (places, text) = item.split_once(": ").unwrap();
            let names: Vec<&str> = quoted(places).collect();
            let (file, functions) = names.split_first().unwrap();
            assert!(item.starts_with(&format!("[`{file}`](../../{file})")), "{item}");
            assert!(!self.files.contains(*file), "{file} is opened and not opened");
            assert!(text.trim_end().ends_with('.'), "{item}");
            assert!(!source(file).is_empty(), "{file} does not exist");
            self.listed.insert((*file).to_string());
            for name in functions {
                self.expect_function("the list", file, name);
            }
        }
    }

    /// Reads the names of the files that a step calls for a value. The name of a folder stands before those of its files.
    fn called(&mut self, sentence: &str) {
        let mut base = "";
        for name in quoted(sentence).filter(|name| name.contains(['/', '.'])) {
            if root().join(name).is_dir() && name.ends_with("/src/") {
                base = name;
            } else if !root().join(base).join(name).exists() {
                self.missing.push(format!("called for a value: {base} has no {name}"));
            }
        }
    }

    fn expect_function(&mut self, place: &str, file: &str, name: &str) {
        if !has_function(&source(file), name) {
            self.missing.push(format!("{place}: {file} has no function {name}"));
        }
    }
}

fn source(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_default()
}

#[test]
fn the_ways_name_functions_that_exist() {
    let page = page();
    for (heading, most, most_together) in WAYS {
        let Way { files, listed, missing } = Way::follow(section(&page, heading));
        assert!(missing.is_empty(), "{heading}: {missing:#?}");
        assert!(files.len() <= most, "{heading}: {} files, at most {most}", files.len());
        let together = files.union(&listed).count();
        assert!(together <= most_together, "{heading}: {together} files with those of the list");
    }
}

#[test]
fn names_that_are_gone_are_found() {
    let page = page();
    let section = section(&page, WAYS[0].0)
        .replace("`Patterns::get`", "`Patterns::fetch`")
        .replace("`Extent`", "`Scope`")
        .replace("`Document::parse`, `only`", "`Document::parse`, `sole`");
    assert_eq!(
        Way::follow(&section).missing,
        [
            "step 6: fh-eval/src/patterns.rs has no function Patterns::fetch",
            "step 6: no file of the step has Scope",
            "the list: fh-eval/src/featurehub/document.rs has no function sole",
        ]
    );
}

#[test]
fn the_picture_and_the_table_name_all_crates() {
    let page = page();
    let picture = page.split("```").nth(1).unwrap();
    for folder in LIBRARIES.into_iter().chain(["server/cli"]) {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap();
        let name = name.trim_end_matches('"');
        assert!(picture.contains(&format!("<b>{name}</b>")), "{name} is not in the picture");
        let row = format!("\n| [`{name}`](../../{folder}) |");
        assert!(page.contains(&row), "{name} is not in the table");
    }
}
