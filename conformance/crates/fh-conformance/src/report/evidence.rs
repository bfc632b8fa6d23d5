//! The timeline of a failure, as lines of a report and as a text of its own.

use std::time::Instant;

use crate::adapter::TimelineEntry;

/// Maximum number of entries of a timeline that a report holds.
const MOST_ENTRIES: usize = 60;

/// Maximum number of characters of an entry that a report holds.
const LONGEST_ENTRY: usize = 240;

/// Returns a timeline as lines. Of a long timeline, the middle is left out: the beginning shows the situation, and the end shows the
/// failure.
#[must_use]
pub fn timeline_lines(start: Instant, entries: &[TimelineEntry]) -> Vec<String> {
    let left_out = entries.len().saturating_sub(MOST_ENTRIES);
    let mut lines = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if left_out > 0 && index == MOST_ENTRIES / 2 {
            lines.push(format!("  … {left_out} entries …"));
        }
        if (MOST_ENTRIES / 2..MOST_ENTRIES / 2 + left_out).contains(&index) {
            continue;
        }
        lines.push(format!("  {}", line(start, entry, &shortened(&entry.text))));
    }
    lines
}

/// Returns a whole timeline as a text.
#[must_use]
pub fn timeline_text(start: Instant, entries: &[TimelineEntry]) -> String {
    entries.iter().map(|entry| format!("{}\n", line(start, entry, &entry.text))).collect()
}

fn line(start: Instant, entry: &TimelineEntry, text: &str) -> String {
    let millis = entry.at.saturating_duration_since(start).as_secs_f64() * 1000.0;
    format!("{millis:>9.1} ms  {:<8} {text}", entry.kind.name())
}

/// Returns a text, shortened to the length of a line in a report.
#[must_use]
pub fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_ENTRY).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
