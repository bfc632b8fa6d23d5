//! The compiler of rules into rows.

use super::compilation::{Compilation, Row, Unreadable};
use super::flag::below;
use crate::attributes::names::KEY;
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::json::{Elements, Json, Record};
use crate::predicate::{Predicate, Run};
use crate::reason::EvaluationReason;
use crate::tables::{Reading, Rule, Share};

/// The treatment of a rule of which a part cannot be read.
const OTHERWISE: Consequence = Consequence::RuleNeverHolds;

/// The way in which conditions are combined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Matching {
    /// All conditions must hold.
    All,
    /// At least one condition must hold.
    Any,
    /// The conditions never hold, because the match type is unknown.
    Never,
}

impl Matching {
    pub(super) fn of(match_type: &str) -> Self {
        match match_type {
            "all" => Self::All,
            "any" => Self::Any,
            _ => Self::Never,
        }
    }
}

/// A rule that was read, but whose rows are not added yet.
struct Parsed<'r> {
    position: u32,
    priority: i64,
    percentage: i64,
    matching: Matching,
    conditions: Elements<'r>,
    segments: Vec<String>,
    record: Record<'r>,
}

impl Compilation<'_> {
    /// Adds the rows of rules in the order of their priorities. Rules with equal priorities stay in their order.
    pub(super) fn rules(&mut self, rules: Elements<'_>) {
        let mut parsed = Vec::new();
        for (position, raw) in rules.objects() {
            self.diagnostics.enter_strategy(position);
            if let Ok(rule) = self.parse(position, raw) {
                parsed.push(rule);
            }
        }
        parsed.sort_by_key(|rule| rule.priority);
        for rule in &parsed {
            self.diagnostics.enter_strategy(rule.position);
            let rows = self.writer.tables.strategies.len();
            if self.rule(rule).is_err() {
                self.writer.tables.strategies.truncate(rows);
                self.writer.tables.details.truncate(rows);
            }
        }
        self.diagnostics.leave_strategy();
    }

    fn parse<'r>(&mut self, position: u32, raw: Json<'r>) -> Result<Parsed<'r>, Unreadable> {
        let Some(record) = raw.record() else {
            let problem = DiagnosticKind::Expected("an object");
            self.diagnostics.add("rules", Some(raw.get()), problem, OTHERWISE);
            return Err(Unreadable);
        };
        if let Some(name) = record.text("description").as_ref().filter(|name| !name.is_empty()) {
            self.diagnostics.name_strategy(name);
        }
        let match_type = self.text(&record, "match_type", OTHERWISE)?.unwrap_or_default();
        let conditions = self.list(&record, "conditions", OTHERWISE)?;
        let matching = match match_type.as_str() {
            "" => Matching::All,
            match_type => Matching::of(match_type),
        };
        if matching == Matching::Never && !conditions.is_empty() {
            let problem = DiagnosticKind::Unknown("match type");
            self.diagnostics.add("match_type", Some(&match_type), problem, OTHERWISE);
        }
        Ok(Parsed {
            position,
            priority: self.integer(&record, "priority", OTHERWISE)?,
            percentage: self.integer(&record, "percentage", OTHERWISE)?,
            matching,
            conditions,
            segments: self.texts(&record, "segment_keys", OTHERWISE)?,
            record,
        })
    }

    fn rule(&mut self, rule: &Parsed<'_>) -> Result<(), Unreadable> {
        let name = rule.record.text("description").into_value().filter(|name| !name.is_empty());
        if let Some(name) = &name {
            self.diagnostics.name_strategy(name);
        }
        if rule.percentage <= 0 {
            return Ok(());
        }
        let segments = self.segment_rule(&rule.segments);
        let runs = self.runs(rule.matching, rule.conditions, segments)?;
        let value = self.value("value", rule.record.get("value"));
        let id = rule.record.text("id").into_value().filter(|id| !id.is_empty());
        let id = id.map(|id| self.writer.name(&id));
        let name = name.map(|name| self.writer.name(&name));
        let (share, limit) = below(rule.percentage);
        let reason = match share {
            Share::Below => EvaluationReason::Split,
            _ => EvaluationReason::StrategyMatch,
        };
        for rules in runs {
            let row = Row::of(value, reason);
            self.push(Row { rules, share, limit, position: rule.position, id, name, ..row });
        }
        Ok(())
    }

    /// Returns the rule that the context is in one of these segments; `None` if there are none.
    fn segment_rule(&mut self, keys: &[String]) -> Option<Rule> {
        if keys.is_empty() {
            return None;
        }
        let at = self.writer.tables.named_segments.len() as u32;
        for key in keys {
            let slot = self.writer.slot(key);
            if self.knows_segments() && self.writer.is_empty_slot(slot) {
                let problem = DiagnosticKind::Unknown("segment");
                let skipped = Consequence::Assumed("a segment without members");
                self.diagnostics.add("segment_keys", Some(key), problem, skipped);
            }
            self.writer.tables.named_segments.push(slot);
        }
        let list = Run { at, len: keys.len() as u32 };
        let field = self.writer.field(KEY, Reading::Plain);
        Some(Rule { predicate: Predicate::InKnownSegment(list), field })
    }

    /// Adds conditions, and returns the runs of rules of which one must hold. Each run ends with `last`.
    pub(super) fn runs(
        &mut self,
        matching: Matching,
        conditions: Elements<'_>,
        last: Option<Rule>,
    ) -> Result<Vec<Run>, Unreadable> {
        let conditions = (0..).zip(conditions).map(|(position, raw)| {
            self.diagnostics.enter_rule(position);
            self.condition(raw)
        });
        let rules: Result<Vec<Rule>, Unreadable> = conditions.collect();
        self.diagnostics.leave_rules();
        let rules = rules?;
        let runs: Vec<&[Rule]> = match matching {
            _ if rules.is_empty() => vec![&[]],
            Matching::All => vec![&rules],
            Matching::Any => rules.chunks(1).collect(),
            Matching::Never => Vec::new(),
        };
        let table = &mut self.writer.tables.rules;
        let mut placed = Vec::with_capacity(runs.len());
        for run in runs {
            let at = table.len() as u32;
            table.extend_from_slice(run);
            table.extend(last);
            placed.push(Run { at, len: table.len() as u32 - at });
        }
        Ok(placed)
    }
}
