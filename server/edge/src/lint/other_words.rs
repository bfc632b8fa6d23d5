//! Words of other formats for the names of this one, so that a message can say what to write.

use fh_eval::internal::wire::name;
use fh_files::closest;

/// The names of this format, each with what other formats write. Case, spaces, `_` and `-` do not matter.
const WORDS: &[(&str, &str)] = &[
    ("BOOLEAN", "bool flag toggle release"),
    ("STRING", "str text varchar"),
    ("NUMBER", "int integer long float double decimal numeric"),
    ("JSON", "object map dict"),
    ("SEMANTIC_VERSION", "semver version"),
    ("IP_ADDRESS", "ip cidr"),
    ("DATETIME", "timestamp instant"),
    ("EQUALS", "= == === eq is in isoneof oneof anyof"),
    ("NOT_EQUALS", "!= !== <> ne neq isnot notin isnotoneof noneof"),
    ("GREATER", "> gt greaterthan after"),
    ("GREATER_EQUALS", ">= ge gte greaterthanorequal atleast"),
    ("LESS", "< lt lessthan before"),
    ("LESS_EQUALS", "<= le lte lessthanorequal atmost"),
    ("INCLUDES", "contains has strcontains"),
    ("EXCLUDES", "notcontains doesnotcontain"),
    ("STARTS_WITH", "prefix beginswith strstartswith"),
    ("ENDS_WITH", "suffix strendswith"),
    ("REGEX", "matches match regexp pattern ~ =~"),
    ("key", "name"),
    ("type", "kind valuetype"),
    ("value", "enabled on default defaultvalue"),
    ("values", "operand operands"),
    ("strategies", "rules targeting targets"),
    (name::PERCENTAGE, "rollout weight"),
    ("attributes", "conditions constraints clauses"),
    (name::FIELD, "field attribute property contextname"),
    ("conditional", "operator op comparator"),
    ("features", "flags toggles"),
    ("environments", "envs stages"),
    ("accounts", "users keys apikeys"),
];

/// Returns the name that was probably meant: one that another format writes so, or the most similar one.
pub(crate) fn meant<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    let word: String = given.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
    let is_it = |other: &str| other.eq_ignore_ascii_case(&word);
    let mut found = WORDS.iter().filter(|(_, words)| words.split(' ').any(is_it));
    let known = |ours: &str| names.iter().copied().find(|known| *known == ours);
    found.find_map(|(ours, _)| known(ours)).or_else(|| closest(given, names.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::{WORDS, meant};

    #[test]
    fn each_word_means_its_name() {
        let names: Vec<&str> = WORDS.iter().map(|(name, _)| *name).collect();
        for (name, words) in WORDS {
            for word in words.split(' ') {
                assert_eq!(meant(word, &names), Some(*name), "{word}");
                assert_eq!(meant(&word.to_uppercase(), &names), Some(*name), "{word}");
            }
        }
        assert_eq!(meant("not_in", &names), Some("NOT_EQUALS"));
        assert_eq!(meant("not_in", &["EQUALS"]), None);
    }
}
