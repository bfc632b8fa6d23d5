//! The answers to the questions in one condition: a row of the table.

use std::any::Any;
use std::collections::BTreeMap;

/// The questions: columns of the table. The answers are right in these cases: each probe gets an answer within a second; the server
/// has each acknowledged change, also after a restart; each change that was made has one audit line, or the line is counted as
/// dropped; SIGTERM ends the process within its limit; the process runs at the end of each round; later rounds and starts take no more
/// memory than the first one.
pub(super) const QUESTIONS: [&str; 6] =
    ["liveness", "changes kept", "audit lines", "SIGTERM", "alive", "peak, MiB"];

#[derive(Default)]
pub(super) struct Answers {
    cells: BTreeMap<&'static str, String>,
    peaks: Vec<u64>,
    pub(super) first_wrong: Option<String>,
}

impl Answers {
    /// Returns the answers of a condition in which an observation was not made in time.
    pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref().copied()).unwrap_or_default();
        Self { first_wrong: Some(text.chars().take(300).collect()), ..Self::default() }
    }

    /// Enters an answer. The first wrong answer to any question stays in the row.
    pub(super) fn enter(&mut self, question: &'static str, is_right: bool, text: String) {
        if !is_right {
            self.first_wrong.get_or_insert_with(|| format!("{question}: {text}"));
        }
        self.cells.insert(question, text);
    }

    /// Enters the peak of the memory of a round in KiB.
    pub(super) fn enter_peak(&mut self, kib: u64) {
        self.peaks.push(kib);
        let first = self.peaks[0];
        let peaks: Vec<String> = self.peaks.iter().map(|kib| (kib >> 10).to_string()).collect();
        // The allocator keeps freed memory of each thread, up to a third of the first peak. A leak takes as much again as the first round.
        self.enter("peak, MiB", kib <= first + first / 2, peaks.join(" "));
    }

    pub(super) fn row(&self, condition: &str) -> Vec<String> {
        let cell = |question| self.cells.get(question).cloned().unwrap_or_default();
        let wrong = self.first_wrong.iter().map(|why| format!("WRONG: {why}"));
        [condition.to_string()].into_iter().chain(QUESTIONS.map(cell)).chain(wrong).collect()
    }
}
