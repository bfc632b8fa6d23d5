//! Checks of the flags of groups, of which one flag has a context.

use std::borrow::Cow;
use std::collections::HashMap;

use super::parts::{ALL, Flag};
use super::rules::percent;
use crate::flag_lint::findings::Findings;

/// Returns a share of the buckets that a flag reads; `None` if the flag gives all contexts the same share.
fn share(flag: &Flag<'_>) -> Option<i64> {
    let state = flag.state?;
    let rollout = state.integer("percentage_rollout")?;
    let rules = state.list("rules").into_iter();
    let mut shares: Vec<i64> = rules.filter_map(|rule| rule.integer("percentage")).collect();
    shares.push(rollout);
    if rollout <= 0 && flag.node.text("flag_type").as_deref() == Some("ab") {
        let variants = state.list("variants").into_iter();
        shares.extend(variants.filter_map(|variant| variant.integer("weight")));
    }
    shares.into_iter().find(|share| (1..ALL).contains(share))
}

/// Finds percentages of flags that compete with other flags by the same bucket. The flag with the smallest bucket has the context.
pub(super) fn check(findings: &mut Findings, flags: &[Flag<'_>]) {
    let mut groups: HashMap<Cow<'_, str>, i32> = HashMap::new();
    for group in flags.iter().filter(|flag| flag.is_on()).filter_map(Flag::group) {
        *groups.entry(group).or_default() += 1;
    }
    for flag in flags.iter().filter(|flag| flag.is_on()) {
        let Some(count) = flag.group().and_then(|group| groups.get(&group).copied()) else {
            continue;
        };
        let Some(share) = share(flag).filter(|_| count > 1) else { continue };
        let beyond = 1.0 - percent(share) / 100.0;
        let real = 100.0 * (1.0 - beyond.powi(count));
        let nominal = percent(share);
        let message = format!(
            "the group chooses a flag by the bucket that percentages read: of the contexts for which this flag is chosen among {count}, \
             about {real:.0} % are within {share}, and not {nominal} %"
        );
        findings.warn(
            &flag.at().member("mutual_exclusion_group"),
            "skewed-group",
            message,
            "use no percentages and weights in a group, or take the flag out of the group",
        );
    }
}
