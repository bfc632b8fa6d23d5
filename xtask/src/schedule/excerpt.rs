//! The lines of a failed part's log that a person reads first.

use std::collections::BTreeSet;

use crate::output::Log;

/// The number of lines that are printed.
const LINES: usize = 40;
/// The number of these lines that may name failed tests and errors from before the end of the log.
const NAMES: usize = 15;
/// The number of lines that are printed once more at the end of a run, of which some places keep only the end.
const REPEATED: usize = 12;

/// The beginnings of lines that name a failed test or an error: those of nextest, pytest and vitest, and of the compiler.
const FAILURES: [&str; 8] =
    ["FAIL ", "FAILED ", "TIMEOUT ", "SIGABRT ", "SIGSEGV ", "ERROR ", "error: ", "error["];

/// The beginnings of lines that say that something went well.
const PROGRESS: [&str; 12] = [
    "Compiling ",
    "Checking ",
    "Documenting ",
    "Downloaded ",
    "Downloading ",
    "Finished ",
    "Running ",
    "PASS [",
    "Blocking ",
    "Fresh ",
    "Doc-tests ",
    "Updating ",
];

/// Returns the reason, the lines of the log that matter, the place of the log, and the command that repeats the part.
pub(super) fn of_failure(why: &str, log: &Log, command: &str, part: &str) -> String {
    let name = if part.contains(' ') { format!("\"{part}\"") } else { part.to_string() };
    let lines = lines(&log.text()).join("\n    | ");
    format!(
        "    | {lines}\n    {why}\n    the whole log is {}; `{command} {name}` repeats the part",
        log.path.display()
    )
}

/// Returns the name of a failed part, the reason, and the end of its log.
pub(super) fn once_more(why: &str, log: &Log) -> String {
    let lines = lines(&log.text());
    let end = lines.get(lines.len().saturating_sub(REPEATED)..).unwrap_or_default();
    let end: String = end.iter().map(|line| format!("    | {line}\n")).collect();
    format!("{}:\n{end}    {why}", log.part)
}

/// Returns the lines of a log that name failures, and its last lines, without those that report progress.
fn lines(log: &str) -> Vec<String> {
    let is_progress = |line: &str| {
        let line = line.trim_start();
        line.is_empty()
            || PROGRESS.iter().any(|word| line.starts_with(word))
            || (line.starts_with("test ") && line.ends_with(" ... ok"))
    };
    let mut lines: Vec<String> = log.lines().map(without_colours).collect();
    lines.retain(|line| !is_progress(line));
    let last = lines.split_off(lines.len().saturating_sub(LINES - NAMES));
    let mut known: BTreeSet<&String> = last.iter().collect();
    let names_a_failure =
        |line: &&String| FAILURES.iter().any(|word| line.trim_start().starts_with(word));
    let names = lines.iter().filter(names_a_failure).filter(|line| known.insert(line));
    let named: Vec<String> = names.take(NAMES).cloned().collect();
    // If few are named, more of the end is shown.
    let more = lines.split_off(lines.len().saturating_sub(NAMES - named.len()));
    [named, more, last].concat()
}

/// Returns a line without the escape sequences that colour it.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_left_out_and_the_end_is_kept() {
        let mut log = "it happened\n".repeat(5);
        log += &"   Compiling serde v1.0\n\ntest a ... ok\n".repeat(100);
        log += &"it ended\n".repeat(LINES - 1);
        let lines = lines(&log);
        assert_eq!((lines.len(), &*lines[0], &*lines[1]), (LINES, "it happened", "it ended"));
    }

    #[test]
    fn failures_before_the_end_are_named_once() {
        let failures: String = (0..NAMES + 1)
            .map(|n| format!("   \u{1b}[31mFAIL\u{1b}[39m [1 s] test {n}\n"))
            .collect();
        let log = format!("{failures}{failures}{}", "    at a frame\n".repeat(100));
        let lines = lines(&log);
        assert_eq!(lines.len(), LINES);
        assert_eq!(
            (&*lines[0], &*lines[NAMES - 1]),
            ("   FAIL [1 s] test 0", "   FAIL [1 s] test 14")
        );
        assert!(lines[NAMES..].iter().all(|line| line == "    at a frame"));
    }

    #[test]
    fn a_run_ends_with_the_reason_and_the_end_of_the_log() {
        let folder = fh_test::Folder::new();
        let log = Log::create_in(folder.path(), "servers", std::time::Duration::MAX).unwrap();
        let text: String = (0..100).map(|n| format!("line {n}\n")).collect();
        std::fs::write(&log.path, text).unwrap();
        let text = once_more("`check` failed", &log);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), REPEATED + 2);
        assert_eq!((lines[0], lines[1]), ("servers:", "    | line 88"));
        assert_eq!((lines[12], lines[13]), ("    | line 99", "    `check` failed"));
    }
}
