//! The order in which CI runs deep parts.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::inputs::Tree;
use super::record::{Record, now};
use crate::deep::Deep;

/// The parts that are due, in the order in which they run.
pub(super) struct Turn {
    pub(super) due: Vec<Due>,
}

/// A part whose inputs have changed since it last passed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) name: &'static str,
    /// The time since it last passed, as text.
    pub(super) waiting: String,
}

impl Turn {
    pub(super) fn new(all: &[Deep], tree: &Tree, record: &Record, commit: &str) -> Self {
        let parts = all.iter().map(|deep| (deep.part.name, tree.digest(&deep.inputs))).collect();
        Self::of(parts, record, commit, now())
    }

    /// Orders the parts that are due: first those that never passed on this machine, from one that the commit's hash chooses, and then the
    /// others, the longest waiting first. Without a record each run begins elsewhere, so that some runs together cover all parts.
    fn of(parts: Vec<(&'static str, String)>, record: &Record, commit: &str, now: u64) -> Self {
        let passed = |name: &str| record.0.get(name);
        let is_due =
            |name: &str, digest: &str| passed(name).is_none_or(|pass| pass.digest != digest);
        let mut never: Vec<&'static str> = Vec::new();
        let mut others: Vec<(u64, &'static str)> = Vec::new();
        for (name, digest) in parts.iter().filter(|(name, digest)| is_due(name, digest)) {
            match (passed(name), digest) {
                (None, _) => never.push(name),
                (Some(pass), _) => others.push((pass.at, name)),
            }
        }
        let mut hasher = DefaultHasher::new();
        commit.hash(&mut hasher);
        let first =
            usize::try_from(hasher.finish() % never.len().max(1) as u64).unwrap_or_default();
        never.rotate_left(first);
        others.sort_unstable();
        let never =
            never.into_iter().map(|name| (name, "never passed on this machine".to_string()));
        let others = others.into_iter().map(|(at, name)| (name, age(now.saturating_sub(at))));
        Self { due: never.chain(others).map(|(name, waiting)| Due { name, waiting }).collect() }
    }

    /// Returns the position of a part; `None` for one that is not due.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.due.iter().position(|due| due.name == name)
    }
}

/// Says how long ago a part passed.
fn age(seconds: u64) -> String {
    match seconds / 3600 {
        hours @ 0..48 => format!("passed {hours} h ago, with other inputs"),
        hours => format!("passed {} days ago, with other inputs", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Pass;
    use super::*;

    const PARTS: [&str; 4] = ["a", "b", "c", "d"];

    fn parts() -> Vec<(&'static str, String)> {
        PARTS.map(|name| (name, "now".to_string())).into()
    }

    fn names(turn: &Turn) -> Vec<&'static str> {
        turn.due.iter().map(|due| due.name).collect()
    }

    #[test]
    fn the_longest_waiting_part_is_first_and_unchanged_parts_are_left_out() {
        let pass = |digest: &str, at| Pass { digest: digest.to_string(), at };
        let record = Record(
            [("a", pass("old", 30)), ("b", pass("now", 10)), ("c", pass("old", 20))]
                .map(|(name, pass)| (name.to_string(), pass))
                .into(),
        );
        let turn = Turn::of(parts(), &record, "commit", 7_220);
        assert_eq!(names(&turn), ["d", "c", "a"]);
        assert_eq!(turn.due[1].waiting, "passed 2 h ago, with other inputs");
        assert_eq!((turn.position("c"), turn.position("b")), (Some(1), None));
    }

    #[test]
    fn without_a_record_the_commit_chooses_where_to_begin() {
        let commits = (0..40).map(|number| format!("commit {number}"));
        let turns: Vec<Turn> =
            commits.map(|commit| Turn::of(parts(), &Record::default(), &commit, 0)).collect();
        for name in PARTS {
            assert!(turns.iter().any(|turn| names(turn)[0] == name), "{name} is never first");
        }
        assert!(turns.iter().all(|turn| turn.due.len() == PARTS.len()));
    }
}
