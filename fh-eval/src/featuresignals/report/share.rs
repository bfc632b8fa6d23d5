//! The reports of the rollout, of the variants, and of the fallthrough.

use super::{Reporter, list, text, value_of};
use crate::attributes::names::KEY;
use crate::bucket::BASIS_POINTS;
use crate::explanation::{BucketReport, RowStep, ShareReport, StepKind, StepOutcome, StepReport};
use crate::json::{Json, Record, Token};
use crate::reason::EvaluationReason;
use crate::tables::{NO_POSITION, Share};

/// Returns the integer in a member; `None` for any other value.
pub(super) fn percentage(record: &Record<'_>, member: &str) -> Option<i64> {
    match record.get(member).map(Json::token) {
        None | Some(Token::Null) => Some(0),
        Some(Token::Number(digits)) => digits.parse().ok(),
        Some(_) => None,
    }
}

fn outcome(row: Option<&RowStep>) -> StepOutcome {
    match row {
        None => StepOutcome::NotReached,
        Some(row) if row.answer.is_some() => StepOutcome::Match,
        Some(_) => StepOutcome::Miss,
    }
}

impl Reporter<'_> {
    pub(super) fn bucket(&self, bucket: f64) -> BucketReport {
        let given = self.attribute(KEY).map(str::to_string);
        let input = [self.key, ".", given.as_deref().unwrap_or_default()].concat();
        BucketReport { property: KEY.to_string(), given, input, bucket }
    }

    /// Returns the report of the share of the buckets below `end`.
    pub(super) fn share(
        &self,
        end: i64,
        value: Option<String>,
        drawn: Option<(f64, bool)>,
    ) -> ShareReport {
        ShareReport {
            from: Some(0.0),
            to: Some(end as f64),
            is_closed: false,
            value,
            variant: None,
            contains: drawn.map(|(_, is_below)| is_below),
            note: None,
        }
    }

    /// Returns the reports of the steps after the rules.
    pub(super) fn shares_of_flag(&self) -> Vec<StepReport> {
        let Some(state) = &self.records.state else { return Vec::new() };
        let of_flag = |reason| {
            self.row(move |step| {
                step.row.position == NO_POSITION
                    && step.row.reason == reason
                    && matches!(step.row.share, Share::None | Share::Below)
            })
        };
        let default = of_flag(EvaluationReason::Default);
        let rollout = percentage(state, "percentage_rollout");
        if let Some(end @ 1..) = rollout {
            let row = of_flag(EvaluationReason::Split);
            return vec![
                self.rollout(end, row),
                self.fallthrough(default, value_of(&self.records.flag, "default_value")),
            ];
        }
        let of_state = match rollout {
            Some(_) => self.default_of_state(),
            None => value_of(&self.records.flag, "default_value"),
        };
        let variants = list(state, "variants");
        let is_experiment = text(&self.records.flag, "flag_type").as_deref() == Some("ab");
        let can_be_read = variants.iter().all(|variant| percentage(variant, "weight").is_some());
        if is_experiment && rollout.is_some() && can_be_read && !variants.is_empty() {
            let rows: Vec<&RowStep> = self
                .rows
                .iter()
                .filter(|step| step.row.reason == EvaluationReason::Variant)
                .collect();
            return vec![self.variants(&variants, &rows)];
        }
        vec![self.fallthrough(default, of_state)]
    }

    fn rollout(&self, end: i64, row: Option<&RowStep>) -> StepReport {
        let drawn = row.and_then(|row| row.drawn);
        let value = self.default_of_state();
        let outcome = outcome(row);
        let because = match (drawn, outcome) {
            (_, StepOutcome::NotReached) => "not reached".to_string(),
            (Some((bucket, true)), _) => format!("the bucket {bucket} is below {end}"),
            (Some((bucket, false)), _) => format!("the bucket {bucket} is not below {end}"),
            (None, _) => "the rollout contains every bucket".to_string(),
        };
        let shares = drawn.map(|_| self.share(end, value.clone(), drawn));
        StepReport {
            bucket: drawn.map(|(bucket, _)| self.bucket(bucket)),
            shares: shares.into_iter().collect(),
            value,
            ..StepReport::of(StepKind::Rollout, outcome, because)
        }
    }

    fn variants(&self, variants: &[Record<'_>], rows: &[&RowStep]) -> StepReport {
        let mut from = 0_i64;
        let mut shares = Vec::with_capacity(variants.len());
        for (index, variant) in variants.iter().enumerate() {
            let weight = percentage(variant, "weight").unwrap_or_default();
            let is_last = index + 1 == variants.len();
            let to = from.wrapping_add(weight);
            let row = rows.get(index);
            let is_whole = row.is_some_and(|row| row.drawn.is_none());
            let all = i64::from(BASIS_POINTS);
            shares.push(ShareReport {
                from: Some(from as f64),
                to: Some(if is_last { to.max(all) } else { to } as f64),
                is_closed: false,
                value: value_of(variant, "value"),
                variant: text(variant, "key").filter(|key| !key.is_empty()),
                contains: match row {
                    Some(row) if is_whole => row.answer.is_some().then_some(true),
                    Some(row) => row.drawn.map(|(_, is_below)| is_below),
                    None => None,
                },
                note: None,
            });
            from = to;
        }
        let chosen = shares.iter().find(|share| share.contains == Some(true));
        let (value, variant) =
            chosen.map_or((None, None), |share| (share.value.clone(), share.variant.clone()));
        let outcome = match (rows.is_empty(), chosen) {
            (true, _) => StepOutcome::NotReached,
            (false, Some(_)) => StepOutcome::Match,
            (false, None) => StepOutcome::Miss,
        };
        let because = match outcome {
            StepOutcome::NotReached => "not reached",
            _ => "the bucket chooses the variant",
        };
        let drawn = rows.iter().find_map(|row| row.drawn);
        StepReport {
            value,
            variant,
            bucket: drawn.map(|(bucket, _)| self.bucket(bucket)),
            shares,
            ..StepReport::of(StepKind::Variants, outcome, because)
        }
    }

    fn fallthrough(&self, row: Option<&RowStep>, value: Option<String>) -> StepReport {
        let outcome = outcome(row);
        let because = match outcome {
            StepOutcome::NotReached => "not reached",
            _ => "the default value",
        };
        StepReport { value, ..StepReport::of(StepKind::Fallthrough, outcome, because) }
    }
}
