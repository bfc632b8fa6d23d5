//! Unknown members of strategies and rules.

use super::wire::name;
use crate::text::lower_case;

/// The known members of a strategy, including the members that occur only in FeatureHub's management API.
pub(super) const STRATEGY: &[&str] = &[
    name::ID,
    "name",
    name::PERCENTAGE,
    name::PERCENTAGE_ATTRIBUTES,
    name::VALUE,
    name::RULES,
    "disabled",
    "avatar",
    "colouring",
];

/// The known members of a rule.
pub(super) const RULE: &[&str] =
    &[name::ID, name::CONDITIONAL, name::FIELD, name::VALUES, name::TYPE];

/// Number of unknown members of one object after which no more are recorded, except one near miss if none was recorded
/// before.
const MOST_KEPT: usize = 16;
/// The maximum length, in bytes, of a name that is compared with known names. A longer name is never a near miss.
const LONGEST: usize = 40;
/// The minimum number of letters of an unknown name that is a near miss because a known name begins with the unknown
/// name.
const SHORTEST_BEGINNING: usize = 4;

/// A member of a strategy or a rule that the engine does not know, perhaps because its name is misspelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMember {
    /// The member's name. A name of more than 120 characters is cut off and ends with `…`.
    pub name: Box<str>,
    /// The known member that was probably meant, because the two names are nearly the same; `None` if the unknown name
    /// resembles no known name or has more than 40 bytes.
    pub meant: Option<&'static str>,
}

impl UnknownMember {
    /// Returns the known member of a strategy that was probably meant by `name`, because the two names are nearly the
    /// same. Returns `None` if `name` resembles no known name, has more than 40 bytes, or is itself a known name.
    #[must_use]
    pub fn meant_in_strategy(name: &str) -> Option<&'static str> {
        if STRATEGY.contains(&name) { None } else { near_miss(name, STRATEGY) }
    }

    /// Returns the known member of a rule that was probably meant by `name`, because the two names are nearly the same.
    /// Returns `None` if `name` resembles no known name, has more than 40 bytes, or is itself a known name.
    #[must_use]
    pub fn meant_in_rule(name: &str) -> Option<&'static str> {
        if RULE.contains(&name) { None } else { near_miss(name, RULE) }
    }

    /// Adds the member `name` to `list`, the unknown members of one object, unless `known` contains the name. Once the
    /// list has [`MOST_KEPT`] members, only a near miss of a known name is added, and only if the list has no near miss
    /// yet.
    pub(super) fn note(list: &mut Vec<Self>, name: &str, known: &[&'static str]) {
        if known.contains(&name) {
            return;
        }
        let meant = near_miss(name, known);
        let is_first_miss = meant.is_some() && list.iter().all(|other| other.meant.is_none());
        if is_first_miss || list.len() < MOST_KEPT {
            list.push(Self { name: crate::diagnostic::excerpt(name), meant });
        }
    }
}

/// Returns the known member whose name is nearly the same as `name`, or `None` if there is no such member.
/// A name of more than 40 bytes is not a near miss. Case and the separators `_`, `-`, `.` and space are ignored.
/// A name is a near miss of a known name in these cases:
///
/// - The name equals the known name.
/// - The known name begins with the name, and the name has at least four letters.
/// - The known name has four to seven letters, and at most one edit turns the name into it.
/// - The known name has eight letters or more, and at most two edits turn the name into it.
///
/// An edit adds, drops or changes a character, or swaps two neighbours.
fn near_miss(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = folded(name);
    let is_near = |known: &&&str| {
        let known = folded(known);
        let allowed = match known.len() {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        };
        let begins = name.len() >= SHORTEST_BEGINNING && known.starts_with(&name);
        begins || (name.len().abs_diff(known.len()) <= allowed && edits(&name, &known) <= allowed)
    };
    known.iter().find(is_near).copied()
}

/// Returns the characters of a name in lower case, without `_`, `-`, `.` and spaces.
fn folded(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '.'));
    letters.flat_map(lower_case::of_char).collect()
}

/// Returns the least number of edits that turn one name into the other (optimal string alignment).
fn edits(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut last_left = None;
    for (place, a) in left.iter().enumerate() {
        let mut next = vec![place + 1];
        let mut last_right = None;
        for (column, b) in right.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let changed = at(&row, column).saturating_add(usize::from(a != b));
            let dropped = at(&row, column + 1).saturating_add(1);
            let added = at(&next, column).saturating_add(1);
            let mut least = changed.min(dropped).min(added);
            if last_left == Some(b) && last_right == Some(a) {
                // The last two letters of both names are the same in opposite order, so one swap suffices.
                least = least.min(at(&before, column.saturating_sub(1)).saturating_add(1));
            }
            next.push(least);
            last_right = Some(b);
        }
        before = std::mem::replace(&mut row, next);
        last_left = Some(a);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_distinguished_from_other_names() {
        for (name, meant) in [
            ("atributes", "attributes"),
            ("attribute", "attributes"),
            ("Attributes", "attributes"),
            ("attr", "attributes"),
            ("percentge", "percentage"),
            ("percent", "percentage"),
            ("precentage", "percentage"),
            ("percentage_attributes", "percentageAttributes"),
            ("percentageAtributs", "percentageAttributes"),
            ("vlaue", "value"),
            ("values", "value"),
            ("ID", "id"),
            ("disable", "disabled"),
        ] {
            assert_eq!(near_miss(name, STRATEGY), Some(meant), "{name}");
        }
        for (name, meant) in [
            ("value", "values"),
            ("field", "fieldName"),
            ("feildName", "fieldName"),
            ("field-name", "fieldName"),
            ("condition", "conditional"),
            ("typ", "type"),
        ] {
            assert_eq!(near_miss(name, RULE), Some(meant), "{name}");
        }
        for name in ["", "i", "uid", "v", "rules", "priority", "weight", "x-note", "evaluated"] {
            assert_eq!(near_miss(name, STRATEGY), None, "{name}");
            assert_eq!(near_miss(name, RULE), None, "{name}");
        }
        assert_eq!(near_miss(&"a".repeat(1_000_000), STRATEGY), None);
    }

    #[test]
    fn the_near_miss_is_kept_among_many_unknown_members() {
        let mut list = Vec::new();
        for number in 0..1_000 {
            UnknownMember::note(&mut list, &format!("x{number}"), STRATEGY);
        }
        UnknownMember::note(&mut list, "atributes", STRATEGY);
        UnknownMember::note(&mut list, "percentge", STRATEGY);
        UnknownMember::note(&mut list, "id", STRATEGY);
        assert_eq!(list.len(), MOST_KEPT + 1);
        assert_eq!(list.last().unwrap().meant, Some("attributes"));
    }
}
