//! The compilation of a feature's strategies: percentages, percentage keys and the rows of rules.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::attributes::Name;
use crate::bucket::BUCKETS;
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::featurehub::diagnostics::DiagnosticCollector;
use crate::featurehub::profile::Profile;
use crate::featurehub::rule::RuleCompiler;
use crate::featurehub::value;
use crate::featurehub::wire::{self, Raw, name, text};
use crate::json::{Shape, Token};
#[cfg(feature = "patterns")]
use crate::patterns::Patterns;
use crate::predicate::Run;
use crate::reason::EvaluationReason;
#[cfg(feature = "first-row")]
use crate::tables::Typing;
use crate::tables::{Field, Reading, Share, Strategy, StrategyDetail, ValueAt};
use crate::value::Kind;
use crate::writer::Writer;

/// A compiler of the strategies of one feature.
pub(super) struct StrategyCompiler<'a> {
    pub(super) profile: Profile,
    pub(super) writer: &'a mut Writer,
    #[cfg(feature = "patterns")]
    pub(super) patterns: &'a mut Patterns,
    pub(super) diagnostics: &'a mut DiagnosticCollector,
    pub(super) has_hash_id: bool,
    pub(super) kind: Option<Kind>,
    /// The different lists of percentage attributes of the usable strategies with a percentage that were compiled so
    /// far, each with its number in [`Strategy::source`].
    pub(super) sources: Vec<(Vec<String>, u32)>,
    /// Sum of the stacked percentages of the strategies that were compiled so far. Meaningful only while these
    /// strategies have one percentage key.
    pub(super) base: i64,
}

/// Reads the id of a feature or of a strategy. An id that is neither a text nor null leaves a diagnostic.
pub(super) fn id<'r>(diagnostics: &mut DiagnosticCollector, raw: Raw<'r>) -> Option<Cow<'r, str>> {
    let id = text(raw);
    if id.is_none() && raw.is_some_and(|id| Token::of(id) != Token::Null) {
        let problem = DiagnosticKind::Expected("a text");
        diagnostics.add_json(name::ID, raw, problem, Consequence::Assumed("no id"));
    }
    id
}

impl StrategyCompiler<'_> {
    /// Compiles the strategies into rows, one for each element of the payload's list, and returns the rows.
    pub(super) fn strategies(&mut self, list: &Shape<Vec<Shape<wire::Strategy<'_>>>>) -> Run {
        let at = self.writer.tables.strategies.len() as u32;
        match list {
            Shape::Is(list) => {
                for (position, strategy) in list.iter().enumerate() {
                    self.diagnostics.enter_strategy(position as u32);
                    let (strategy, detail) = self.strategy(position as u32, strategy);
                    self.writer.tables.strategies.push(strategy);
                    self.writer.tables.details.push(detail);
                }
                self.diagnostics.leave_strategy();
            }
            Shape::Absent | Shape::Null => {}
            Shape::Other => {
                let problem = DiagnosticKind::Expected("a list");
                self.diagnostics.add(
                    name::STRATEGIES,
                    None,
                    problem,
                    Consequence::Assumed("no strategy"),
                );
            }
        }
        Run { at, len: self.writer.tables.strategies.len() as u32 - at }
    }

    fn strategy(
        &mut self,
        position: u32,
        strategy: &Shape<wire::Strategy<'_>>,
    ) -> (Strategy, StrategyDetail) {
        let mut row = Strategy {
            limit: -1,
            rules: Run::default(),
            value: ValueAt::NONE,
            source: 0,
            share: Share::Unusable,
            reason: EvaluationReason::Split,
        };
        let mut detail = StrategyDetail {
            #[cfg(feature = "first-row")]
            typing: Typing::OfFeature,
            id: None,
            #[cfg(feature = "first-row")]
            name: None,
            #[cfg(feature = "first-row")]
            variant: None,
            percentage: 0,
            position,
        };
        let Shape::Is(strategy) = strategy else {
            self.diagnostics.add(
                name::STRATEGIES,
                None,
                DiagnosticKind::Expected("an object"),
                Consequence::StrategyNeverMatches,
            );
            return (row, detail);
        };
        if let Some(id) = id(self.diagnostics, strategy.id) {
            detail.id = Some(self.writer.name(&id).into());
            self.diagnostics.name_strategy(&id);
        }
        let is_misspelt =
            self.diagnostics.unknown_members(&strategy.unknown, Consequence::StrategyNeverMatches);
        row.value = value::store(self.writer, self.diagnostics, self.kind, strategy.value);
        let percentage = self.percentage(strategy.percentage);
        let source = self.source(&strategy.percentage_attributes);
        let rules = self.rules(&strategy.rules);
        row.rules = rules.unwrap_or_default();
        let (Some(percentage), Some(source), Some(rules)) = (percentage, source, rules) else {
            return (row, detail);
        };
        if is_misspelt {
            return (row, detail);
        }
        detail.percentage = percentage.unwrap_or(0);
        row.share = match (percentage, rules.len) {
            (None | Some(0), 1..) => Share::None,
            (Some(0), 0) if self.profile == Profile::Edge => Share::Stacked,
            (None | Some(0), 0) => Share::None,
            (Some(_), 0) => Share::Stacked,
            (Some(_), _) => Share::Alone,
        };
        if row.share == Share::None {
            row.reason = EvaluationReason::StrategyMatch;
            return (row, detail);
        }
        if !self.has_hash_id {
            self.diagnostics.add_json(
                name::PERCENTAGE,
                strategy.percentage,
                DiagnosticKind::NoFeatureId,
                Consequence::StrategyNeverMatches,
            );
            row.share = Share::Unusable;
            return (row, detail);
        }
        let limit = match row.share {
            Share::Stacked => {
                self.base = self.base.saturating_add(detail.percentage);
                self.base
            }
            _ => detail.percentage,
        };
        row.limit = limit.clamp(-1, i64::from(BUCKETS)) as i32;
        row.source = self.source_row(source);
        (row, detail)
    }

    /// Reads a percentage. Returns `None` if the percentage is unreadable, and `Some(None)` if the strategy has no
    /// percentage.
    fn percentage(&mut self, raw: Raw<'_>) -> Option<Option<i64>> {
        match raw.map(Token::of) {
            None | Some(Token::Null) => Some(None),
            Some(token) => {
                let percentage = token.integer();
                if percentage.is_none() {
                    let problem = DiagnosticKind::Expected("an integer from 0 to 1000000");
                    self.diagnostics.add_json(
                        name::PERCENTAGE,
                        raw,
                        problem,
                        Consequence::StrategyNeverMatches,
                    );
                }
                percentage.map(Some)
            }
        }
    }

    /// Returns the names of the percentage attributes, or an empty list for the default percentage key. Returns `None`
    /// if the names are unreadable.
    fn source(&mut self, attributes: &Shape<Vec<&RawValue>>) -> Option<Vec<String>> {
        let member = name::PERCENTAGE_ATTRIBUTES;
        match attributes {
            Shape::Absent | Shape::Null => Some(Vec::new()),
            Shape::Is(names) => {
                let read: Option<Vec<_>> =
                    names.iter().map(|name| text(Some(*name)).map(Cow::into_owned)).collect();
                if read.is_none() {
                    let problem = DiagnosticKind::Expected("a list of texts");
                    self.diagnostics.add(member, None, problem, Consequence::StrategyNeverMatches);
                }
                read
            }
            Shape::Other => {
                self.diagnostics.add(
                    member,
                    None,
                    DiagnosticKind::Expected("a list"),
                    Consequence::StrategyNeverMatches,
                );
                None
            }
        }
    }

    fn source_row(&mut self, names: Vec<String>) -> u32 {
        if let Some((_, row)) = self.sources.iter().find(|(known, _)| *known == names) {
            return *row;
        }
        let row = if names.is_empty() {
            0
        } else {
            let field = |name: &String| Field {
                name: Name::of(name),
                text: name.as_str().into(),
                reading: Reading::Plain,
            };
            self.writer.source(names.iter().map(field).collect())
        };
        self.sources.push((names, row));
        row
    }

    /// Compiles the rules into rows, in the payload's order, and returns the rows. Returns `None` if the list of rules
    /// is unreadable.
    fn rules(&mut self, rules: &Shape<Vec<Shape<wire::Rule<'_>>>>) -> Option<Run> {
        let rules = match rules {
            Shape::Absent | Shape::Null => return Some(Run::default()),
            Shape::Is(rules) => rules,
            Shape::Other => {
                self.diagnostics.add(
                    name::RULES,
                    None,
                    DiagnosticKind::Expected("a list"),
                    Consequence::StrategyNeverMatches,
                );
                return None;
            }
        };
        let at = self.writer.tables.rules.len() as u32;
        for (position, rule) in rules.iter().enumerate() {
            self.diagnostics.enter_rule(position as u32);
            let compiled = RuleCompiler {
                profile: self.profile,
                writer: &mut *self.writer,
                #[cfg(feature = "patterns")]
                patterns: &mut *self.patterns,
                diagnostics: &mut *self.diagnostics,
                reading: Reading::Plain,
                listed: 0,
            }
            .rule(rule);
            self.writer.tables.rules.push(compiled);
        }
        self.diagnostics.leave_rules();
        Some(Run { at, len: rules.len() as u32 })
    }
}
