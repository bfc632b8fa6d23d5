//! Checks of conditions, and of rules that no user reaches.

use std::borrow::Cow;

use fh_eval::featbit::{OPERATORS, Profile};
use fh_eval::internal::text::pattern::{Extent, short_texts};

use super::parts::{Segments, conditions_of};
use crate::flag_lint::findings::{At, Findings, meant};
use crate::flag_lint::node::Node;
use fh_edge::internal::Level;

const IN_SEGMENT: &str = "User is in segment";
const IN_NO_SEGMENT: &str = "User is not in segment";

/// Checks the conditions of a rule of a flag.
pub(super) fn check_of_flag(
    findings: &mut Findings,
    rule: &At<'_>,
    segments: &mut Segments<'_>,
    profile: Profile,
) {
    for at in conditions_of(rule) {
        match at.node.text("property").as_deref() {
            Some(IN_SEGMENT | IN_NO_SEGMENT) => on_segments(findings, &at, segments, profile),
            _ => ordinary(findings, &at),
        }
    }
}

/// Checks the conditions of a rule of a segment, which cannot be on segments.
pub(super) fn check_of_segment(findings: &mut Findings, rule: &At<'_>) {
    for at in conditions_of(rule) {
        if let Some(IN_SEGMENT | IN_NO_SEGMENT) = at.node.text("property").as_deref() {
            findings.warn(
                &at,
                "never-holds",
                "conditions of segments cannot be on segments; this one reads a property with that name",
                "repeat the rules of the other segment here, or let the flags name both segments",
            );
            continue;
        }
        ordinary(findings, &at);
    }
}

/// Returns the list in the text of a condition's value.
fn list(value: &str) -> Option<Vec<String>> {
    serde_json::from_str::<Vec<Option<String>>>(value)
        .ok()
        .map(|list| list.into_iter().flatten().collect())
}

fn on_segments(
    findings: &mut Findings,
    at: &At<'_>,
    segments: &mut Segments<'_>,
    profile: Profile,
) {
    let Some(ids) = at.node.text("value").and_then(|value| list(&value)) else { return };
    if ids.is_empty() {
        let (code, verb) = match at.node.text("property").as_deref() {
            Some(IN_SEGMENT) => ("never-holds", "never holds"),
            _ => ("never-holds", "always holds"),
        };
        let message = format!("the condition names no segment, so that it {verb}");
        findings.warn(
            &at.member("value"),
            code,
            message,
            "name a segment, or remove the condition",
        );
    }
    for id in ids {
        match segments.by_id.get(&id) {
            None => {
                let known = segments.by_id.keys().map(String::as_str);
                let advice = meant(&id, known, "name a segment of the payload, or remove the id");
                let message =
                    format!("there is no segment {id}; a flag that reaches it has no value");
                findings.add(Level::Error, &at.member("value"), "unknown-segment", message, advice);
            }
            Some(segment) if segment.is_true("isArchived") => {
                let (level, effect) = match profile {
                    Profile::Draft => (Level::Error, "a flag that reaches it has no value"),
                    _ => (
                        Level::Warning,
                        "the server still evaluates it, but SDKs that do not receive it give no value",
                    ),
                };
                let message = format!("the segment {id} is archived; {effect}");
                let advice = "restore the segment, or remove its id from the condition";
                findings.add(level, &at.member("value"), "archived-segment", message, advice);
            }
            Some(_) => {}
        }
        segments.named.insert(id);
    }
}

fn ordinary(findings: &mut Findings, at: &At<'_>) {
    let op = at.node.text("op").unwrap_or_default();
    if !OPERATORS.contains(&&*op) {
        return;
    }
    let Some(value) = at.node.text("value") else {
        let advice = "write the value, as in \"value\": \"\" for the empty text";
        return findings.warn(
            at,
            "never-holds",
            "the condition has no value, so that it never holds",
            advice,
        );
    };
    if matches!(&*op, "MatchRegex" | "NotMatchRegex")
        && let Some(longest) = short_texts(&value, Extent::DotNet)
    {
        let message = format!(
            "a text of more than {longest} bytes can be too much work for this pattern, and the flag then has no value"
        );
        let advice = "use Contains or IsOneOf where possible, or several conditions";
        findings.warn(&at.member("value"), "regex-limit", message, advice);
    }
    let property = at.node.text("property").unwrap_or_default();
    let why = match &*op {
        _ if property.trim().is_empty() => Some((
            "users have no property without a name".to_string(),
            "name the property, such as country".to_string(),
        )),
        "LessThan" | "LessEqualThan" | "BiggerThan" | "BiggerEqualThan" if is_no_number(&value) => {
            Some((
                format!(
                    "{op} compares numbers, and {value:?} is none, so that the condition never holds"
                ),
                "write a number, such as \"18\"; no operator compares versions or dates"
                    .to_string(),
            ))
        }
        "IsOneOf" if list(&value).is_some_and(|list| list.is_empty()) => Some((
            "the list is empty, so that the condition never holds".to_string(),
            "write a list with at least one text, such as \"[\\\"pro\\\"]\"".to_string(),
        )),
        _ => None,
    };
    if let Some((message, advice)) = why {
        findings.warn(&at.member("value"), "never-holds", message, advice);
    }
}

/// Returns true for a text that certainly is no number for FeatBit's server, which also accepts blanks, commas and words.
fn is_no_number(value: &str) -> bool {
    let plain: String = value.trim().chars().filter(|c| *c != ',').collect();
    plain.parse::<f64>().is_err()
}

/// Returns true if a condition holds for all users.
fn always_holds(at: &At<'_>, profile: Profile) -> bool {
    let property = at.node.text("property").unwrap_or_default();
    let value = at.node.text("value").unwrap_or_default();
    let is_empty_list = list(&value).is_some_and(|list| list.is_empty());
    if property == IN_NO_SEGMENT {
        return is_empty_list;
    }
    // All users have a key. In profile `server`, a property that a user lacks is an empty text.
    let is_known = property == "keyId" || (profile == Profile::Server && property != "name");
    is_known
        && match at.node.text("op").as_deref() {
            Some("Contains" | "StartsWith" | "EndsWith") => value.is_empty(),
            Some("NotOneOf") => is_empty_list,
            _ => false,
        }
}

/// Returns true if all users match the rule.
fn matches_all(rule: &At<'_>, profile: Profile) -> bool {
    let is_list = rule.node.get("conditions").is_some_and(|node| node.json().starts_with('['));
    is_list && conditions_of(rule).iter().all(|condition| always_holds(condition, profile))
}

/// The parts of conditions that decide, in order.
type Conditions<'a> = Vec<[Cow<'a, str>; 3]>;

fn conditions<'a>(rule: &At<'a>) -> Conditions<'a> {
    let part = |node: Node<'a>, name| node.text(name).unwrap_or_default();
    let parts = |node| [part(node, "property"), part(node, "op"), part(node, "value")];
    rule.node.list("conditions").into_iter().map(parts).collect()
}

/// Finds rules that no user reaches.
pub(super) fn check_reach(findings: &mut Findings, rules: &[At<'_>], profile: Profile) {
    for (position, rule) in rules.iter().enumerate() {
        let earlier = rules.get(..position).unwrap_or_default();
        let catch_all = earlier.iter().find(|earlier| matches_all(earlier, profile));
        let own = conditions(rule);
        let twin = earlier.iter().find(|earlier| !own.is_empty() && conditions(earlier) == own);
        let why = match (catch_all, twin) {
            (Some(earlier), _) => format!("{} matches all users before it", earlier.title()),
            (None, Some(earlier)) => format!("{} has the same conditions", earlier.title()),
            (None, None) => continue,
        };
        findings.warn(
            rule,
            "unreachable",
            format!("no user reaches the rule: {why}"),
            "move the rule before that one, or remove one of them",
        );
    }
}
