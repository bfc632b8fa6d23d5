//! Suggestions for misspelt names.

/// Returns the candidate that is closest to a misspelt name, or `None` if no candidate is close enough. Upper and lower case and the kind
/// of separator (`-`, `_`, `.` or space) make no difference.
///
/// ```
/// assert_eq!(fh_files::closest("new-chekout", ["OLD_CHECKOUT", "NEW_CHECKOUT"]), Some("NEW_CHECKOUT"));
/// assert_eq!(fh_files::closest("PRICES", ["NEW_CHECKOUT"]), None);
/// ```
#[must_use]
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = plain(name);
    let allowed = (name.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        // Names of very different lengths are not misspellings of each other, so their distance is not computed.
        .filter(|candidate| candidate.chars().count().abs_diff(name.len()) <= allowed)
        .map(|candidate| (distance(&name, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the first 100 characters of a name, in lower case and with `_` for every separator. Later characters are cut off.
fn plain(name: &str) -> Vec<char> {
    let unified = |c: char| match c {
        '-' | ' ' | '.' => '_',
        c => c,
    };
    name.chars().take(100).map(unified).flat_map(char::to_lowercase).collect()
}

/// Returns the Levenshtein distance of two texts.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, a) in left.iter().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(right) {
            let changed = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = changed.min(before + 1).min(*cell + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings() {
        let names = ["NEW_CHECKOUT", "SEARCH_RANKING", "A"];
        assert_eq!(closest("new-checkout", names), Some("NEW_CHECKOUT"));
        assert_eq!(closest("SERCH_RANKNG", names), Some("SEARCH_RANKING"));
        assert_eq!(closest("PRICES", names), None);
        assert_eq!(closest("OLD_TROLLEYS", ["NEW_CHECKOUT"]), None);
        assert_eq!(distance(&plain("kitten"), &plain("sitting")), 3);
    }
}
