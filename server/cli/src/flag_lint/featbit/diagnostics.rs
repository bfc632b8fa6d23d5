//! The engine's diagnostics as findings.

use std::collections::HashSet;

use fh_eval::featbit::{Compiler, Document, Profile};
use fh_eval::{Diagnostic, Place, Vocabulary};
use serde_json::value::RawValue;

use super::advice;
use super::parts::entity;
use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

/// Adds the diagnostics of all flags and segments. A flag is compiled as it is, and as if its switch had the other position, because the
/// engine reads only the parts that can answer.
pub(super) fn add(findings: &mut Findings, document: &Document<'_>, profile: Profile) {
    let compiler = Compiler::new(profile);
    let mut known = HashSet::new();
    for diagnostic in compiler.compile(document).diagnostics() {
        let at = find(document, &diagnostic.place);
        known.insert(diagnostic.place.to_string());
        finding(findings, at, diagnostic, "");
    }
    for (position, raw) in document.segments.iter().enumerate() {
        let at = entity(Vocabulary::Segment, position, Node::of(raw));
        if let Ok(segment) = compiler.segment(raw) {
            for diagnostic in segment.diagnostics() {
                finding(findings, Some(at.clone()), diagnostic, "");
            }
        }
    }
    for (position, raw) in document.flags.iter().enumerate() {
        let at = entity(Vocabulary::Flag, position, Node::of(raw));
        let is_on = at.node.is_true("isEnabled");
        let Some(turned) = turned(raw, !is_on) else { continue };
        if let Ok(Some(flag)) = compiler.flag(&turned) {
            let note = if is_on { " (once the flag is off)" } else { " (once the flag is on)" };
            for diagnostic in flag.as_ref().diagnostics() {
                if !known.contains(&diagnostic.place.to_string()) {
                    finding(findings, Some(at.clone()), diagnostic, note);
                }
            }
        }
    }
}

/// Returns a flag with its switch in another position. Of equal members, the last one counts.
fn turned(flag: &RawValue, is_on: bool) -> Option<Box<RawValue>> {
    let members = flag.get().trim_end().strip_suffix('}')?;
    let comma = if members.trim_end().ends_with('{') { "" } else { "," };
    RawValue::from_string(format!("{members}{comma}\"isEnabled\":{is_on}}}")).ok()
}

/// Returns the flag or the segment that a diagnostic names. Of several with one key, it is the first one.
fn find<'a>(document: &Document<'a>, place: &Place) -> Option<At<'a>> {
    let list = match place.vocabulary {
        Vocabulary::Segment => &document.segments,
        _ => &document.flags,
    };
    let entities = list.iter().enumerate();
    let mut entities =
        entities.map(|(position, raw)| entity(place.vocabulary, position, Node::of(raw)));
    entities.find(|entity| entity.place.feature == place.feature)
}

fn finding(
    findings: &mut Findings,
    entity: Option<At<'_>>,
    diagnostic: &Diagnostic,
    note: &'static str,
) {
    let Some(entity) = entity else { return };
    let place = &diagnostic.place;
    let rule = place.strategy.and_then(|at| entity.node.list("rules").into_iter().nth(at as usize));
    let condition = rule.zip(place.rule).and_then(|(rule, at)| {
        let conditions = rule.list("conditions");
        conditions.into_iter().nth(at as usize)
    });
    let remedy = advice::of(diagnostic, entity.node);
    let at = At { node: condition.or(rule).unwrap_or(entity.node), ..entity };
    findings.diagnosed(&at, diagnostic, note, remedy);
}
