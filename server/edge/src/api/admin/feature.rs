//! The JSON form in which the admin API shows the features of an environment.

use std::collections::BTreeMap;

use fh_eval::{Diagnostic, Place, Severity};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::lint::{self, Finding};
use crate::serving::{Published, ServedFeature};
use crate::state::Json;

/// A feature with its value in one environment, as responses of the admin API show it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeatureView<'a> {
    key: &'a str,
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    version: i64,
    value: Option<&'a Json>,
    locked: bool,
    retired: bool,
    strategies: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_id: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filters: Vec<&'a str>,
    /// The problems that the compiler and the linter found in the feature and its strategies, without accepted ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<StrategyFinding>,
}

/// A problem that the compiler or the linter found in a feature or its strategies.
#[derive(Debug, Serialize)]
pub(super) struct StrategyFinding {
    pub(super) severity: Severity,
    /// The name of the check, by which a state file can accept the problem.
    code: &'static str,
    /// The path of the faulty part within the feature, such as `strategies[0].attributes[1].conditional`; empty for the feature as a whole.
    pub(super) place: String,
    /// A description of the problem and of its consequence.
    pub(super) error: String,
}

impl<'a> FeatureView<'a> {
    pub(super) fn of(published: &'a Published, feature: &'a ServedFeature) -> Self {
        let compiled = published.ruleset.get(&feature.key);
        let diagnostics = compiled.map_or(&[][..], |compiled| compiled.diagnostics());
        let linted = lint::lint_served(feature.json(), published.settings.profile);
        let noted = |mut found: StrategyFinding, place: &Place| {
            found.error.push_str(feature.payload.consequence(place.strategy));
            found
        };
        let linted = linted.iter().map(|found| noted(StrategyFinding::linted(found), &found.place));
        let compiled =
            diagnostics.iter().map(|found| noted(StrategyFinding::of(found), &found.place));
        let mut diagnostics: Vec<_> = compiled.chain(linted).collect();
        if let Some(accepted) = published.settings.accepted.get(&feature.key) {
            diagnostics.retain(|found| !accepted.contains(found.code));
        }
        Self {
            key: &feature.key,
            id: feature.id,
            kind: feature.kind.as_str(),
            version: feature.version,
            value: feature.value.as_ref(),
            locked: feature.locked,
            retired: feature.retired,
            strategies: serde_json::from_str(feature.strategies()).ok(),
            value_id: feature.value_id.as_deref(),
            properties: &feature.properties,
            filters: feature.filters.iter().map(String::as_str).collect(),
            diagnostics,
        }
    }
}

impl StrategyFinding {
    pub(super) fn of(diagnostic: &Diagnostic) -> Self {
        let (code, advice) = lint::advice_of(diagnostic);
        let given = diagnostic.place.value.as_ref();
        let given = given.map(|value| format!("{value}: ")).unwrap_or_default();
        Self {
            severity: diagnostic.consequence.severity(),
            code,
            place: Self::path(&diagnostic.place),
            error: format!("{given}{}; {}; {advice}", diagnostic.problem, diagnostic.consequence),
        }
    }

    fn linted(finding: &Finding) -> Self {
        let given = finding.place.value.as_ref();
        let given = given.map(|value| format!("{value}: ")).unwrap_or_default();
        Self {
            severity: Severity::Warning,
            code: finding.code,
            place: Self::path(&finding.place),
            error: format!("{given}{}; {}", finding.message, finding.advice),
        }
    }

    /// Returns the path of a part within its feature.
    fn path(place: &Place) -> String {
        let mut path = String::new();
        if let Some(strategy) = place.strategy {
            path.push_str(&format!("strategies[{strategy}]"));
        }
        if let Some(rule) = place.rule {
            path.push_str(&format!(".attributes[{rule}]"));
        }
        // If an item of a list is not an object, the diagnostic names the list as the faulty member. The path contains the list already.
        let is_list = |member: &&str| matches!(*member, "strategies" | "attributes");
        if let Some(member) = place.member.filter(|member| path.is_empty() || !is_list(member)) {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(member);
        }
        path
    }
}
