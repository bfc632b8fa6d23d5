//! The reports of explanations, as data and as text.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Explanation, RuleStep, Step};
use crate::diagnostic::{Consequence, Diagnostic, excerpt};
use crate::featurehub::payload::token;
use crate::featurehub::wire;
use crate::json::{Shape, Token};
use crate::reason::EvaluationReason;
use crate::text::address::{self, Spelling};
use crate::text::date::{Day, Years};
use crate::text::datetime::{DateTime, MissingOffset};
use crate::text::number::Decimal;
use crate::time::Timestamp;

/// The outcome of a strategy in one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Outcome {
    /// The strategy matched, so its value is the value of the evaluation.
    Match,
    /// The bucket is above the largest bucket that the strategy admits, or the strategy has neither rules nor a
    /// percentage other than 0.
    PercentageMiss,
    /// The strategy has a percentage, but the context has no percentage key.
    NoPercentageKey,
    /// A rule of the strategy did not hold.
    AttributeMiss,
    /// The strategy is unusable, for example because it could not be read, or the rule that failed is
    /// [`unreadable`](RuleReport::unreadable).
    Invalid,
    /// An earlier strategy matched, or the subject has no context.
    NotReached,
}

/// The report of one evaluation: the feature, the value and its reason, and every strategy with its outcome. JSON
/// tokens are copied from the payload, with `\ufffd` in place of each escape of a lone surrogate.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Key of the evaluated feature.
    pub feature: String,
    /// Name of the feature's type, such as `BOOLEAN`; `None` if the type is missing or unknown.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// True if the feature is locked, which restricts overrides by interceptors (evaluation 5.6).
    pub locked: bool,
    /// The evaluated value, as the payload's JSON token; `None` if it is null or missing.
    #[serde(serialize_with = "token_or_null")]
    pub value: Option<String>,
    /// The reason why the evaluation has its value, such as a strategy that matched.
    pub reason: EvaluationReason,
    /// Id of the strategy that matched; `None` if no strategy matched or the matching strategy has no id.
    pub strategy_id: Option<String>,
    /// True if the subject has a context. Without a context, no strategy is evaluated.
    pub has_context: bool,
    /// The reports of all strategies, in the payload's order.
    pub strategies: Vec<StrategyReport>,
    /// The feature's value if no strategy matches, as a JSON token; `None` if it is null or missing.
    #[serde(serialize_with = "token_or_null")]
    pub default_value: Option<String>,
    /// The diagnostics of the feature; see [`FeatureRef::diagnostics`](crate::FeatureRef::diagnostics).
    pub diagnostics: Vec<Diagnostic>,
}

/// The report of one strategy: its settings, its outcome, and the reports of its rules.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyReport {
    /// Id of the strategy; `None` if the strategy has no id that is a text.
    pub id: Option<String>,
    /// The feature's value if this strategy matches, as a JSON token; `None` if it is null or missing.
    #[serde(serialize_with = "token_or_null")]
    pub value: Option<String>,
    /// The outcome of the strategy: a match, or the reason why the strategy did not match.
    pub outcome: Outcome,
    /// Percentage of the strategy, as a JSON token; `None` if the strategy has no percentage.
    #[serde(serialize_with = "token_or_null", skip_serializing_if = "Option::is_none")]
    pub percentage: Option<String>,
    /// The attributes that make up the percentage key; an empty list for the default percentage key. Elements that are
    /// not texts are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub percentage_attributes: Vec<String>,
    /// The percentage key: the hashed text without the id that follows it. `None` if no bucket was compared for this
    /// strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_key: Option<String>,
    /// The bucket of the percentage key, 0 to 999,999; `None` if no bucket was compared for this strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u32>,
    /// The largest bucket that the strategy admits; `None` if no bucket was compared for this strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
    /// The reports of the strategy's rules, in order. Rules after a failed rule are not evaluated.
    pub rules: Vec<RuleReport>,
}

/// The report of one rule: its settings, the supplied values, and its outcome.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// The name of the attribute that the rule reads; `?` if the payload has no name. A name that is not a text is
    /// shown as JSON.
    pub field: String,
    /// The type of the rule, such as `NUMBER`; `?` if the payload has no type. A type that is not a text is shown as
    /// JSON.
    #[serde(rename = "type")]
    pub kind: String,
    /// The operator by which the rule compares the attribute with the rule's values, such as `EQUALS`; `?` if the
    /// payload has no operator. An operator that is not a text is shown as JSON.
    pub conditional: String,
    /// The rule's own values, with which the attribute's values are compared, as JSON tokens; `None` if the payload has
    /// no list of values.
    #[serde(serialize_with = "tokens_or_null")]
    pub wanted: Option<Vec<String>>,
    /// The values of the attribute in the context; `None` if the context has no such attribute or the subject has no
    /// context.
    pub given: Option<Vec<String>>,
    /// The time that the evaluation read first from the clock; `None` if this rule did not read the clock. Each rule
    /// that reads the clock reads it again, so a rule may have tested another time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Timestamp>,
    /// True if the rule held, false if the rule failed, `None` if the rule was not evaluated.
    pub held: Option<bool>,
    /// True if the rule failed and at least one of these conditions is true: a diagnostic says that the rule never
    /// holds; diagnostics say that all values that are not null are dropped; the rule ends at an unreadable value, and
    /// no value before it is usable; no supplied value looks like a value of the rule's type. The last condition is not
    /// checked for STARTS_WITH, ENDS_WITH and REGEX, nor without supplied values.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

fn raw(token: &str) -> Box<RawValue> {
    RawValue::from_string(token.to_string()).unwrap_or_default()
}

fn token_or_null<S: Serializer>(token: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_deref().map(raw).serialize(serializer)
}

fn tokens_or_null<S: Serializer>(
    tokens: &Option<Vec<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    tokens
        .as_ref()
        .map(|tokens| tokens.iter().map(|token| raw(token)).collect::<Vec<_>>())
        .serialize(serializer)
}

fn shown(raw: wire::Raw<'_>) -> String {
    match raw.map(Token::of) {
        Some(Token::Text(text)) => text.into_owned(),
        _ => raw.map_or_else(|| "?".to_string(), |raw| raw.get().to_string()),
    }
}

impl Report {
    pub(super) fn of(explanation: &Explanation) -> Self {
        let detail = explanation.detail.as_deref();
        let json = detail.map_or(Cow::Borrowed(""), |detail| crate::json::mend(&detail.json));
        let feature = wire::Feature::parse(&json).unwrap_or_default();
        let diagnostics = detail.map_or(&[][..], |detail| &detail.diagnostics);
        let strategies = feature.strategies.as_ref().map_or(&[][..], Vec::as_slice);
        let strategies: Vec<StrategyReport> = (0..)
            .zip(strategies)
            .map(|(position, strategy)| {
                StrategyReporter { explanation, diagnostics, position }.report(strategy)
            })
            .collect();
        let matched = strategies.iter().find(|strategy| strategy.outcome == Outcome::Match);
        let default_value = token(feature.value).map(String::from);
        Self {
            feature: detail.map_or(String::new(), |detail| detail.key.to_string()),
            kind: explanation.kind.map(super::Kind::as_str),
            locked: detail.is_some_and(|detail| detail.locked),
            value: matched.map_or_else(|| default_value.clone(), |strategy| strategy.value.clone()),
            reason: explanation.reason,
            strategy_id: matched.and_then(|strategy| strategy.id.clone()),
            has_context: explanation.attributes.is_some(),
            strategies,
            default_value,
            diagnostics: diagnostics.to_vec(),
        }
    }
}

/// The explanation, the diagnostics and the position from which the report of one strategy is made.
struct StrategyReporter<'a> {
    explanation: &'a Explanation,
    diagnostics: &'a [Diagnostic],
    position: u32,
}

impl StrategyReporter<'_> {
    fn report(&self, strategy: &Shape<wire::Strategy<'_>>) -> StrategyReport {
        let unread = wire::Strategy::default();
        let strategy = strategy.as_ref().unwrap_or(&unread);
        let step = self.explanation.steps.iter().find(|step| step.position == self.position);
        let asked = step.map_or(&[][..], |step| step.rules.of(&self.explanation.rules));
        let rules = strategy.rules.as_ref().map_or(&[][..], Vec::as_slice);
        let rules: Vec<RuleReport> = (0..)
            .zip(rules)
            .map(|(index, rule)| {
                self.rule(index, rule, asked.iter().find(|step| step.index == index))
            })
            .collect();
        let outcome = match step.map_or(Outcome::NotReached, |step| step.outcome) {
            Outcome::AttributeMiss if rules.iter().any(|rule| rule.unreadable) => Outcome::Invalid,
            outcome => outcome,
        };
        let attributes = strategy.percentage_attributes.as_ref().map_or(&[][..], Vec::as_slice);
        let attributes: Vec<String> = attributes
            .iter()
            .filter_map(|name| Some(wire::text(Some(*name))?.into_owned()))
            .collect();
        let drawn = step.and_then(|step: &Step| step.drawn);
        StrategyReport {
            id: wire::text(strategy.id).map(Cow::into_owned),
            value: token(strategy.value).map(String::from),
            outcome,
            percentage: token(strategy.percentage).map(String::from),
            percentage_key: drawn.and_then(|_| self.percentage_key(&attributes)),
            percentage_attributes: attributes,
            bucket: drawn.map(|(bucket, _)| bucket),
            threshold: drawn.map(|(_, limit)| limit),
            rules,
        }
    }

    fn percentage_key(&self, names: &[String]) -> Option<String> {
        let attributes = self.explanation.attributes.as_ref()?;
        if names.is_empty() {
            let first = |name| attributes.get(name).and_then(|mut values| values.next());
            return first(self.explanation.session)
                .or_else(|| first("userkey"))
                .map(str::to_string);
        }
        let part = |name: &String| match attributes.get(name) {
            Some(values) => values.collect::<Vec<_>>().join("$"),
            None => "<none>".to_string(),
        };
        Some(names.iter().map(part).collect::<Vec<_>>().join("$"))
    }

    fn rule(
        &self,
        index: u32,
        rule: &Shape<wire::Rule<'_>>,
        step: Option<&RuleStep>,
    ) -> RuleReport {
        let unread = wire::Rule::default();
        let rule = rule.as_ref().unwrap_or(&unread);
        let field = shown(rule.field);
        let attributes = self.explanation.attributes.as_ref();
        let name = wire::text(rule.field);
        let given = attributes.zip(name).and_then(|(attributes, name)| attributes.get(&name));
        let given: Option<Vec<String>> = given.map(|values| values.map(str::to_string).collect());
        let kind = shown(rule.kind);
        let failed = step.is_some_and(|step| !step.held);
        let wanted = match &rule.values {
            Shape::Is(values) => Some(values.iter().map(|value| value.get().to_string()).collect()),
            _ => None,
        };
        let conditional = shown(rule.conditional);
        let typed = !matches!(conditional.as_str(), "STARTS_WITH" | "ENDS_WITH" | "REGEX");
        let incomparable = || {
            typed
                && given
                    .as_ref()
                    .is_some_and(|given| !given.iter().any(|text| comparable(&kind, text)))
        };
        RuleReport {
            unreadable: failed
                && (self.broken(index, rule, typed.then_some(&kind)) || incomparable()),
            now: step.filter(|step| step.read_clock).and(self.explanation.now),
            held: step.map(|step| step.held),
            field,
            kind,
            conditional,
            wanted,
            given,
        }
    }

    /// Returns true if a diagnostic says that the rule never holds, or if no value of the rule could be compared: all
    /// values that are not null are dropped, or the rule ends at a value, and no value before it is usable. `typed` is
    /// the type of the rule; `None` if the conditional compares texts.
    fn broken(&self, index: u32, rule: &wire::Rule<'_>, typed: Option<&String>) -> bool {
        let is_here = |each: &&Diagnostic| {
            each.place.strategy == Some(self.position) && each.place.rule == Some(index)
        };
        let (mut dropped, mut end) = (0, None);
        for each in self.diagnostics.iter().filter(is_here) {
            match each.consequence {
                Consequence::RuleNeverHolds => return true,
                Consequence::ValueDropped => dropped += 1,
                Consequence::RuleEndsHere => end = each.place.value.as_deref(),
                _ => {}
            }
        }
        match end {
            Some(end) => !compares_before(rule, typed, end, dropped),
            None => dropped > 0 && has_lost_all(rule, dropped),
        }
    }
}

/// Returns true if the rule has a list of values, and at most `dropped` of them are not null.
fn has_lost_all(rule: &wire::Rule<'_>, dropped: usize) -> bool {
    rule.values.as_ref().is_some_and(|values| {
        values.iter().filter(|value| Token::of(value) != Token::Null).count() <= dropped
    })
}

/// Returns true if the rule compares a value before `end`, the text of the value at which the rule ends. `typed` is the
/// type of the rule; `None` if the conditional compares texts. `dropped` is the number of dropped values.
fn compares_before(
    rule: &wire::Rule<'_>,
    typed: Option<&String>,
    end: &str,
    dropped: usize,
) -> bool {
    let values = rule.values.as_ref().map_or(&[][..], Vec::as_slice);
    let tokens = values.iter().map(|value| Token::of(value));
    // Lists and objects are dropped before the other values are read.
    let (nested, scalars): (Vec<_>, Vec<_>) =
        tokens.partition(|token| matches!(token, Token::List | Token::Object));
    // Only a rule on dates ends at the text `null` too. Other rules compare or drop this text.
    let is_on_dates = typed.is_some_and(|kind| kind == "DATE" || kind == "DATETIME");
    let is_end = |token: Token<'_>| match token {
        Token::Null => end == "null",
        token => {
            (end != "null" || is_on_dates)
                && token.text().is_some_and(|text| *excerpt(&text) == *end)
        }
    };
    let before = scalars.into_iter().position(is_end).unwrap_or_default();
    before > dropped.saturating_sub(nested.len())
}

/// Returns false only if no profile can compare `text` as a value of the type `kind`.
fn comparable(kind: &str, text: &str) -> bool {
    match kind {
        "NUMBER" => Decimal::parse(text).is_some(),
        "DATE" => Day::parse(text, Years::Signed).is_some(),
        "DATETIME" => {
            DateTime::parse(text, MissingOffset::MeansUtc, Years::FourDigits).is_some()
                || DateTime::parse(text, MissingOffset::Unparsable, Years::Signed).is_some()
        }
        "IP_ADDRESS" => address::parse(text, Spelling::Server).is_some(),
        _ => true,
    }
}

/// The meaning of a line of a report's text, for programs that colour lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// The line shows the evaluated value.
    Answer,
    /// The line shows that a strategy matched, that a rule held, or that the default value is used.
    Good,
    /// The line shows that a strategy or a rule failed.
    Bad,
    /// The line shows that a strategy or a rule was not evaluated, or that the default value is not used.
    Quiet,
    /// The line shows a diagnostic, or a strategy with the outcome [`Outcome::Invalid`].
    Warning,
}

/// One line of the text of a report.
#[derive(Debug, Clone)]
pub struct Line {
    /// Number of levels by which the line is indented.
    pub indent: usize,
    /// The meaning of the line, for programs that colour lines.
    pub mark: Mark,
    /// The text of the line, without indentation.
    pub text: String,
}

impl Report {
    /// Returns the report as text, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut line = |indent, mark, text| lines.push(Line { indent, mark, text });
        let value = self.value.as_deref().unwrap_or("null");
        let because = match (self.reason, &self.strategy_id) {
            (EvaluationReason::StrategyMatch | EvaluationReason::Split, Some(id)) => {
                format!("strategy {id} matches")
            }
            (EvaluationReason::StrategyMatch | EvaluationReason::Split, None) => {
                "a strategy matches".to_string()
            }
            (EvaluationReason::Static, _) => "there are no strategies".to_string(),
            (_, _) if !self.has_context => {
                "there is no context, so the default value is used".to_string()
            }
            _ => "no strategy matches, so the default value is used".to_string(),
        };
        let kind = self.kind.unwrap_or("unknown type");
        let locked = if self.locked { ", locked" } else { "" };
        line(
            0,
            Mark::Answer,
            format!("{} = {value}  ({kind}{locked}; {}: {because})", self.feature, self.reason),
        );
        for (position, strategy) in self.strategies.iter().enumerate() {
            let id = strategy.id.as_deref().unwrap_or("without id");
            let value = strategy.value.as_deref().unwrap_or("null");
            let (mark, outcome) = strategy.verdict();
            line(1, mark, format!("strategy {} ({id}) → {value}: {outcome}", position + 1));
            for rule in &strategy.rules {
                let mark = match rule.held {
                    Some(true) => Mark::Good,
                    Some(false) => Mark::Bad,
                    None => Mark::Quiet,
                };
                if strategy.outcome != Outcome::NotReached {
                    line(2, mark, rule.sentence());
                }
            }
        }
        if !self.strategies.is_empty() {
            let value = self.default_value.as_deref().unwrap_or("null");
            let used = self.reason == EvaluationReason::Default;
            line(
                1,
                if used { Mark::Good } else { Mark::Quiet },
                format!("default value → {value}"),
            );
        }
        for diagnostic in &self.diagnostics {
            line(1, Mark::Warning, diagnostic.to_string());
        }
        lines
    }
}

impl StrategyReport {
    fn verdict(&self) -> (Mark, String) {
        let drawn = match (self.bucket, self.threshold, &self.percentage_key) {
            (Some(bucket), Some(threshold), Some(key)) => {
                let percent = threshold as f64 / 10_000.0;
                let relation = if i64::from(bucket) <= threshold { "within" } else { "beyond" };
                format!("{key:?} falls into bucket {bucket}, {relation} {threshold} ({percent} %)")
            }
            _ => String::new(),
        };
        match self.outcome {
            Outcome::Match if drawn.is_empty() => (Mark::Good, "matches".to_string()),
            Outcome::Match => (Mark::Good, format!("matches, {drawn}")),
            Outcome::PercentageMiss if drawn.is_empty() => (
                Mark::Bad,
                "the strategy has neither rules nor a percentage other than 0".to_string(),
            ),
            Outcome::PercentageMiss => (Mark::Bad, drawn),
            Outcome::NoPercentageKey => {
                (Mark::Bad, "the context has no percentage key".to_string())
            }
            Outcome::AttributeMiss if drawn.is_empty() => {
                (Mark::Bad, "a rule does not hold".to_string())
            }
            Outcome::AttributeMiss => (Mark::Bad, format!("a rule does not hold ({drawn})")),
            Outcome::Invalid => {
                (Mark::Warning, "the strategy or one of its rules cannot be used".to_string())
            }
            Outcome::NotReached => (Mark::Quiet, "not reached".to_string()),
        }
    }
}

impl RuleReport {
    fn sentence(&self) -> String {
        let wanted = match &self.wanted {
            Some(wanted) => format!("[{}]", wanted.join(", ")),
            None => "no values".to_string(),
        };
        let given = match (&self.given, self.now) {
            (Some(given), _) => {
                let given: Vec<String> = given.iter().map(|text| format!("{text:?}")).collect();
                format!("given {}", given.join(", "))
            }
            (None, Some(now)) => format!("current time {now}"),
            (None, None) => "attribute missing".to_string(),
        };
        let verdict = match self.held {
            Some(true) => "holds",
            Some(false) if self.unreadable => "cannot be compared",
            Some(false) => "does not hold",
            None => "not evaluated",
        };
        format!("{} {} {wanted} as {}: {given}, {verdict}", self.field, self.conditional, self.kind)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines().iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}{}", "  ".repeat(line.indent), line.text)?;
        }
        Ok(())
    }
}
