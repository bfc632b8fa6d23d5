//! Tests on real sockets and in browsers that fail: each is repeated once, alone.
//!
//! A test that passes then depends on the load of the machine. It is reported as FLAKY and written to `flaky.json` of the target folder, with
//! both logs. Other tests are not repeated, because nothing that they use depends on the load.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::output::{Log, Output, say};
use crate::shell::{Run, target_folder};

/// The largest number of tests that are repeated. With more failures, the load is not the reason.
const MOST: usize = 10;
/// The largest part of a log that is kept, in bytes.
const KEPT: usize = 20_000;

/// The time that a repeated test may take.
const LIMIT: Duration = Duration::from_secs(300);

/// A test that failed once.
struct Suspect {
    part: String,
    test: String,
    first: String,
    again: Run,
}

/// A test that failed and was repeated alone.
#[derive(Clone, Serialize)]
pub(crate) struct Repeated {
    pub(crate) part: String,
    pub(crate) test: String,
    /// The end of the log of the run in which it failed.
    first: String,
    /// The log of the repetition.
    log: String,
    pub(crate) second: Result<(), String>,
}

static SUSPECTS: Mutex<Vec<Suspect>> = Mutex::new(Vec::new());
/// All tests that this process has repeated, because each repetition writes the file anew.
static REPEATED: Mutex<Vec<Repeated>> = Mutex::new(Vec::new());

/// Takes the failed tests of the part that runs on this thread, each with the run that repeats it. The part fails if there are none or too
/// many.
pub(crate) fn repeat_later(failed: Vec<(String, Run)>, why: String) -> Result<(), String> {
    let output = Output::current();
    let (Output::Log(log), 1..=MOST) = (&output, failed.len()) else { return Err(why) };
    let first = end(&log.text());
    let mut suspects = SUSPECTS.lock().unwrap_or_else(PoisonError::into_inner);
    for (test, again) in failed {
        say!("    {test} failed, and will be repeated alone");
        suspects.push(Suspect { part: log.part.clone(), test, first: first.clone(), again });
    }
    Ok(())
}

/// Returns the number of tests of a part that wait for their repetition.
pub(crate) fn waiting(part: &str) -> usize {
    let suspects = SUSPECTS.lock().unwrap_or_else(PoisonError::into_inner);
    suspects.iter().filter(|suspect| suspect.part == part).count()
}

/// Repeats the tests that failed, one after the other, and writes `flaky.json`.
pub(crate) fn repeat_alone() -> Vec<Repeated> {
    repeat_and_write(&target_folder())
}

fn repeat_and_write(folder: &Path) -> Vec<Repeated> {
    let suspects = std::mem::take(&mut *SUSPECTS.lock().unwrap_or_else(PoisonError::into_inner));
    let logs = folder.join("logs");
    let repeated = suspects.into_iter().map(|suspect| suspect.repeat(&logs));
    let repeated: Vec<Repeated> = repeated.collect();
    let mut all = REPEATED.lock().unwrap_or_else(PoisonError::into_inner);
    all.extend_from_slice(&repeated);
    let json = serde_json::to_string_pretty(&*all).unwrap_or_default();
    let file = folder.join("flaky.json");
    if let Err(why) = fs::write(&file, json) {
        println!("{}: {why}", file.display());
    }
    repeated
}

impl Suspect {
    fn repeat(self, logs: &Path) -> Repeated {
        let Self { part, test, first, again } = self;
        let (second, log) = match Log::create_in(logs, &format!("alone {part} {test}"), LIMIT) {
            Ok(log) => (Output::Log(Arc::clone(&log)).within(|| again.go()), end(&log.text())),
            Err(why) => (Err(why), String::new()),
        };
        match &second {
            Ok(()) => println!("FLAKY: {part}: {test} failed, and passed alone"),
            Err(why) => println!("FAILED: {part}: {test} failed alone, too: {why}\n{log}"),
        }
        Repeated { part, test, first, log, second }
    }
}

/// Returns the end of a log.
fn end(log: &str) -> String {
    let start = log.len().saturating_sub(KEPT);
    let start = (start..log.len()).find(|at| log.is_char_boundary(*at)).unwrap_or(start);
    log.get(start..).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use fh_test::Folder;

    use super::*;

    #[test]
    fn failed_tests_are_repeated_alone_and_written_with_both_logs() {
        let folder = Folder::new();
        let log = Log::create_in(folder.path(), "a part with flaky tests", LIMIT).unwrap();
        let outcome = Output::Log(log).within(|| {
            say!("the first failure");
            let runs = [("a", "true"), ("b", "false"), ("c", "true"), ("d", "true")];
            let failed = runs.map(|(test, line)| (test.to_string(), Run::new(line)));
            repeat_later(failed.into(), "failed".to_string())
        });
        assert_eq!(outcome, Ok(()));
        let repeated = repeat_and_write(folder.path());
        let passed: Vec<bool> = repeated.iter().map(|test| test.second.is_ok()).collect();
        assert_eq!(passed, [true, false, true, true]);
        assert!(repeated.iter().all(|test| test.first.contains("the first failure")));
        // The next part of the run has no such test, and keeps these.
        assert!(repeat_and_write(folder.path()).is_empty());
        let json = fs::read_to_string(folder.file("flaky.json")).unwrap();
        assert!(json.contains("\"test\": \"d\"") && json.contains("`false` failed"), "{json}");
    }

    #[test]
    fn a_failure_without_the_name_of_a_test_is_not_repeated() {
        let folder = Folder::new();
        let log = Log::create_in(folder.path(), "a part that does not compile", LIMIT).unwrap();
        let outcome = Output::Log(log).within(|| repeat_later(Vec::new(), "no test".to_string()));
        assert_eq!(outcome, Err("no test".to_string()));
    }
}
