//! Suggestions for misspelt names.

/// The largest number of characters of a name that are compared. Later characters are ignored.
const LONGEST: usize = 100;

/// Returns the candidate that is closest to a misspelt name, or `None` if no candidate is close enough. Of equally close candidates, the
/// first is returned. A candidate is close enough if the number of edits that turn the name into it is at most a third of the name's length
/// in characters. One edit is always allowed, and never more than four are. Upper and lower case and the kind of separator (`-`, `_`, `.`
/// or space) make no difference. Only the first 100 characters of long names are compared.
///
/// ```
/// use fh_eval::internal::closest;
/// assert_eq!(closest("new-chekout", ["OLD_CHECKOUT", "NEW_CHECKOUT"]), Some("NEW_CHECKOUT"));
/// assert_eq!(closest("PRICES", ["NEW_CHECKOUT"]), None);
/// ```
#[must_use]
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = plain(name);
    let allowed = (name.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        // Names of very different lengths are not misspellings of each other, so their distance is not computed.
        .filter(|candidate| candidate.chars().take(LONGEST).count().abs_diff(name.len()) <= allowed)
        .map(|candidate| (distance(&name, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the first [`LONGEST`] characters of a name, in lower case and with `_` for every separator. Later characters are cut off.
fn plain(name: &str) -> Vec<char> {
    let unified = |c: char| match c {
        '-' | ' ' | '.' => '_',
        c => c,
    };
    name.chars().take(LONGEST).map(unified).flat_map(char::to_lowercase).collect()
}

/// Returns the number of characters that must be inserted, removed or replaced to make one text of the other (Levenshtein's distance).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, left) in (1..).zip(one) {
        let (mut diagonal, mut before) = (row - 1, row);
        for (right, cost) in other.iter().zip(costs.iter_mut().skip(1)) {
            let next = (diagonal + usize::from(left != right)).min(before + 1).min(*cost + 1);
            diagonal = std::mem::replace(cost, next);
            before = next;
        }
        if let Some(first) = costs.first_mut() {
            *first = row;
        }
    }
    costs.last().copied().unwrap_or_default()
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
        assert_eq!(closest("kitten", ["sitting"]), None, "distance 3, and 2 is allowed");
        assert_eq!(closest("kittens", ["sitten"]), Some("sitten"), "distance 2");
        let long = "A".repeat(200);
        assert_eq!(closest(&long, [long.as_str()]), Some(long.as_str()));
        for (one, other, edits) in
            [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("abcd", "acbd", 2), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(&plain(one), &plain(other)), edits, "{one} {other}");
        }
    }
}
