//! Checks that files behind links exist, and the tests that the tables of pages name.

use std::fs;

use crate::sources::{files, root};

/// Pages whose tables name tests, by module and function.
const MAPS: [&str; 3] = ["docs/edge-scenarios.md", "docs/retry-rows.md", "docs/sdk-scenarios.md"];

/// Returns the anchors of a page: explicit ones, and those of headings.
fn anchors(page: &str) -> Vec<String> {
    let written = page.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let slug = |line: &str| -> String {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    written.map(str::to_string).chain(headings.map(slug)).collect()
}

/// Returns a page without its code blocks.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

#[test]
fn links_lead_somewhere() {
    let pages = files(&root(), "md");
    let mut links = 0;
    for page in &pages {
        let text = prose(&fs::read_to_string(page).unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.contains("://") {
                continue;
            }
            links += 1;
            let target =
                if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: {link}", page.display());
            if !anchor.is_empty() && target.extension().is_some_and(|kind| kind == "md") {
                let anchors = anchors(&fs::read_to_string(&target).unwrap());
                assert!(anchors.iter().any(|found| found == anchor), "{}: {link}", page.display());
            }
        }
    }
    assert!(links > 20, "{links}");
}

#[test]
fn tests_that_pages_name_exist() {
    let sources: Vec<(String, String)> = files(&root(), "rs")
        .iter()
        .map(|path| {
            let module = path.strip_prefix(root()).unwrap().with_extension("");
            (module.to_str().unwrap().replace('-', "_"), fs::read_to_string(path).unwrap())
        })
        .collect();
    for page in MAPS {
        let text = prose(&fs::read_to_string(root().join(page)).unwrap());
        let mut named = 0;
        for name in text.split('`').skip(1).step_by(2) {
            let Some((modules, test)) = name.rsplit_once("::") else { continue };
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            // A star names all tests of a module. Other paths with upper-case letters are types.
            if !name.replace("::", "").chars().all(is_name) {
                continue;
            }
            named += 1;
            let module = modules.rsplit("::").next().unwrap();
            // A test is a function, or a row of a macro that defines tests.
            let written = [format!("fn {test}("), format!("    {test}(")];
            let is_there = sources.iter().any(|(path, source)| {
                (module == "tests" || path.split('/').any(|part| part == module))
                    && written.iter().any(|text| source.contains(text))
            });
            assert!(is_there, "{page}: {name}");
        }
        assert!(named > 50, "{page}: {named}");
    }
}
