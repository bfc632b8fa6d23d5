//! Checks of segments.

use std::borrow::Cow;
use std::collections::HashSet;

use fh_eval::Vocabulary;
use fh_eval::featuresignals::Document;

use super::conditions;
use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

pub(super) fn check(findings: &mut Findings, document: &Document<'_>, named: &HashSet<String>) {
    let mut seen = HashSet::new();
    for (position, (key, raw)) in document.segments.iter().enumerate() {
        let name = Some(Cow::Borrowed(&**key));
        let at = &At::entity(Vocabulary::Segment, position, name, Node::of(raw));
        if !seen.insert(&**key) {
            let message = "another segment has the same key; the last one counts";
            let advice = "remove the segments that do not count";
            findings.warn(at, "duplicate-segment", message, advice);
        }
        if !named.contains(&**key) {
            findings.warn(
                at,
                "unused-segment",
                "no rule of the ruleset names the segment",
                "name it in a rule, or remove it",
            );
        }
        let is_object = at.node.json().starts_with('{');
        let Some(rules) = at.node.list_or_none("rules").filter(|_| is_object) else { continue };
        if rules.is_empty() {
            findings.warn(
                at,
                "empty-segment",
                "the segment has no rules, so that every context is in it",
                "add rules, or remove the segment from the rules that name it",
            );
        }
        for condition in conditions::places(at, rules) {
            conditions::check(findings, &condition);
        }
    }
}
