//! Linting: what cannot be read, and what is legal but surely not meant.

mod advice;
mod countries;
mod edge;
mod features;
mod names;
mod place;
mod rules;
mod strategies;
mod view;

use fh_eval::featurehub::{Compiler, Environment};
use fh_eval::{Place, Profile, Ruleset, Severity};
use serde::Serialize;

use crate::payload::Payload;
use place::Lines;
use view::{ByKey, FeatureView};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// A part never matches, or is missing.
    Error,
    /// Legal, but surely not meant.
    Warning,
}

/// One thing that was found.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// Short name of the check.
    pub(crate) code: &'static str,
    pub(crate) place: Place,
    /// Line of the file, from 1.
    pub(crate) line: Option<usize>,
    /// What is wrong and what comes of it.
    pub(crate) message: String,
    /// What to do.
    pub(crate) advice: String,
}

/// Every check's code, and what it looks for. Codes of errors come first.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("wrong-type", "a part has the wrong JSON type"),
    ("unknown-name", "a type or conditional that does not exist"),
    ("unreadable-value", "a rule value that cannot be read as the rule's type"),
    ("regex", "a pattern that is invalid or not supported"),
    ("no-feature-id", "a percentage on a feature without an id"),
    ("duplicate-key", "two features with the same key"),
    ("percentage-sum", "percentages of one key that add up to more than 100 %"),
    ("percentage-range", "a percentage outside 0 to 1000000"),
    ("percentage-zero", "a percentage of 0, which is no percentage"),
    ("empty-strategy", "a strategy without rules and percentage"),
    ("unreachable", "a strategy that nobody can get to"),
    ("duplicate-strategy", "two strategies of a feature with the same id"),
    ("never-holds", "a conditional that never holds for its type"),
    ("blank-rule", "a rule without values"),
    ("version", "a version that is not one by semver.org"),
    ("boolean-rule", "a BOOLEAN rule whose values are not one boolean"),
    ("well-known", "a country, device or platform that FeatureHub does not know"),
    ("blanks", "blanks around a rule value or a name"),
    ("value-type", "a value that is not of the feature's type"),
    ("json-value", "a JSON feature whose value is no JSON"),
    ("edge", "what profile edge evaluates differently"),
];

/// Where findings are gathered.
pub(crate) struct Findings<'a> {
    environment: Option<&'a str>,
    lines: Lines<'a>,
    found: Vec<(Order, Finding)>,
}

/// The place in the document, for sorting: feature, strategy, rule.
type Order = (usize, Option<u32>, Option<u32>);

/// Where a check is looking.
#[derive(Debug, Clone, Default)]
pub(crate) struct At<'a> {
    pub(crate) feature: usize,
    pub(crate) key: &'a str,
    pub(crate) strategy: Option<(u32, Option<&'a str>)>,
    pub(crate) rule: Option<(u32, &'a str)>,
    pub(crate) member: Option<&'static str>,
    /// What stands there, as it was written.
    pub(crate) token: Option<&'a str>,
    /// Some text of the part, to find its line by.
    pub(crate) near: Option<&'a str>,
}

impl Findings<'_> {
    /// Notes a warning.
    pub(crate) fn warn(
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
            value: at.token.map(|token| crate::shown::cut(token, 120).into()),
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

/// Everything that is to be said about a document.
pub(crate) fn lint(
    payload: &Payload,
    environments: &[Environment<'_>],
    profile: Profile,
) -> Vec<Finding> {
    let lines = Lines::of(payload);
    let mut all = Vec::new();
    for environment in environments {
        let mut findings = Findings {
            environment: environment.id.as_deref(),
            lines: lines.clone(),
            found: Vec::new(),
        };
        let views: Vec<FeatureView<'_>> = environment
            .features
            .iter()
            .enumerate()
            .map(|(position, raw)| FeatureView::of(position, raw))
            .collect();
        let compiled = Compiler::new(profile).compile(environment);
        let by_key = ByKey::of(&views);
        diagnosed(&mut findings, &compiled, &by_key);
        let other =
            (profile == Profile::Client).then(|| Compiler::new(Profile::Edge).compile(environment));
        if let Some(other) = &other {
            edge::diagnosed(&mut findings, &compiled, other, &by_key);
        }
        features::together(&mut findings, &views);
        for view in &views {
            features::check(&mut findings, view);
            strategies::check(&mut findings, view);
            for (strategy, rule) in view.rules() {
                rules::check(&mut findings, view, strategy, rule);
                if other.is_some() {
                    edge::check(&mut findings, view, strategy, rule);
                }
            }
        }
        findings.found.sort_by_key(|(order, finding)| (*order, finding.level));
        all.extend(findings.found.into_iter().map(|(_, finding)| finding));
    }
    all
}

/// What the engine has to say.
fn diagnosed(findings: &mut Findings<'_>, compiled: &Ruleset, views: &ByKey<'_, '_>) {
    for diagnostic in compiled.diagnostics() {
        let place = &diagnostic.place;
        let view = views.get(place);
        let (code, advice) = advice::of(diagnostic);
        let finding = Finding {
            level: match diagnostic.severity() {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            },
            code,
            line: findings.lines.line_of(view.and_then(|view| view.near(place))),
            place: place.clone(),
            message: format!("{}; {}", diagnostic.problem, diagnostic.consequence),
            advice,
        };
        let feature = view.map_or(usize::MAX, |view| view.position);
        findings.found.push(((feature, place.strategy, place.rule), finding));
    }
}
