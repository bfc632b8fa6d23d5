//! The SDKs, their versions and their numbers.

use super::subjects::Subjects;
use super::{Block, Item, Section, Table, code, grouped, text};
use crate::recording::{RecordedOutcome, Recording};

/// Maximum number of blockers of a tier that are named.
const MOST_BLOCKERS: usize = 8;

pub(super) fn overview(subjects: &Subjects<'_>) -> Section {
    let head = ["SDK", "language", "runtime", "recorded", "tier", "cases", "scenarios"];
    let rows = subjects.all().map(|recording| {
        vec![
            vec![text(recording.title())],
            vec![text(recording.sdk.language.as_str())],
            vec![text(recording.sdk.runtime.as_str())],
            vec![text(recording.recorded.as_str())],
            vec![text(tier(recording.tier.reached))],
            vec![text(cases(recording))],
            vec![text(scenarios(recording))],
        ]
    });
    let table = Table { head: head.map(str::to_owned).to_vec(), rows: rows.collect() };
    let blocked = subjects.all().filter(|recording| !recording.tier.blocked_by.is_empty());
    let items: Vec<Item> = blocked.map(blocked_by).collect();
    let mut blocks = vec![Block::Table(table)];
    if !items.is_empty() {
        blocks.push(Block::List(items));
    }
    Section { title: "SDKs".to_owned(), blocks }
}

fn tier(tier: Option<i64>) -> String {
    tier.map_or_else(|| "none".to_owned(), |tier| tier.to_string())
}

fn cases(recording: &Recording) -> String {
    let mut counts = [0; 6];
    for group in &recording.groups {
        let skipped: usize = group.skipped.values().sum();
        let of_group =
            [group.cases, group.pass, group.known, group.sometimes, group.failed, skipped];
        for (sum, count) in counts.iter_mut().zip(of_group) {
            *sum += count;
        }
    }
    in_words(counts)
}

fn scenarios(recording: &Recording) -> String {
    let mut counts = [0; 6];
    for outcome in recording.scenarios.values() {
        let which = match outcome {
            RecordedOutcome::Pass => [1, 1, 0, 0, 0, 0],
            RecordedOutcome::Known => [1, 0, 1, 0, 0, 0],
            RecordedOutcome::Sometimes => [1, 0, 0, 1, 0, 0],
            RecordedOutcome::Failed => [1, 0, 0, 0, 1, 0],
            RecordedOutcome::Skipped { .. } => [1, 0, 0, 0, 0, 1],
        };
        for (sum, count) in counts.iter_mut().zip(which) {
            *sum += count;
        }
    }
    in_words(counts)
}

/// Returns counts in words: all, passed, known failures, failures in some runs, other failures, not run.
fn in_words([all, pass, known, sometimes, failed, skipped]: [usize; 6]) -> String {
    let number = |count: usize| grouped(count as u64);
    let mut words = format!("{} of {} pass", number(pass), number(all));
    let plural =
        |count: usize, one: &str| if count == 1 { one.to_owned() } else { format!("{one}s") };
    for (count, what) in [
        (known, plural(known, "known failure")),
        (sometimes, if sometimes == 1 { "fails sometimes" } else { "fail sometimes" }.to_owned()),
        (failed, plural(failed, "other failure")),
        (skipped, "not run".to_owned()),
    ] {
        if count > 0 {
            words.push_str(&format!(", {} {what}", number(count)));
        }
    }
    words
}

fn blocked_by(recording: &Recording) -> Item {
    let next = recording.tier.reached.map_or(0, |tier| tier + 1);
    let mut blockers: Vec<String> =
        recording.tier.blocked_by.iter().map(|each| group_first(each)).collect();
    blockers.sort();
    let mut line = vec![text(format!("Tier {next} of {} is blocked by ", recording.title()))];
    for (index, blocker) in blockers.iter().take(MOST_BLOCKERS).enumerate() {
        if index > 0 {
            line.push(text(", "));
        }
        line.push(match blocker.strip_prefix("lacks ") {
            Some(capability) => code(capability),
            None => text(blocker.as_str()),
        });
    }
    if blockers.len() > MOST_BLOCKERS {
        line.push(text(format!(" and {} more", blockers.len() - MOST_BLOCKERS)));
    }
    line.push(text("."));
    Item { anchor: None, line }
}

/// Returns a blocker with the name of its group first, so that the list is in the order of the groups.
fn group_first(blocker: &str) -> String {
    match blocker.split_once(" of ") {
        Some((count, group)) if count.ends_with(" case") || count.ends_with(" cases") => {
            format!("{group} ({count})")
        }
        _ => blocker.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{group_first, in_words};

    #[test]
    fn numbers_and_groups_in_words() {
        assert_eq!(
            in_words([5, 1, 1, 1, 1, 1]),
            "1 of 5 pass, 1 known failure, 1 fails sometimes, 1 other failure, 1 not run"
        );
        assert_eq!(
            in_words([7, 0, 3, 2, 2, 0]),
            "0 of 7 pass, 3 known failures, 2 fail sometimes, 2 other failures"
        );
        assert_eq!(group_first("20 cases of eval.values"), "eval.values (20 cases)");
        assert_eq!(group_first("1 case of eval.date"), "eval.date (1 case)");
        assert_eq!(group_first("lacks usage of anything"), "lacks usage of anything");
        assert_eq!(group_first("C-POLL-001"), "C-POLL-001");
    }
}
