//! Finds parts of a payload that cannot be used, and parts that are probably mistakes.

mod advice;
pub(crate) mod countries;
mod edge;
mod features;
mod names;
mod place;
mod rules;
mod strategies;
mod view;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use fh_eval::featurehub::{Compiler, Environment};
use fh_eval::{Diagnostic, Place, Profile, Severity};
use serde::Serialize;
use serde_json::value::RawValue;

use place::Lines;
pub use strategies::millionths;
use view::FeatureView;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A part cannot be used, so it never matches or is missing.
    Error,
    /// The part is probably a mistake, is ignored or replaced by a default, or profile `edge` evaluates it differently.
    Warning,
}

/// An error or a warning that a check has found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The severity of the finding.
    pub level: Level,
    /// The short name of the check. [`CODES`] lists the names of all checks.
    pub code: &'static str,
    /// The part of the payload that the finding is about.
    pub place: Place,
    /// The line in the file, counted from 1, or `None` if the line is not known.
    pub line: Option<usize>,
    /// A description of the problem and of its consequence.
    pub message: String,
    /// Advice that describes the remedy.
    pub advice: String,
}

/// The code of every check, with a description.
pub const CODES: &[(&str, &str)] = &[
    ("wrong-type", "a part with the wrong JSON type, or a missing part"),
    ("unknown-name", "a type, conditional or member that does not exist"),
    ("unreadable-value", "a value that cannot be read as the type of its rule or feature"),
    ("regex", "a pattern that is invalid, too large or not supported"),
    ("regex-limit", "a pattern so large that it cannot test longer texts"),
    ("regex-dialect", "a part of a pattern that not all SDKs read alike"),
    ("no-feature-id", "a percentage on a feature without an id"),
    ("duplicate-key", "several features with the same key"),
    ("percentage-sum", "percentages of one key that add up to more than 100 %"),
    ("percentage-range", "a percentage outside 0 to 1000000"),
    ("percentage-unit", "a percentage below 1000 (0.1 %), which was probably meant in percent"),
    ("percentage-zero", "a percentage of 0, which counts as no percentage"),
    ("empty-strategy", "a strategy without rules and without a percentage"),
    ("no-value", "a strategy without a value, whose contexts get no value"),
    ("unreachable", "a strategy that no context, or hardly any, can reach"),
    ("duplicate-strategy", "two strategies of a feature with the same id"),
    ("never-holds", "a conditional that never holds for its type"),
    ("blank-rule", "a rule without values"),
    ("version", "a version that does not follow semver.org"),
    ("boolean-rule", "a BOOLEAN rule whose values are not one boolean"),
    ("well-known", "a country, device or platform that FeatureHub does not know"),
    ("blanks", "blanks around a rule value or a name"),
    ("value-type", "a feature's value with another JSON type than the feature's type"),
    ("json-value", "a JSON feature whose value is no JSON"),
    ("edge", "a part that profile edge evaluates differently"),
];

/// The longest JSON value in a finding, in characters. Longer values are cut.
const LONGEST_VALUE: usize = 120;

/// The findings about one environment.
struct Findings<'a> {
    environment: Option<&'a str>,
    lines: Lines<'a>,
    found: Vec<(Order, Finding)>,
}

/// The positions of the feature in its environment, of the strategy in the feature, and of the rule in the strategy.
type Order = (usize, Option<u32>, Option<u32>);

/// The part of the document that a check is about.
#[derive(Debug, Clone, Default)]
struct At<'a> {
    feature: usize,
    key: &'a str,
    strategy: Option<(u32, Option<&'a str>)>,
    rule: Option<(u32, &'a str)>,
    member: Option<&'static str>,
    /// The JSON value of the part, as the document writes it.
    token: Option<&'a str>,
    /// Some text of the part that is borrowed from the document, so that its address gives the line.
    near: Option<&'a str>,
}

impl Findings<'_> {
    /// Adds a warning about the part `at`.
    fn warn(
        &mut self,
        at: &At<'_>,
        code: &'static str,
        message: String,
        advice: impl Into<String>,
    ) {
        let place = Place {
            environment: self.environment.map(Box::from),
            feature: at.key.into(),
            strategy: at.strategy.map(|(position, _)| position),
            strategy_id: at.strategy.and_then(|(_, id)| Some(id?.into())),
            rule: at.rule.map(|(position, _)| position),
            field: at.rule.map(|(_, field)| field.into()),
            member: at.member,
            value: at.token.map(|token| cut(token).into()),
            ..Place::default()
        };
        let finding = Finding {
            level: Level::Warning,
            code,
            place,
            line: self.lines.line_of(at.token.or(at.near)),
            message,
            advice: advice.into(),
        };
        let order = (
            at.feature,
            at.strategy.map(|(position, _)| position),
            at.rule.map(|(position, _)| position),
        );
        self.found.push((order, finding));
    }
}

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

/// Returns the code of one of the engine's diagnostics.
pub(crate) fn code_of(diagnostic: &Diagnostic) -> &'static str {
    advice::of(diagnostic).0
}

fn cut(token: &str) -> Cow<'_, str> {
    match token.char_indices().nth(LONGEST_VALUE) {
        None => Cow::Borrowed(token),
        Some(_) => Cow::Owned(token.chars().take(LONGEST_VALUE - 1).chain(['…']).collect()),
    }
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
