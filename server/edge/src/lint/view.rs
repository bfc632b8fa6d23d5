//! Features in the form that the checks use, with positions and parsed members.

use std::borrow::Cow;

use fh_eval::internal::wire;
use fh_eval::internal::{Conditional, Relation, Shape, Token};
use fh_eval::{Kind, Place};
use serde_json::value::RawValue;

use super::finding::At;

/// A parsed feature with its position.
pub(super) struct FeatureView<'a> {
    pub(super) position: usize,
    /// The key of the feature, or `#` and its position if it has no key.
    pub(super) key: String,
    pub(super) kind: Option<Kind>,
    pub(super) wire: wire::Feature<'a>,
    pub(super) strategies: Vec<StrategyView<'a>>,
    raw: &'a str,
}

/// A parsed strategy with its position. Strategies that are not JSON objects have no view.
pub(super) struct StrategyView<'a> {
    pub(super) position: u32,
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) wire: wire::Strategy<'a>,
    /// The percentage. The outer `None` means that the percentage is unreadable, so that the strategy never matches.
    pub(super) percentage: Option<Option<i64>>,
    /// The names of the attributes that form the percentage key. Empty for the default key, and `None` if the list is unreadable.
    pub(super) keys: Option<Vec<String>>,
    /// The rules of the strategy, or `None` if the list of rules is unreadable.
    pub(super) rules: Option<Vec<RuleView<'a>>>,
}

/// A parsed rule with its position. Rules that are not JSON objects have no view.
pub(super) struct RuleView<'a> {
    pub(super) position: u32,
    pub(super) field: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
    pub(super) conditional: Cow<'a, str>,
    pub(super) values: Shape<Vec<Value<'a>>>,
    near: Option<&'a str>,
}

/// A value of a rule, as JSON text and as a parsed token.
pub(super) struct Value<'a> {
    pub(super) raw: &'a str,
    pub(super) token: Token<'a>,
}

impl Value<'_> {
    /// Returns the text of the value with which contexts are compared, or `None` for a JSON value that has no text.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match &self.token {
            Token::Text(text) => Some(Cow::Borrowed(text.as_ref())),
            other => other.clone().text().map(|text| Cow::Owned(text.into_owned())),
        }
    }
}

fn name<'a>(raw: wire::Raw<'a>) -> Cow<'a, str> {
    wire::text(raw).unwrap_or_default()
}

impl<'a> RuleView<'a> {
    fn of(position: u32, rule: &wire::Rule<'a>) -> Self {
        let value = |raw: &&'a RawValue| Value { raw: raw.get(), token: Token::of(raw) };
        Self {
            position,
            field: name(rule.field),
            kind: name(rule.kind),
            conditional: name(rule.conditional),
            values: match &rule.values {
                Shape::Is(values) => Shape::Is(values.iter().map(value).collect()),
                Shape::Absent => Shape::Absent,
                Shape::Null => Shape::Null,
                Shape::Other => Shape::Other,
            },
            near: rule.field.or(rule.kind).or(rule.conditional).map(RawValue::get),
        }
    }

    /// Returns the relation that the conditional tests, or `None` for an unknown conditional.
    pub(super) fn relation(&self) -> Option<Relation> {
        Conditional::from_name(&self.conditional).map(Conditional::relation)
    }

    /// Returns the values of the rule, or an empty slice if the rule has no list of values.
    pub(super) fn listed(&self) -> &[Value<'a>] {
        self.values.as_ref().map_or(&[], Vec::as_slice)
    }
}

impl<'a> StrategyView<'a> {
    fn of(position: u32, strategy: &wire::Strategy<'a>) -> Self {
        let percentage = match strategy.percentage.map(Token::of) {
            None | Some(Token::Null) => Some(None),
            Some(token) => token.integer().map(Some),
        };
        let keys = match &strategy.percentage_attributes {
            Shape::Absent | Shape::Null => Some(Vec::new()),
            Shape::Is(names) => {
                names.iter().map(|raw| wire::text(Some(*raw)).map(Cow::into_owned)).collect()
            }
            Shape::Other => None,
        };
        let rules = match &strategy.rules {
            Shape::Absent | Shape::Null => Some(Vec::new()),
            Shape::Is(rules) => Some(
                (0..)
                    .zip(rules)
                    .filter_map(|(position, rule)| Some(RuleView::of(position, rule.as_ref()?)))
                    .collect(),
            ),
            Shape::Other => None,
        };
        Self {
            position,
            id: wire::text(strategy.id),
            wire: strategy.clone(),
            percentage,
            keys,
            rules,
        }
    }

    /// Returns true if the strategy has rules, even if the rules are unreadable.
    pub(super) fn has_rules(&self) -> bool {
        match &self.wire.rules {
            Shape::Is(rules) => !rules.is_empty(),
            Shape::Absent | Shape::Null => false,
            Shape::Other => true,
        }
    }

    /// Returns some text of the strategy that is borrowed from the document, so that its address gives the line.
    fn near(&self) -> Option<&'a str> {
        let first_rule = || self.rules.as_ref()?.first()?.near;
        self.wire
            .id
            .or(self.wire.percentage)
            .map(RawValue::get)
            .or_else(first_rule)
            .or(self.wire.value.map(RawValue::get))
    }
}

impl<'a> FeatureView<'a> {
    pub(super) fn of(position: usize, raw: &'a RawValue) -> Self {
        let wire = wire::Feature::parse(raw.get()).unwrap_or_default();
        let key = match wire::text(wire.key) {
            Some(key) if !key.is_empty() => key.into_owned(),
            _ => format!("#{position}"),
        };
        let strategies = wire.strategies.as_ref().map_or(&[][..], Vec::as_slice);
        let strategies = (0..)
            .zip(strategies)
            .filter_map(|(position, strategy)| Some(StrategyView::of(position, strategy.as_ref()?)))
            .collect();
        Self {
            position,
            key,
            kind: wire::text(wire.kind).and_then(|name| Kind::from_wire(&name)),
            strategies,
            wire,
            raw: raw.get(),
        }
    }

    /// Returns the rules with their strategies. Rules and strategies that are not JSON objects are left out.
    pub(super) fn rules(&self) -> impl Iterator<Item = (&StrategyView<'a>, &RuleView<'a>)> {
        self.strategies.iter().flat_map(|strategy| {
            let rules = strategy.rules.as_ref().map_or(&[][..], Vec::as_slice);
            rules.iter().map(move |rule| (strategy, rule))
        })
    }

    /// Returns the position of the feature in the document.
    pub(super) fn at(&self) -> At<'_> {
        At {
            feature: self.position,
            key: &self.key,
            near: self.wire.key.map(RawValue::get).or(Some(self.raw)),
            ..At::default()
        }
    }

    /// Returns the position of a strategy in the document.
    pub(super) fn at_strategy<'v>(&'v self, strategy: &'v StrategyView<'a>) -> At<'v> {
        At {
            strategy: Some((strategy.position, strategy.id.as_deref())),
            near: strategy.near().or(Some(self.raw)),
            ..self.at()
        }
    }

    /// Returns the position of a rule in the document.
    pub(super) fn at_rule<'v>(
        &'v self,
        strategy: &'v StrategyView<'a>,
        rule: &'v RuleView<'a>,
    ) -> At<'v> {
        At {
            rule: Some((rule.position, &rule.field)),
            near: rule.near.or(strategy.near()).or(Some(self.raw)),
            ..self.at_strategy(strategy)
        }
    }

    /// Returns some text of the part that a diagnostic is about, so that its address gives the line.
    pub(super) fn near(&self, place: &Place) -> Option<&str> {
        let Some(position) = place.strategy else {
            let member = match place.member {
                Some("value") => self.wire.value,
                Some("type") => self.wire.kind,
                _ => self.wire.key,
            };
            return member.or(self.wire.key).map(RawValue::get).or(Some(self.raw));
        };
        let strategy = self.strategies.iter().find(|each| each.position == position);
        let rule = strategy.zip(place.rule).and_then(|(strategy, position)| {
            strategy.rules.as_ref()?.iter().find(|each| each.position == position)
        });
        rule.and_then(|rule| rule.near)
            .or_else(|| strategy.and_then(StrategyView::near))
            .or(Some(self.raw))
    }
}
