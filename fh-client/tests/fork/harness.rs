//! The part of libtest's command line that cargo-nextest and `cargo test` use. Tests run on the main thread, one after the other.

use std::env;
use std::panic::catch_unwind;
use std::process::{Command, ExitCode, Output};

use crate::Test;

pub(crate) const TESTS: &[Test] = &[
    ("harness::lists_each_test_once", lists_each_test_once),
    ("harness::runs_the_tests_that_it_lists", runs_the_tests_that_it_lists),
    ("harness::refuses_unknown_arguments", refuses_unknown_arguments),
];

#[derive(Default)]
struct Arguments {
    names: Vec<String>,
    is_exact: bool,
    is_listing: bool,
    only_ignored: bool,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => parsed.is_listing = true,
                "--exact" => parsed.is_exact = true,
                "--ignored" => parsed.only_ignored = true,
                // Output is never captured, and tests run one after the other.
                "--nocapture" | "--no-capture" | "--include-ignored" | "--test-threads=1" => {}
                "--format" => match arguments.next().as_deref() {
                    Some("terse" | "pretty") => {}
                    other => return Err(format!("--format {}", other.unwrap_or_default())),
                },
                flag if flag.starts_with('-') => return Err(argument),
                _ => parsed.names.push(argument),
            }
        }
        Ok(parsed)
    }

    fn selects(&self, test: &str) -> bool {
        let matches =
            |name: &String| if self.is_exact { test == name } else { test.contains(name) };
        !self.only_ignored && (self.names.is_empty() || self.names.iter().any(matches))
    }
}

/// Lists or runs the tests that the command line selects.
pub(crate) fn run(mut tests: Vec<Test>) -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(argument) => {
            eprintln!(
                "error: the test harness of fh-client's tests of forks does not support {argument}"
            );
            return ExitCode::from(2);
        }
    };
    tests.retain(|(name, _)| arguments.selects(name));
    if arguments.is_listing {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    println!("running {} tests", tests.len());
    let mut failed = 0;
    for (name, test) in &tests {
        let outcome = if catch_unwind(test).is_ok() { "ok" } else { "FAILED" };
        failed += usize::from(outcome != "ok");
        println!("test {name} ... {outcome}");
    }
    println!("{} passed; {failed} failed", tests.len() - failed);
    ExitCode::from(u8::from(failed > 0))
}

/// Runs this program with the given arguments.
fn program(arguments: &[&str]) -> Output {
    Command::new(env::current_exe().unwrap()).args(arguments).output().unwrap()
}

fn lines(arguments: &[&str]) -> Vec<String> {
    let output = program(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_string).collect()
}

fn lists_each_test_once() {
    let mut listed = lines(&["--list", "--format", "terse"]);
    assert!(listed.iter().all(|line| line.ends_with(": test")), "{listed:?}");
    assert_eq!(listed.len(), crate::tests().len());
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), crate::tests().len());
    assert!(lines(&["--list", "--format", "terse", "--ignored"]).is_empty());
}

fn runs_the_tests_that_it_lists() {
    let listed = lines(&["--list", "--format", "terse", "catch"]);
    assert_eq!(listed.len(), 2, "{listed:?}");
    let run = lines(&["catch"]);
    assert_eq!(run.len(), listed.len() + 2, "{run:?}");
    for (listed, run) in listed.iter().zip(&run[1..]) {
        assert_eq!(*run, format!("test {} ... ok", listed.strip_suffix(": test").unwrap()));
    }
    let test = "catch_and_release_goes_on";
    let exact = ["running 1 tests", &format!("test {test} ... ok"), "1 passed; 0 failed"];
    assert_eq!(lines(&[test, "--nocapture", "--exact"]), exact);
    let part = ["running 0 tests", "0 passed; 0 failed"];
    assert_eq!(lines(&["catch", "--nocapture", "--exact"]), part);
}

fn refuses_unknown_arguments() {
    for arguments in [&["--shuffle"] as &[_], &["--format", "json"], &["--format"], &["-q"]] {
        let output = program(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(arguments[0]), "{message}");
    }
}
