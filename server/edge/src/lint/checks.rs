//! Runs all checks of a payload.

use std::collections::{HashMap, HashSet};

use fh_eval::featurehub::{Compiler, Environment};
use fh_eval::{Diagnostic, Profile, Severity};
use serde_json::value::RawValue;

use super::finding::{Finding, Findings, Level};
use super::place::Lines;
use super::view::FeatureView;
use super::{advice, edge, features, rules, strategies};

/// Returns the findings about these environments. The findings of one environment are sorted by the positions of feature, strategy and rule,
/// and then by level. `json` is the text of the document from which the environments borrow; without it, findings have no lines.
#[must_use]
pub fn lint(
    environments: &[Environment<'_>],
    profile: Profile,
    json: Option<&[u8]>,
) -> Vec<Finding> {
    let lines = Lines::of(json);
    let mut all = Vec::new();
    for environment in environments {
        let mut findings = Findings {
            environment: environment.id.as_deref(),
            lines: lines.clone(),
            found: Vec::new(),
        };
        let mut diagnosed = diagnosed(environment, profile);
        for (position, raw) in environment.features.iter().enumerate() {
            let view = &FeatureView::of(position, raw);
            for noted in diagnosed.remove(view.key.as_str()).unwrap_or_default() {
                findings.diagnosed(Some(view), noted);
            }
            findings.check(view, profile == Profile::Client);
        }
        for noted in diagnosed.into_values().flatten() {
            findings.diagnosed(None, noted);
        }
        findings.found.sort_by_key(|(order, finding)| (*order, finding.level));
        all.extend(findings.found.into_iter().map(|(_, finding)| finding));
    }
    all
}

/// Returns the findings about a feature that this Edge serves, without the engine's diagnostics. `profile` is the profile of its environment.
///
/// Clients always evaluate by profile `client`. So parts that profile `edge` evaluates differently matter only in an environment with profile
/// `edge`, where the Edge's own evaluations differ from those of clients.
pub(crate) fn lint_served(feature: &str, profile: Profile) -> Vec<Finding> {
    let Ok(raw) = serde_json::from_str::<&RawValue>(feature) else { return Vec::new() };
    let mut findings = Findings { environment: None, lines: Lines::default(), found: Vec::new() };
    findings.check(&FeatureView::of(0, raw), profile == Profile::Edge);
    findings.found.sort_by_key(|(order, _)| *order);
    findings.found.into_iter().map(|(_, finding)| finding).collect()
}

/// Returns the code of one of the engine's diagnostics, and advice that describes the remedy.
pub(crate) fn advice_of(diagnostic: &Diagnostic) -> (&'static str, String) {
    advice::of(diagnostic)
}

/// A diagnostic of the engine.
struct Noted {
    diagnostic: Diagnostic,
    /// True if only profile `edge` has this diagnostic, and the payload is linted for the other profile.
    on_edge_only: bool,
}

/// Returns the engine's diagnostics, grouped by feature key. For profile `client`, one diagnostic of profile `edge` is
/// included for each place at which profile `client` has no diagnostic. The rulesets of the two profiles are compiled one
/// after the other, because they may be large.
fn diagnosed(environment: &Environment<'_>, profile: Profile) -> HashMap<String, Vec<Noted>> {
    let mut by_key: HashMap<String, Vec<Noted>> = HashMap::new();
    let mut known = HashSet::new();
    let edge = (profile == Profile::Client).then_some(Profile::Edge);
    for profile in [Some(profile), edge].into_iter().flatten() {
        let on_edge_only = Some(profile) == edge;
        for diagnostic in Compiler::new(profile).compile(environment).diagnostics() {
            if known.insert(diagnostic.place.to_string()) || !on_edge_only {
                let noted = Noted { diagnostic: diagnostic.clone(), on_edge_only };
                by_key.entry(diagnostic.place.feature.to_string()).or_default().push(noted);
            }
        }
    }
    by_key
}

impl Findings<'_> {
    /// Adds the findings of all checks of one feature.
    fn check(&mut self, view: &FeatureView<'_>, with_differences: bool) {
        features::check(self, view);
        strategies::check(self, view);
        for (strategy, rule) in view.rules() {
            rules::check(self, view, strategy, rule);
            if with_differences {
                edge::check(self, view, strategy, rule);
            }
        }
    }

    /// Adds the engine's diagnostic as a finding.
    fn diagnosed(&mut self, view: Option<&FeatureView<'_>>, noted: Noted) {
        let Noted { diagnostic, on_edge_only } = noted;
        let (code, advice) = advice::of(&diagnostic);
        let message = format!("{}; {}", diagnostic.problem, diagnostic.consequence);
        let severity = diagnostic.severity();
        let place = diagnostic.place;
        let order = (view.map_or(usize::MAX, |view| view.position), place.strategy, place.rule);
        let finding = Finding {
            level: match severity {
                Severity::Error if !on_edge_only => Level::Error,
                _ => Level::Warning,
            },
            code: if on_edge_only { "edge" } else { code },
            line: self.lines.line_of(view.and_then(|view| view.near(&place))),
            place,
            message: if on_edge_only { format!("under profile edge: {message}") } else { message },
            advice,
        };
        self.found.push((order, finding));
    }
}
