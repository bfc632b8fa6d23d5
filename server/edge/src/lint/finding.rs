//! The findings of the checks, and the parts of the document that they are about.

use std::borrow::Cow;

use fh_eval::Place;
use serde::Serialize;

use super::place::Lines;

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
pub(super) struct Findings<'a> {
    pub(super) environment: Option<&'a str>,
    pub(super) lines: Lines<'a>,
    pub(super) found: Vec<(Order, Finding)>,
}

/// The positions of the feature in its environment, of the strategy in the feature, and of the rule in the strategy.
pub(super) type Order = (usize, Option<u32>, Option<u32>);

/// The part of the document that a check is about.
#[derive(Debug, Clone, Default)]
pub(super) struct At<'a> {
    pub(super) feature: usize,
    pub(super) key: &'a str,
    pub(super) strategy: Option<(u32, Option<&'a str>)>,
    pub(super) rule: Option<(u32, &'a str)>,
    pub(super) member: Option<&'static str>,
    /// The JSON value of the part, as the document writes it.
    pub(super) token: Option<&'a str>,
    /// Some text of the part that is borrowed from the document, so that its address gives the line.
    pub(super) near: Option<&'a str>,
}

impl Findings<'_> {
    /// Adds a warning about the part `at`.
    pub(super) fn warn(
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

fn cut(token: &str) -> Cow<'_, str> {
    match token.char_indices().nth(LONGEST_VALUE) {
        None => Cow::Borrowed(token),
        Some(_) => Cow::Owned(token.chars().take(LONGEST_VALUE - 1).chain(['…']).collect()),
    }
}
