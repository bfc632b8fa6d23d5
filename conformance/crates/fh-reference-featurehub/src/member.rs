//! Detection of misspelt member names.

/// The members of a strategy, on the wire and in the management API.
pub(crate) const OF_A_STRATEGY: [&str; 9] = [
    "id",
    "name",
    "percentage",
    "percentageAttributes",
    "value",
    "attributes",
    "disabled",
    "avatar",
    "colouring",
];

/// The members of a rule.
pub(crate) const OF_A_RULE: [&str; 5] = ["id", "conditional", "fieldName", "values", "type"];

/// Returns true if a name is not known but nearly a known one. Case, blanks, dots, hyphens and underscores are ignored. A name is near a
/// known one in two cases:
///
/// * It is a prefix of the known name and has at least four letters.
/// * It becomes the known name by changing one letter (two letters if the known name has eight or more, none if it has fewer than four).
///   Swapping two neighbouring letters counts as one change.
pub(crate) fn is_misspelt(name: &str, known: &[&str]) -> bool {
    !known.contains(&name) && known.iter().any(|known| is_near(&bare(name), &bare(known)))
}

fn bare(name: &str) -> String {
    name.to_lowercase().replace(['_', '-', '.', ' '], "")
}

fn is_near(name: &str, known: &str) -> bool {
    let changes = match known.len() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    let begins = name.chars().count() >= 4 && known.starts_with(name);
    begins || can_become(name, known, changes)
}

/// Returns true if at most `changes` changes turn one name into the other. Tries all possibilities.
fn can_become(name: &str, known: &str, changes: u32) -> bool {
    let (mut one, mut other) = (name.chars(), known.chars());
    match (one.next(), other.next()) {
        (None, None) => true,
        (Some(a), Some(b)) if a == b && can_become(one.as_str(), other.as_str(), changes) => true,
        _ if changes == 0 => false,
        (a, b) => {
            let left = changes - 1;
            let dropped = a.is_some() && can_become(one.as_str(), known, left);
            let added = b.is_some() && can_become(name, other.as_str(), left);
            let changed =
                a.is_some() && b.is_some() && can_become(one.as_str(), other.as_str(), left);
            let (second, second_known) = (one.next(), other.next());
            let swapped = a.is_some()
                && a == second_known
                && b.is_some()
                && b == second
                && can_become(one.as_str(), other.as_str(), left);
            dropped || added || changed || swapped
        }
    }
}
