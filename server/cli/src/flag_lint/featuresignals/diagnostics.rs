//! The engine's diagnostics as findings.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use fh_eval::featuresignals::{Compiler, Document};
use fh_eval::{Diagnostic, DiagnosticKind, Place, Vocabulary};
use serde_json::value::RawValue;

use super::advice;
use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

/// The flags, states and segments of a ruleset by key.
struct Parts<'a> {
    /// Each with its position in the list. Of several with one key, the last one.
    flags: HashMap<&'a str, (usize, &'a RawValue)>,
    states: HashMap<&'a str, &'a RawValue>,
    segments: HashMap<&'a str, (usize, &'a RawValue)>,
}

impl<'a> Parts<'a> {
    fn of(document: &'a Document<'_>) -> Self {
        let with_position = |list: &'a [(Cow<'_, str>, &'a RawValue)]| {
            let parts = list.iter().enumerate();
            parts.map(|(position, (key, raw))| (&**key, (position, *raw))).collect()
        };
        Self {
            flags: with_position(&document.flags),
            states: document.states.iter().map(|(key, raw)| (&**key, *raw)).collect(),
            segments: with_position(&document.segments),
        }
    }
}

/// Adds the diagnostics of all flags and segments. A flag that is off is also compiled as if it were on, because the engine reads only the
/// parts that can answer.
pub(super) fn add(findings: &mut Findings, document: &Document<'_>) {
    let compiler = Compiler::new();
    let parts = &Parts::of(document);
    let mut known = HashSet::new();
    for diagnostic in compiler.compile(document).diagnostics() {
        known.insert(diagnostic.place.to_string());
        finding(findings, parts, diagnostic, "");
    }
    for (key, (_, raw)) in &parts.segments {
        if let Ok(segment) = compiler.segment(key, raw) {
            for diagnostic in segment.diagnostics() {
                finding(findings, parts, diagnostic, "");
            }
        }
    }
    for (key, (_, raw)) in &parts.flags {
        let state = parts.states.get(*key).copied();
        let Some(turned) = state.and_then(turned_on) else { continue };
        if let Ok(flag) = compiler.flag(key, raw, Some(&turned)) {
            for diagnostic in flag.as_ref().diagnostics() {
                if known.insert(diagnostic.place.to_string()) {
                    let note = " (once the flag is on)";
                    finding(findings, parts, diagnostic, note);
                }
            }
        }
    }
}

/// Returns the state of a flag that is on in place of one that is off. Of equal members, the last one counts.
fn turned_on(state: &RawValue) -> Option<Box<RawValue>> {
    let enabled = Node::of(state).get("enabled");
    if enabled.is_some_and(|enabled| !matches!(enabled.json(), "false" | "null")) {
        return None;
    }
    let members = state.get().trim_end().strip_suffix('}')?;
    let comma = if members.trim_end().ends_with('{') { "" } else { "," };
    RawValue::from_string(format!("{members}{comma}\"enabled\":true}}")).ok()
}

/// Returns the part of a flag, its state or a segment that a diagnostic names.
fn node<'a>(entity: Node<'a>, state: Option<Node<'a>>, place: &Place) -> Node<'a> {
    let nth = |list: Option<Vec<Node<'a>>>, at: Option<u32>| {
        list.zip(at).and_then(|(list, at)| list.into_iter().nth(at as usize))
    };
    if place.vocabulary == Vocabulary::Segment {
        return nth(Some(entity.list("rules")), place.rule).unwrap_or(entity);
    }
    let rule = nth(state.map(|state| state.list("rules")), place.strategy);
    let condition = nth(rule.map(|rule| rule.list("conditions")), place.rule);
    // The flag and the state may have a default value. The one with the value that the diagnostic shows is meant.
    let member = place.member.and_then(|member| {
        let value = place.value.as_deref().unwrap_or_default();
        let is_meant = |node: &Node<'a>| match value.strip_suffix('…') {
            Some(beginning) => node.json().starts_with(beginning),
            None => node.json() == value,
        };
        entity.get(member).filter(is_meant).or_else(|| state?.get(member))
    });
    condition.or(rule).or(member).unwrap_or(entity)
}

fn finding(
    findings: &mut Findings,
    parts: &Parts<'_>,
    diagnostic: &Diagnostic,
    note: &'static str,
) {
    // Checks find unknown segments, also those of rules without a percentage, and flags that do not count, with their lines.
    if matches!(
        diagnostic.problem,
        DiagnosticKind::Unknown("segment") | DiagnosticKind::DuplicateKey
    ) {
        return;
    }
    let place = &diagnostic.place;
    let (entities, state) = match place.vocabulary {
        Vocabulary::Segment => (&parts.segments, None),
        _ => (&parts.flags, parts.states.get(&*place.feature).copied().map(Node::of)),
    };
    let Some((position, raw)) = entities.get(&*place.feature).copied() else { return };
    let name = Some(Cow::Borrowed(&*place.feature));
    let at = At::entity(place.vocabulary, position, name, node(Node::of(raw), state, place));
    findings.diagnosed(&at, diagnostic, note, advice::of(diagnostic));
}
