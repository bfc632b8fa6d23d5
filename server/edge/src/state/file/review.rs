//! Reports the problems that the engine and the linter find in strategies, with their positions and paths in the document.

use std::cell::LazyCell;

use fh_eval::featurehub::Compiler;
use fh_eval::internal::wire::name;
use fh_eval::{Diagnostic, DiagnosticKind, Place, Profile};
use fh_files::{Content, quoted};

use super::Options;
use super::part::{Part, Reading};
use super::problem::excerpt;
use crate::lint::{self, lint_served};
use crate::state::{Feature, FeatureText, FeatureValue, Payload, check_strategy};

/// The review of the strategies of one environment. It compiles features to get the engine's diagnostics.
pub(super) struct Review {
    profile: Profile,
    /// The keys of features that have percentages, but lack a value id in the file. Only profile `edge` adds keys, because it hashes value
    /// ids.
    without_value_id: Vec<String>,
}

/// The parts of a document that hold one feature's value.
pub(super) struct Reviewed<'a> {
    /// The part of the value, or of the feature that contains the value.
    pub(super) part: &'a Part,
    /// The part that holds the list of the value's strategies; `None` if the value has no such list.
    pub(super) strategies: Option<&'a Part>,
    /// False if a missing id of the value is to be reported.
    pub(super) has_value_id: bool,
}

impl Review {
    /// Creates the review of an environment. `profile` is the environment's own profile, if it has one.
    pub(super) fn new(options: &Options, profile: Option<Profile>) -> Self {
        Self { profile: profile.unwrap_or(options.profile), without_value_id: Vec::new() }
    }

    /// Adds the problems that the engine and the linter find in a feature with this value. Misspelt members of strategies are errors, and all
    /// other problems are warnings, unless the value accepts them by the name of the check. A strategy above a size limit is an error as well; then only errors of this kind are added. Does
    /// nothing if the value has no list of strategies.
    pub(super) fn value(
        &mut self,
        reading: &mut Reading<'_>,
        feature: &Feature,
        value: &FeatureValue,
        reviewed: &Reviewed<'_>,
    ) {
        let Some(strategies) = reviewed.strategies.and_then(Part::items) else { return };
        let mut is_too_large = false;
        for (at, strategy) in value.strategies.iter().enumerate() {
            if let Err(why) = check_strategy(strategy.as_str()) {
                is_too_large = true;
                reading.error(strategies.get(at).unwrap_or(reviewed.part), why.to_string());
            }
        }
        if is_too_large {
            return;
        }
        if self.profile == Profile::Edge
            && !reviewed.has_value_id
            && strategies.iter().any(has_percentage)
        {
            self.without_value_id.push(feature.key.to_string());
        }
        let text = FeatureText::of(feature, Some(value), 0);
        let compiler = Compiler::new(self.profile);
        // The compiler rejects only features without a key or type.
        let Ok(compiled) = compiler.feature_of(&text.parts(), text.json()) else {
            return;
        };
        // Only a problem needs it.
        let payload = LazyCell::new(|| match self.profile {
            Profile::Client => Payload::of_compiled(&text, Some(compiled.as_ref())),
            _ => Payload::of(&text),
        });
        for diagnostic in compiled.as_ref().diagnostics() {
            let part = placed(reviewed.part, &strategies, &diagnostic.place);
            let (code, advice) = lint::advice_of(diagnostic);
            match diagnostic.problem {
                DiagnosticKind::MisspeltMember(meant) => {
                    unknown_member(reading, &part, diagnostic, Some(meant));
                }
                _ if value.accept.contains(code) => {}
                DiagnosticKind::UnknownMember => unknown_member(reading, &part, diagnostic, None),
                _ => {
                    let consequence = payload.consequence(diagnostic.place.strategy);
                    let what = message(diagnostic, &part);
                    let what = format!("{what}; {advice}{consequence}");
                    reading.warn_at(part.node.position, &part.path, Some(code), what);
                }
            }
        }
        for finding in lint_served(text.json(), self.profile) {
            let part = placed(reviewed.part, &strategies, &finding.place);
            // A text that ends in % has a unit.
            let has_unit = finding.code == "percentage-unit" && part.text().is_some();
            if !has_unit && !value.accept.contains(finding.code) {
                let consequence = payload.consequence(finding.place.strategy);
                let what = format!("{}; {}{consequence}", finding.message, finding.advice);
                reading.warn_at(part.node.position, &part.path, Some(finding.code), what);
            }
        }
    }

    /// Ends the review. If features with percentages have no value ids, one warning for the environment names up to five of these features,
    /// and says how many more there are.
    pub(super) fn finish(self, reading: &mut Reading<'_>, environment: &Part) {
        const NAMED: usize = 5;
        let Self { without_value_id: keys, .. } = self;
        if keys.is_empty() {
            return;
        }
        let more = keys.len().saturating_sub(NAMED);
        let named: Vec<&str> = keys.iter().take(NAMED).map(String::as_str).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = format!(
            "profile edge hashes the ids of values, and there is no valueId for the percentages of {}{more}: users get other values than on \
             a FeatureHub server",
            named.join(", ")
        );
        reading.warn(environment, what);
    }
}

/// Returns true if a strategy has a percentage other than the number 0.
fn has_percentage(strategy: &Part) -> bool {
    let Some(percentage) = strategy.get(name::PERCENTAGE) else { return false };
    !matches!(percentage.content(), Content::Number(digits) if &**digits == "0")
}

/// Returns the part of the document that a diagnostic concerns, or the closest enclosing part that exists.
fn placed(value: &Part, strategies: &[Part], place: &Place) -> Part {
    let item = |list: &Part, at: u32| list.items()?.get(at as usize).cloned();
    let Some(mut part) = place.strategy.and_then(|at| strategies.get(at as usize)).cloned() else {
        return place.member.and_then(|member| value.get(member)).unwrap_or_else(|| value.clone());
    };
    if let Some(rule) = place.rule
        && let Some(rule) = part.get(name::RULES).and_then(|rules| item(&rules, rule))
    {
        part = rule;
    }
    if let Some(member) = place.member.and_then(|member| part.get(member)) {
        part = member;
    }
    let Some(value) = place.value.as_deref() else { return part };
    let meant = |part: &Part| part.text() == Some(value) || part.node.to_json() == value;
    part.items().and_then(|items| items.into_iter().find(meant)).unwrap_or(part)
}

/// Reports an unknown member of a strategy or rule. The report is an error if the member's name is similar to a known name, else a warning.
fn unknown_member(
    reading: &mut Reading<'_>,
    part: &Part,
    diagnostic: &Diagnostic,
    meant: Option<&'static str>,
) {
    let owner = if diagnostic.place.rule.is_some() { "a rule" } else { "a strategy" };
    let given = diagnostic.place.value.as_deref().unwrap_or_default();
    let member = part.members().unwrap_or_default().iter().find(|member| &*member.name == given);
    let position = member.map_or(part.node.position, |member| member.position);
    let (path, written) = (part.path.member(given), quoted(&excerpt(given)));
    match meant {
        Some(meant) => {
            let what = format!("{written} is not known in {owner}; did you mean {meant}?");
            reading.error_at(position, &path, what);
        }
        None => {
            let (code, _) = lint::advice_of(diagnostic);
            let known = if owner == "a rule" { &name::OF_RULE[..] } else { &name::OF_STRATEGY[..] };
            let advice = match lint::meant(given, known) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("the members are {}", known.join(", ")),
            };
            let what = format!("{written} is ignored in {owner}; {advice}");
            reading.warn_at(position, &path, Some(code), what);
        }
    }
}

fn message(diagnostic: &Diagnostic, part: &Part) -> String {
    let Diagnostic { place, problem, consequence } = diagnostic;
    let value = place.value.as_ref().map(|value| format!(" ({value})")).unwrap_or_default();
    let message = format!("{problem}{value}; {consequence}");
    match place.member {
        Some(member) if value.is_empty() && is_missing(part, member, problem) => {
            format!("{member} is missing; {consequence}")
        }
        // The path contains the member already, unless the member is missing in the document.
        Some(member) if !part.path.passes(member) => format!("{member}: {message}"),
        _ => message,
    }
}

/// Returns true if the rule or strategy of a diagnostic lacks this member, which must be one of a list of names.
fn is_missing(part: &Part, member: &str, problem: &DiagnosticKind) -> bool {
    matches!(problem, DiagnosticKind::Unknown(_))
        && part.members().is_some()
        && part.get(member).is_none()
}
