//! Checks of segments.

use fh_eval::featbit::Profile;

use super::conditions;
use super::parts::{Segments, rules};
use crate::flag_lint::findings::{At, Findings};

pub(super) fn check(
    findings: &mut Findings,
    at: &At<'_>,
    segments: &Segments<'_>,
    profile: Profile,
) {
    let id = &*at.place.feature;
    let name = at.node.text("name").map_or(String::new(), |name| format!(" {name}"));
    let is_archived = at.node.is_true("isArchived");
    if !segments.named.contains(id) && !is_archived {
        findings.warn(
            at,
            "unused-segment",
            format!("no flag of the payload names the segment{name}"),
            "let a flag name it, or archive it",
        );
    }
    let (included, excluded) = (at.node.texts("included"), at.node.texts("excluded"));
    for key in included.iter().filter(|key| excluded.contains(key)) {
        findings.warn(
            &at.member("included"),
            "duplicate-user",
            format!("the user {key} is in `included` and in `excluded`; `excluded` counts"),
            format!("remove {key} from one of the lists"),
        );
    }
    let rules = rules(at);
    if included.is_empty() && rules.is_empty() && !is_archived {
        findings.warn(
            at,
            "empty-segment",
            format!("the segment{name} has neither users nor rules, so that no user is in it"),
            "add users or rules, or remove the conditions that name it",
        );
    }
    for rule in &rules {
        conditions::check_of_segment(findings, rule);
    }
    conditions::check_reach(findings, &rules, profile);
}
