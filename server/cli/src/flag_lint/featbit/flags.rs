//! Checks of flags.

use std::collections::HashMap;

use fh_eval::featbit::Profile;

use super::parts::{Segments, rules};
use super::{conditions, intervals};
use crate::flag_lint::findings::{At, Findings};

pub(super) fn check<'a>(
    findings: &mut Findings,
    flag: &At<'a>,
    segments: &mut Segments<'a>,
    profile: Profile,
) {
    variations(findings, flag);
    targets(findings, flag);
    let rules = rules(flag);
    for rule in &rules {
        conditions::check_of_flag(findings, rule, segments, profile);
        intervals::check(findings, rule, "variations");
    }
    conditions::check_reach(findings, &rules, profile);
    if let Some(node) = flag.node.get("fallthrough") {
        intervals::check(findings, &At { node, ..flag.clone() }, "fallthrough");
    }
}

fn variations(findings: &mut Findings, flag: &At<'_>) {
    let mut seen = Vec::new();
    for node in flag.node.list("variations") {
        let Some(id) = node.text("id") else { continue };
        if seen.contains(&id) {
            let message = format!("several variations have the id {id}; the first one counts");
            let advice = "give each variation an id of its own";
            findings.warn(&flag.member("variations"), "duplicate-variation", message, advice);
        }
        seen.push(id);
    }
}

fn targets(findings: &mut Findings, flag: &At<'_>) {
    let at = flag.member("targetUsers");
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (number, target) in (1..).zip(flag.node.list("targetUsers")) {
        let keys = target.texts("keyIds");
        if keys.is_empty() {
            findings.warn(
                &at,
                "empty-target",
                format!("target {number} names no user"),
                "add users to the target, or remove it",
            );
        }
        for key in keys {
            let earlier = *seen.entry(key.to_string()).or_insert(number);
            if earlier < number {
                let message = format!(
                    "the user {key} is in target {earlier} and in target {number}; the first one counts"
                );
                let advice = format!("remove {key} from one of the targets");
                findings.warn(&at, "duplicate-user", message, advice);
            }
        }
    }
}
