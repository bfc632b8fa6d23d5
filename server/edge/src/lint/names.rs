//! Checks of well-known attributes, for whose values FeatureHub has fixed names.

use fh_eval::internal::Relation;
use fh_eval::internal::text::pattern::{Extent, Pattern};
use fh_eval::{Country, Device, Platform};
use fh_files::closest;

use super::countries;
use super::finding::{At, Findings};
use super::view::RuleView;

fn known(field: &str) -> Option<Vec<&'static str>> {
    Some(match field {
        "country" => Country::ALL.iter().map(|name| name.as_str()).collect(),
        "device" => Device::ALL.iter().map(|name| name.as_str()).collect(),
        "platform" => Platform::ALL.iter().map(|name| name.as_str()).collect(),
        _ => return None,
    })
}

/// Adds a warning for each text value of the rule that fits no well-known name of the attribute. The rule's conditional decides
/// whether a name has to equal, contain, begin with, end with or match the value.
pub(super) fn check(findings: &mut Findings<'_>, rule: &RuleView<'_>, at: &At<'_>) {
    let Some((known, relation)) = known(&rule.field).zip(rule.relation()) else {
        return;
    };
    for value in rule.listed() {
        let Some(text) = value.text() else { continue };
        let text = text.as_ref();
        let some_name: Box<dyn Fn(&str) -> bool> = match relation {
            Relation::Equal => Box::new(|name| name == text),
            Relation::Contains => Box::new(|name| name.contains(text)),
            Relation::Starts => Box::new(|name| name.starts_with(text)),
            Relation::Ends => Box::new(|name| name.ends_with(text)),
            Relation::Pattern => match Pattern::compile(text, Extent::Search) {
                Ok(pattern) => Box::new(move |name| pattern.is_match(name)),
                Err(_) => continue,
            },
            Relation::Order => continue,
        };
        if known.iter().any(|name| some_name(name)) {
            continue;
        }
        let field = &rule.field;
        let meant = countries::named(text)
            .filter(|_| field == "country")
            .or_else(|| closest(text, known.iter().copied()));
        let advice = match (meant, field.as_ref()) {
            (Some(meant), _) => format!("write {meant}"),
            (None, "country") => {
                "FeatureHub's countries are English names such as new_zealand".to_string()
            }
            (None, _) => format!("write one of {}", known.join(", ")),
        };
        findings.warn(
            &At { member: Some("values"), token: Some(value.raw), ..at.clone() },
            "well-known",
            format!("FeatureHub has no {field} with this name"),
            advice,
        );
    }
}
