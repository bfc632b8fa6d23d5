//! The reports of rules and of the fallthrough: their conditions, their intervals, and the bucket of the user.

use super::super::split::double;
use super::super::words::KEY;
use super::condition::malformed_condition;
use super::reporter::{Reporter, outcome};
use crate::diagnostic::Diagnostic;
use crate::explanation::{
    BucketReport, ConditionReport, RowStep, ShareReport, StepKind, StepOutcome, StepReport,
};
use crate::json::{Record, owned_text as text, records as list};
use crate::tables::Share;

impl Reporter<'_> {
    /// Returns the report of a rule or of the fallthrough, from whose variations the rows come.
    pub(super) fn rule(
        &self,
        kind: StepKind,
        rule: &Record<'_>,
        rows: &[&RowStep],
        diagnostics: &[&Diagnostic],
    ) -> StepReport {
        let conditions = self.conditions(rule, rows.first().copied(), diagnostics);
        let shares = self.shares(rule, rows);
        let drawn = rows.iter().find_map(|row| row.drawn).map(|(bucket, _)| bucket);
        let decided = rows.iter().map(|row| outcome(row)).find(|end| *end != StepOutcome::Miss);
        let outcome = match rows.first() {
            None => StepOutcome::NotReached,
            Some(_) => decided.unwrap_or(StepOutcome::Miss),
        };
        let because = match outcome {
            StepOutcome::NotReached => "not reached".to_string(),
            StepOutcome::Match => self.why_matched(kind, rule, &shares),
            StepOutcome::Malformed => match malformed_condition(rule, &conditions) {
                Some(why) if kind == StepKind::Rule => why,
                _ => why_malformed(&shares, drawn),
            },
            _ => match failed(&conditions) {
                Some(title) => format!("{title} does not hold"),
                None => "does not match".to_string(),
            },
        };
        let chosen = match (shares.as_slice(), outcome) {
            (_, StepOutcome::Match) => shares.iter().find(|share| share.contains == Some(true)),
            ([only], _) => Some(only),
            _ => None,
        };
        let (value, variant) =
            chosen.map_or((None, None), |share| (share.value.clone(), share.variant.clone()));
        let bucket = drawn.map(|bucket| {
            let property = dispatch_property(rule);
            let given = self.property(&property).map(str::to_string);
            let input = [self.key, given.as_deref().unwrap_or_default()].concat();
            BucketReport { property, given, input, bucket }
        });
        // A share of all users says nothing that the value does not say.
        let shares = match shares.as_slice() {
            [only] if (only.from, only.to) == (Some(0.0), Some(1.0)) => Vec::new(),
            _ => shares,
        };
        StepReport {
            value,
            variant,
            conditions,
            bucket,
            shares,
            ..StepReport::of(kind, outcome, because)
        }
    }

    fn why_matched(&self, kind: StepKind, rule: &Record<'_>, shares: &[ShareReport]) -> String {
        let has_conditions = !list(rule, "conditions").is_empty();
        let who = match (kind, has_conditions) {
            (StepKind::Rule, true) => "all conditions hold",
            (StepKind::Rule, false) => "a rule without conditions matches all users",
            _ if shares.len() > 1 => "the bucket chooses the value",
            _ => "all users get one value",
        };
        who.to_string()
    }

    /// Returns the reports of the variations of a rule. Rows follow the order of the variations, but variations whose interval can
    /// contain no bucket have no row.
    fn shares(&self, rule: &Record<'_>, rows: &[&RowStep]) -> Vec<ShareReport> {
        let mut rows = rows.iter().filter(|row| row.row.interval.is_some()).peekable();
        let mut reports = Vec::new();
        for share in list(rule, "variations") {
            let variation = self.variation(&share, "id");
            let bounds = share.get("rollout").and_then(|raw| raw.list().into_value());
            let mut bounds = bounds.unwrap_or_default().map(double);
            let (from, to) = (bounds.next().flatten(), bounds.next().flatten());
            let own = rows.next_if(|row| {
                row.row.interval.is_some_and(|own| (Some(own.from), Some(own.to)) == (from, to))
            });
            let is_possible = match (from, to) {
                (Some(from), Some(to)) => from <= to && (from, to) != (0.0, 0.0),
                _ => false,
            };
            let is_whole = own.is_some_and(|row| row.row.share == Share::Whole);
            reports.push(ShareReport {
                from,
                to,
                is_closed: true,
                value: variation.value,
                variant: Some(variation.id),
                contains: match own {
                    Some(row) if is_whole => row.answer.is_some().then_some(true),
                    Some(row) => row.drawn.map(|(_, is_within)| is_within),
                    None => None,
                },
                note: match (is_possible, is_whole) {
                    (false, _) => Some("can contain no bucket"),
                    (true, true) => Some("contains every bucket"),
                    (true, false) => None,
                },
            });
        }
        reports
    }
}

/// Returns the reason why a rule whose conditions hold has no value.
fn why_malformed(shares: &[ShareReport], drawn: Option<f64>) -> String {
    let chosen = shares.iter().find(|share| share.contains == Some(true));
    match (chosen, drawn) {
        (Some(share), _) => {
            let id = share.variant.as_deref().unwrap_or_default();
            format!("the flag has no variation {id:?}")
        }
        (None, Some(bucket)) => format!("no interval contains the bucket {bucket}"),
        (None, None) if shares.is_empty() => "there are no variations".to_string(),
        (None, None) => "no interval can contain a bucket".to_string(),
    }
}

/// Returns the words for the condition that does not hold.
fn failed(conditions: &[ConditionReport]) -> Option<String> {
    let position = conditions.iter().position(|condition| condition.held == Some(false))?;
    conditions.get(position).map(|condition| super::condition::title(position, condition))
}

/// Returns the property that is hashed for a rule or the fallthrough.
pub(super) fn dispatch_property(rule: &Record<'_>) -> String {
    let named = text(rule, "dispatchKey").filter(|name| !name.trim().is_empty());
    named.unwrap_or_else(|| KEY.to_string())
}
