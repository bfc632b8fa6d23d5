//! The maker of reports, which reads the words of a report from the JSON of the feature.

use std::borrow::Cow;
use std::fmt;

use super::{Report, RuleReport, StrategyReport};
use crate::diagnostic::{Consequence, Diagnostic, excerpt};
use crate::explanation::{Explanation, Outcome, RuleStep, Step};
use crate::featurehub::conditionals::{Conditional, RuleType};
use crate::featurehub::payload::token;
use crate::featurehub::wire;
use crate::json::{Shape, Token};
use crate::text::address::{self, Spelling};
use crate::text::date::{Day, Years};
use crate::text::datetime::{DateTime, MissingOffset};
use crate::text::number::Decimal;
use crate::value::Kind;

impl Explanation {
    /// Returns the explanation as a [`Report`], which programs can read field by field.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::of(self)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

impl serde::Serialize for Explanation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report().serialize(serializer)
    }
}

fn shown(raw: wire::Raw<'_>) -> String {
    match raw.map(Token::of) {
        Some(Token::Text(text)) => text.into_owned(),
        _ => raw.map_or_else(|| "?".to_string(), |raw| raw.get().to_string()),
    }
}

impl Report {
    fn of(explanation: &Explanation) -> Self {
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
            feature: explanation.key.to_string(),
            kind: explanation.kind.map(Kind::as_str),
            locked: detail.is_some_and(|detail| detail.is_locked),
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
        let is_textual = Conditional::from_name(&conditional)
            .is_some_and(|conditional| conditional.relation().is_textual());
        let typed = (!is_textual).then(|| RuleType::from_name(&kind)).flatten();
        let incomparable = || {
            typed
                .zip(given.as_ref())
                .is_some_and(|(kind, given)| !given.iter().any(|text| comparable(kind, text)))
        };
        let report = RuleReport {
            unreadable: failed && (self.broken(index, rule, typed) || incomparable()),
            now: step.filter(|step| step.read_clock).and(self.explanation.now),
            held: step.map(|step| step.held),
            field,
            kind,
            conditional,
            wanted,
            given,
        };
        RuleReport { unreadable: report.unreadable || report.is_too_long(), ..report }
    }

    /// Returns true if a diagnostic says that the rule never holds, or if no value of the rule could be compared: all
    /// values that are not null are dropped, or the rule ends at a value, and no value before it is usable. `typed` is
    /// the type of the rule; `None` if the conditional compares texts.
    fn broken(&self, index: u32, rule: &wire::Rule<'_>, typed: Option<RuleType>) -> bool {
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
    typed: Option<RuleType>,
    end: &str,
    dropped: usize,
) -> bool {
    let values = rule.values.as_ref().map_or(&[][..], Vec::as_slice);
    let tokens = values.iter().map(|value| Token::of(value));
    // Lists and objects are dropped before the other values are read.
    let (nested, scalars): (Vec<_>, Vec<_>) =
        tokens.partition(|token| matches!(token, Token::List | Token::Object));
    // Only a rule on dates ends at the text `null` too. Other rules compare or drop this text.
    let is_on_dates = matches!(typed, Some(RuleType::Date | RuleType::DateTime));
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
fn comparable(kind: RuleType, text: &str) -> bool {
    match kind {
        RuleType::Number => Decimal::parse(text).is_some(),
        RuleType::Date => Day::parse(text, Years::Signed).is_some(),
        RuleType::DateTime => {
            DateTime::parse(text, MissingOffset::MeansUtc, Years::FourDigits).is_some()
                || DateTime::parse(text, MissingOffset::Unparsable, Years::Signed).is_some()
        }
        RuleType::Address => address::parse(text, Spelling::Server).is_some(),
        RuleType::String | RuleType::Boolean | RuleType::Version => true,
    }
}
