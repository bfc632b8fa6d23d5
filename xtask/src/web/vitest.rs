//! Runs of vitest. A failed test that uses sockets or a browser is repeated alone.

use std::fs;
use std::path::{Path, absolute};

use serde::Deserialize;

use crate::flaky;
use crate::shell::{Run, root, target_folder};

use super::node::in_workspace;

/// The files, below the workspace of npm, whose tests use real sockets, processes or a browser. A name without an ending stands for a folder.
const SOCKETS: [&str; 17] = [
    "examples/tests",
    "packages/client/tests/chromium",
    "packages/client/tests/client/connections.test.ts",
    "packages/client/tests/client/engine.test.ts",
    "packages/client/tests/client/failing_callbacks.test.ts",
    "packages/client/tests/client/isolated.test.ts",
    "packages/client/tests/client/life.test.ts",
    "packages/client/tests/client/network.test.ts",
    "packages/client/tests/client/node.test.ts",
    "packages/client/tests/client/node_requests.test.ts",
    "packages/client/tests/client/process.test.ts",
    "packages/client/tests/client/requests.test.ts",
    "packages/client/tests/client/snapshot_of_node.test.ts",
    "packages/client/tests/client/storage.test.ts",
    "packages/client/tests/client/values.test.ts",
    "packages/react/tests/chromium",
    "packages/react/tests/requests.test.tsx",
];

/// Runs a script of the workspace that starts vitest. `complete` sets what the tests read from variables.
pub(super) fn run(script: &str, complete: impl Fn(Run) -> Run) -> Result<(), String> {
    let folder = absolute(target_folder().join("logs")).map_err(|why| why.to_string())?;
    let report = folder.join(format!("{}.json", script.replace(':', "-")));
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let start = |further: &[String]| {
        let line = format!("npm run --silent {script} --");
        complete(in_workspace(&line).args(further))
    };
    let json = format!("--outputFile.json={}", report.display());
    let reporters = ["--reporter=default", "--reporter=json", &json].map(str::to_string);
    let Err(why) = start(&reporters).go() else { return Ok(()) };
    let failed = failed(&fs::read_to_string(&report).unwrap_or_default());
    let failed = failed.filter(|failed| failed.iter().all(|test| uses_sockets(&test.file)));
    let again = failed.unwrap_or_default().into_iter().map(|test| {
        let name = format!("^{}$", escaped(&test.name));
        let again = start(&[test.file.clone(), "-t".to_string(), name]);
        (format!("{} {}", test.file, test.name), again)
    });
    flaky::repeat_later(again.collect(), why)
}

/// A failed test.
#[derive(Debug, PartialEq, Eq)]
struct Failed {
    /// The path of its file below the workspace of npm.
    file: String,
    name: String,
}

/// The report of vitest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    test_results: Vec<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    name: String,
    status: String,
    assertion_results: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    full_name: String,
    status: String,
}

/// Reads the failed tests from the report; `None` if a file failed outside of its tests.
fn failed(report: &str) -> Option<Vec<Failed>> {
    let report: Report = serde_json::from_str(report).ok()?;
    let workspace = root().join("bindings/web").canonicalize().ok()?;
    let mut found = Vec::new();
    for file in report.test_results {
        let path = Path::new(&file.name);
        let path = path.strip_prefix(&workspace).unwrap_or(path).display().to_string();
        let failed = file.assertion_results.into_iter().filter(|test| test.status == "failed");
        let before = found.len();
        found.extend(failed.map(|test| Failed { file: path.clone(), name: test.full_name }));
        if file.status == "failed" && found.len() == before {
            return None;
        }
    }
    Some(found)
}

fn uses_sockets(file: &str) -> bool {
    SOCKETS.iter().any(|known| Path::new(file).starts_with(known))
}

/// Escapes a name for the regular expression of `-t`.
fn escaped(name: &str) -> String {
    let escape = |c: char| match c {
        '\\' | '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => {
            format!("\\{c}")
        }
        c => c.to_string(),
    };
    name.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(file: &str, status: &str, tests: &str) -> String {
        format!(
            r#"{{"numFailedTests": 1, "testResults": [{{"name": "{file}", "status": "{status}", "assertionResults": [{tests}]}}]}}"#
        )
    }

    #[test]
    fn failed_tests_are_read_from_the_report() {
        let tests =
            r#"{"fullName": "a (b)", "status": "failed"}, {"fullName": "c", "status": "passed"}"#;
        let file = root().join("bindings/web").canonicalize().unwrap().join("packages/a.test.ts");
        let failed_test =
            Failed { file: "packages/a.test.ts".to_string(), name: "a (b)".to_string() };
        let file = file.display().to_string();
        assert_eq!(failed(&report(&file, "failed", tests)), Some(vec![failed_test]));
        assert_eq!(failed(&report(&file, "failed", "")), None, "the file does not compile");
        assert_eq!(failed(""), None);
        assert_eq!(escaped("a (b)"), r"a \(b\)");
    }

    #[test]
    fn files_with_sockets_exist_and_are_found() {
        for known in SOCKETS {
            assert!(root().join("bindings/web").join(known).exists(), "{known}");
        }
        assert!(uses_sockets("packages/client/tests/chromium/tabs.test.ts"));
        assert!(!uses_sockets("packages/client/tests/client/life.test.tsx"));
    }
}
