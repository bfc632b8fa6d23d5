//! Which features are different from one set of rules to another.

use fh_eval::{FeatureRef, members};
use serde_json::value::RawValue;

use crate::rules::Rules;

/// The keys of features that a reader could see to be different: new, gone, or changed in more than their version.
pub(crate) fn differences(older: &Rules, newer: &Rules) -> Vec<Box<str>> {
    let changed = newer.ruleset().iter().filter(|feature| {
        let known = older.ruleset().get(feature.key());
        known.is_none_or(|known| !is_same(known, *feature))
    });
    let is_gone = |feature: &FeatureRef<'_>| newer.ruleset().get(feature.key()).is_none();
    let gone = older.ruleset().iter().filter(is_gone);
    changed.chain(gone).map(|feature| feature.key().into()).collect()
}

fn is_same(one: FeatureRef<'_>, other: FeatureRef<'_>) -> bool {
    let (one, other) = (one.json(), other.json());
    // Rulesets share what an update leaves as it is.
    let is_shared = std::ptr::eq(one, other);
    is_shared || one == other || is_same_but_for_the_version(one, other)
}

fn is_same_but_for_the_version(one: &str, other: &str) -> bool {
    let parse = |json| serde_json::from_str::<&RawValue>(json).ok();
    let (Some(one), Some(other)) = (parse(one), parse(other)) else { return false };
    let (Some(one), Some(other)) = (members(one), members(other)) else { return false };
    let visible = |(name, value): &(std::borrow::Cow<'_, str>, &RawValue)| {
        (name != "version").then(|| (name.to_string(), value.get().to_owned()))
    };
    one.iter().filter_map(visible).eq(other.iter().filter_map(visible))
}
