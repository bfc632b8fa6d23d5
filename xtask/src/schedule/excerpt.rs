//! The lines of a failed part's log that a person reads first.

use crate::output::Log;

/// The number of lines that are printed.
const LINES: usize = 40;

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

/// Returns the last lines of a log without those that report progress.
fn lines(log: &str) -> Vec<&str> {
    let is_progress = |line: &str| {
        let line = line.trim_start();
        line.is_empty()
            || PROGRESS.iter().any(|word| line.starts_with(word))
            || (line.starts_with("test ") && line.ends_with(" ... ok"))
    };
    let lines: Vec<&str> = log.lines().filter(|line| !is_progress(line)).collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_left_out_and_the_end_is_kept() {
        let mut log = "error: the first\n".repeat(5);
        log += &"   Compiling serde v1.0\n\ntest a ... ok\n".repeat(100);
        log += &"error: the last\n".repeat(LINES - 1);
        let lines = lines(&log);
        assert_eq!(
            (lines.len(), lines[0], lines[1]),
            (LINES, "error: the first", "error: the last")
        );
    }
}
