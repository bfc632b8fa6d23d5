//! The timeline of a failure, as lines of a report and as a text of its own.

use std::time::Instant;

use crate::adapter::{TimelineEntry, TimelineKind};

/// Maximum number of entries of a timeline that a report holds.
const MOST_ENTRIES: usize = 60;

/// Maximum number of characters of an entry that a report holds.
const LONGEST_ENTRY: usize = 240;

/// A line of a timeline in a report.
#[derive(Clone, Copy)]
enum Line<'a> {
    Entry(&'a TimelineEntry),
    /// This many commands and answers are left out that repeat the command and the answer before.
    Same(usize),
}

/// Returns a timeline as lines. Of a read that is repeated with the same answer, the first and the last one are kept. Of a long timeline,
/// the middle is left out: the beginning shows the situation, and the end shows the failure.
#[must_use]
pub fn timeline_lines(start: Instant, entries: &[TimelineEntry]) -> Vec<String> {
    let condensed = condensed(entries);
    let left_out = condensed.len().saturating_sub(MOST_ENTRIES);
    let mut lines = Vec::new();
    for (index, each) in condensed.iter().enumerate() {
        if left_out > 0 && index == MOST_ENTRIES / 2 {
            lines.push(format!("  … {left_out} entries …"));
        }
        if (MOST_ENTRIES / 2..MOST_ENTRIES / 2 + left_out).contains(&index) {
            continue;
        }
        lines.push(match each {
            Line::Entry(entry) => format!("  {}", line(start, entry, &shortened(&entry.text))),
            Line::Same(count) => format!("  … the same command and answer {count} more times …"),
        });
    }
    lines
}

/// Leaves out commands that follow each other, are the same but for their ids, and have the same answer. The last one is kept.
fn condensed(entries: &[TimelineEntry]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = entries;
    while let [first, others @ ..] = rest {
        let Some(pair) = exchange(rest) else {
            lines.push(Line::Entry(first));
            rest = others;
            continue;
        };
        let same = rest.chunks_exact(2).take_while(|next| exchange(next).as_ref() == Some(&pair));
        let count = same.count();
        let (repeated, others) = rest.split_at_checked(2 * count).unwrap_or((rest, &[]));
        match repeated {
            [command, answer, .., last_command, last_answer] if count > 3 => {
                lines.extend([Line::Entry(command), Line::Entry(answer), Line::Same(count - 2)]);
                lines.extend([Line::Entry(last_command), Line::Entry(last_answer)]);
            }
            few => lines.extend(few.iter().map(Line::Entry)),
        }
        rest = others;
    }
    lines
}

/// Returns a command and its answer without their ids, if the entries begin with these two.
fn exchange(entries: &[TimelineEntry]) -> Option<(String, String)> {
    match entries {
        [command, answer, ..]
            if command.kind == TimelineKind::Command && answer.kind == TimelineKind::Answer =>
        {
            Some((without_id(&command.text), without_id(&answer.text)))
        }
        _ => None,
    }
}

fn without_id(text: &str) -> String {
    match text.split_once("\"id\":") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(|digit: char| digit.is_ascii_digit()))
        }
        None => text.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[(TimelineKind, String)]) -> Vec<TimelineEntry> {
        let entry = |(kind, text): &(TimelineKind, String)| TimelineEntry {
            at: Instant::now(),
            kind: *kind,
            text: text.clone(),
        };
        texts.iter().map(entry).collect()
    }

    #[test]
    fn repeated_reads_are_left_out() {
        let state = |id: usize, readiness: &str| {
            [
                (TimelineKind::Command, format!(r#"{{"id":{id},"op":"state"}}"#)),
                (TimelineKind::Answer, format!(r#"{{"id":{id},"readiness":"{readiness}"}}"#)),
            ]
        };
        let mut texts: Vec<_> = (8..108).flat_map(|id| state(id, "NOT_READY")).collect();
        texts.push((TimelineKind::Edge, "connection 0 accepted".to_owned()));
        texts.extend(state(108, "NOT_READY").into_iter().chain(state(109, "READY")));
        let lines = timeline_lines(Instant::now(), &entries(&texts));
        assert_eq!(lines.len(), 2 + 1 + 2 + 1 + 4, "{lines:#?}");
        assert!(lines[0].contains(r#""id":8,"#) && lines[3].contains(r#""id":107,"#), "{lines:#?}");
        assert!(lines[2].contains("98 more times"), "{lines:#?}");
        assert!(lines[9].contains(r#""READY""#), "{lines:#?}");
    }
}
