//! The population of a rollout forecast: ids from a file, or a reproducible sample.

use std::collections::HashSet;

use crate::failure::Failure;
use crate::payload::read_bytes;
use crate::sanitize::plural;

/// A set of distinct ids.
pub(crate) enum Population {
    /// Ids from a file.
    Listed(Vec<String>),
    /// Generated ids: their number, and the seed of the generator.
    Sampled { count: u64, seed: u64 },
}

impl Population {
    /// Reads a file with one id per line, or stdin if the path is `-`. Blank lines are left out. Also returns remarks on
    /// repeated ids and on white space around ids.
    pub(crate) fn listed(path: &str) -> Result<(Self, Vec<String>), Failure> {
        let (name, bytes) = read_bytes(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            Failure::Input(format!(
                "{name} is not UTF-8 text (byte {}): write one id per line",
                error.valid_up_to()
            ))
        })?;
        let text = fh_files::without_mark(text);
        let mut seen = HashSet::new();
        let (mut ids, mut repeated, mut blanks) = (Vec::new(), 0, 0);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            blanks += usize::from(line.trim() != line);
            if seen.insert(line) {
                ids.push(line.to_string());
            } else {
                repeated += 1;
            }
        }
        if ids.is_empty() {
            return Err(Failure::Input(format!("{name} contains no ids: write one id per line")));
        }
        let mut remarks = Vec::new();
        if repeated > 0 {
            let repeated = plural(repeated, "line", "lines");
            remarks
                .push(format!("ids are repeated on {repeated} of {name}; each id is counted once"));
        }
        if blanks > 0 {
            let blanks = plural(blanks, "line", "lines");
            remarks.push(format!(
                "white space at the start or end of {blanks} in {name} is part of the id"
            ));
        }
        Ok((Self::Listed(ids), remarks))
    }

    /// Calls `each` with every id of the population.
    pub(crate) fn for_each(&self, mut each: impl FnMut(&str)) {
        match self {
            Self::Listed(ids) => ids.iter().for_each(|id| each(id)),
            Self::Sampled { count, seed } => {
                let start = mix(*seed);
                (0..*count).for_each(|index| each(&sampled(start, index)));
            }
        }
    }
}

/// Returns the generated id at an index. Every step of the calculation is reversible, so with the same `start`, different
/// indexes give different ids.
fn sampled(start: u64, index: u64) -> String {
    let number = mix(start.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    format!("user-{number:016x}")
}

/// Applies the finaliser of SplitMix64, which is reversible.
fn mix(seed: u64) -> u64 {
    let z = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_distinct_and_repeatable() {
        let draw = |seed| {
            let mut ids = Vec::new();
            Population::Sampled { count: 10_000, seed }.for_each(|id| ids.push(id.to_string()));
            ids
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_eq!(draw(0).into_iter().collect::<HashSet<_>>().len(), 10_000);
    }
}
